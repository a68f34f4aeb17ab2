#!/usr/bin/python3
"""Opens a page of /PATCHREPORT:file.html in headless Chromium as a user would, and prints what it shows.

usage: drive_page.py PAGE SCREENSHOT FILTER

Talks to chromedriver by its own protocol (WebDriver, W3C), with Python's standard library alone. Prints a JSON object: what
the page showed at first, after typing FILTER, after choosing a verdict, after sorting, after a click into the map, and everything that
the browser's console had to say.
"""
import base64
import json
import os
import subprocess
import sys
import time
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.url = "http://127.0.0.1:" + line.split("port")[1].strip(" .\n")
                break
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,1300"]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments, "binary": "/usr/bin/chromium"},
                  "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = ""
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = "/session/" + answer["sessionId"]

    def ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + self.session + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def run(self, script):
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def find(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.ask("POST", f"/element/{self.find(selector)}/click", {})

    def type(self, selector, text):
        self.ask("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()


SHOWN = """
  const rows = [...document.querySelectorAll('#rows .row')].map((row) => [...row.children].map((cell) => cell.textContent));
  return {state: document.documentElement.dataset.state, title: document.title, rows: rows.slice(0, 12), row_count: rows.length,
          shown: document.getElementById('shown').textContent, failures: document.getElementById('failures').textContent,
          figures: document.getElementById('figures').innerText, remedies: document.getElementById('remedies').innerText,
          verdicts: [...document.querySelectorAll('#verdicts button')].map((b) => b.innerText),
          detail: document.getElementById('detail').innerText,
          elements: document.getElementsByTagName('*').length};
"""
# How many pixels of the map have each colour of a verdict.
COLOURS = """
  const canvas = document.getElementById('canvas'), data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const counts = {};
  for (let i = 0; i < data.length; i += 4) {
    const key = '#' + [data[i], data[i + 1], data[i + 2]].map((v) => v.toString(16).padStart(2, '0')).join('');
    counts[key] = (counts[key] || 0) + 1;
  }
  return {ready: counts['#2e9e6b'] || 0, no_pad: counts['#d9822b'] || 0, short_entry: counts['#d64550'] || 0, width: canvas.width, height: canvas.height};
"""


def main():
    page, screenshot, text = sys.argv[1:]
    browser = Browser()
    try:
        seen = {}
        start = time.time()
        browser.ask("POST", "/url", {"url": "file://" + os.path.abspath(page)})
        while browser.run("return document.documentElement.dataset.state || ''") == "" and time.time() < start + 60:
            time.sleep(0.02)
        seen["seconds"] = time.time() - start
        seen["first"] = browser.run(SHOWN)
        seen["map"] = browser.run(COLOURS)
        with open(screenshot, "wb") as out:
            out.write(base64.b64decode(browser.ask("GET", "/screenshot")))
        browser.type("#filter", text)
        seen["filtered"] = browser.run(SHOWN)
        browser.run("const f = document.getElementById('filter'); f.value = ''; f.dispatchEvent(new Event('input'));")
        browser.click("#verdicts button:first-child")
        seen["chosen"] = browser.run(SHOWN)
        seen["chosen_map"] = browser.run(COLOURS)
        browser.click("#verdicts button:first-child")
        browser.click("#head button:nth-child(6)")
        seen["by_size"] = browser.run(SHOWN)
        browser.click("#head button:nth-child(6)")
        seen["by_size_down"] = browser.run(SHOWN)
        browser.run("document.getElementById('scroll').scrollTop = 1e9;")
        time.sleep(0.2)
        seen["at_end"] = browser.run(SHOWN)
        browser.run("document.getElementById('scroll').scrollTop = 0;")
        time.sleep(0.2)
        browser.click("#rows .row:first-child")
        seen["detail"] = browser.run(SHOWN)
        seen["console"] = browser.ask("POST", "/se/log", {"type": "browser"})
        json.dump(seen, sys.stdout)
    finally:
        browser.close()


main()

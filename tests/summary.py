"""Adds up what the test programs said.

summary.py TESTLOG…: reads the logs that `meson test` leaves (one JSON object a line), prints a line for each test
program and what its failed tests said, and ends with "N passed, M failed" for all of them. The unit is a single test of
cmocka, not a program. A log that is missing or empty is a failure. A program that announced more tests than it finished, that ended badly although its tests passed (a sanitizer's
finding at exit, say), or that announced none, has failed for the rest, or for one.
"""

import json
import os
import re
import sys

ANNOUNCED = re.compile(r"^\[==========\] (?:.*: )?Running (\d+) test\(s\)", re.MULTILINE)
PASSED = re.compile(r"^\[       OK \] (.*)$", re.MULTILINE)
SKIPPED = re.compile(r"^\[  SKIPPED \] (?!(?:.*: )?\d+ test\(s\), listed below)(.*)$", re.MULTILINE)
# A test that is a script, not a cmocka program, says it in these words.
SCRIPT = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


def count(entry):
    """What one program's run came to: passed, failed, the names of skipped tests, and a remark."""
    said = entry.get("stdout", "")
    both = said + "\n" + entry.get("stderr", "")
    status = entry["returncode"]
    announced = sum(int(n) for n in ANNOUNCED.findall(both))
    scripts = SCRIPT.findall(said)
    if announced:
        passed = len(PASSED.findall(both))
        skipped = sorted(set(SKIPPED.findall(both)))
        failed = announced - passed - len(skipped)
    elif scripts:
        passed, failed, skipped = int(scripts[-1][0]), int(scripts[-1][1]), []
    else:
        return 0, 1, [], f"ran no test, status {status}"
    if failed == 0 and (status != 0 or entry["result"] == "TIMEOUT"):
        return passed, 1, skipped, f"all tests passed, but it ended with status {status}"
    return passed, failed, skipped, "took too long" if entry["result"] == "TIMEOUT" else ""


def read(path):
    try:
        with open(path, encoding="utf-8") as log:
            return [json.loads(line) for line in log]
    except FileNotFoundError:
        return []


def tell(path, strict):
    """Prints what one log says; passed, failed."""
    entries = read(path)
    passed = failed = 0
    print(f"\n{path}")
    for entry in sorted(entries, key=lambda e: (-e["duration"], e["name"])):
        good, bad, skipped, remark = count(entry)
        passed += good
        failed += bad + (len(skipped) if strict else 0)
        notes = [f"{bad} failed"] * bool(bad) + [f"{len(skipped)} skipped"] * bool(skipped) + [remark] * bool(remark)
        print(f"{good:6} passed  {entry['duration']:7.2f} s  {entry['name']}  {', '.join(notes)}".rstrip())
        for name in skipped:
            print(f"        skipped: {name}")
        if bad:
            said = entry.get("stderr", "").strip() or entry.get("stdout", "").strip()
            print("\n".join("        " + line for line in said.splitlines()[-200:]))
    if not entries:
        print("no test was run")
        failed = 1
    return passed, failed


def main():
    results = [tell(path, bool(os.environ.get("CI"))) for path in sys.argv[1:]]
    passed, failed = (sum(numbers) for numbers in zip(*results))
    print(f"\n{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

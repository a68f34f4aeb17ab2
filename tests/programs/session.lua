-- A session that walks through most of Lua: what it prints must be the same on every system.

local function section(name) print("== " .. name) end

section("numbers")
print(1 // 3, -7 // 2, -7 % 3, 7.5 // 2, 2 ^ 10, 10 / 4, 1e15, 2 ^ 53 + 1)
print(math.maxinteger, math.mininteger, math.maxinteger + 1 == math.mininteger, math.ult(1, -1))
print(string.format("%d %5.3f %g %x %q %s", 42, math.pi, 1e100, 255, "a\nb", {} ~= nil))
print(0x7fffffffffffffff & 0xff, 1 << 62, 5 ~ 3, ~0, 3 | 8, tostring(3.0), 3 == 3.0)
print(tonumber("0x1p4"), tonumber("  12  "), tonumber("1e1"), tonumber("z", 36), tonumber("nope"))

section("strings")
local text = ("the quick brown fox jumps over the lazy dog "):rep(3)
print(#text, text:find("lazy"), text:match("(%a+) dog"), (text:gsub("%w+", string.upper, 4)))
print(("%s=%s;"):rep(2):format("a", 1, "b", 2), ("abc"):byte(1, -1))
for word, rest in ("key = value, other = thing"):gmatch("(%w+)%s*=%s*(%w+)") do io.write(word, "->", rest, " ") end
print()
print(string.pack("<i4 z s2", 100, "hello", "xyz"):byte(1, -1))
print(string.unpack("<i4 z s2", string.pack("<i4 z s2", 100, "hello", "xyz")))
print(utf8.char(72, 228, 8364, 128512), utf8.len("häß€"), #utf8.char(128512))

section("tables")
local list = {}
for i = 1, 200 do list[i] = (i * 7919) % 1009 end
table.sort(list, function(a, b) return a > b end)
print(list[1], list[100], list[200], #list, table.concat(list, ",", 1, 5))
table.insert(list, 1, "first"); print(table.remove(list, 1), table.remove(list), select("#", table.unpack(list, 1, 7)))
print(next({}), rawlen({1, 2, 3}), rawequal(list, list), table.unpack(table.move({1, 2, 3}, 1, 3, 2)))

section("closures and metatables")
local Account = {}
Account.__index = Account
Account.__add = function(a, b) return Account.new(a.balance + b.balance) end
Account.__tostring = function(a) return "Account(" .. a.balance .. ")" end
Account.__lt = function(a, b) return a.balance < b.balance end
Account.__call = function(self, n) self.balance = self.balance + n; return self end
Account.__len = function(self) return self.balance end
Account.__close = function(self) print("closed", tostring(self)) end
function Account.new(balance) return setmetatable({balance = balance}, Account) end
local a, b = Account.new(10), Account.new(32)
print(tostring(a + b), a < b, #b, tostring(a(5)))
do local c <close> = Account.new(1) end
local function counter() local n = 0; return function() n = n + 1; return n end end
local c1, c2 = counter(), counter()
print(c1(), c1(), c2(), c1())

section("coroutines")
local function permutations(values)
  return coroutine.wrap(function()
    local function permute(n)
      if n == 0 then coroutine.yield(table.concat(values, "")) return end
      for i = 1, n do
        values[i], values[n] = values[n], values[i]
        permute(n - 1)
        values[i], values[n] = values[n], values[i]
      end
    end
    permute(#values)
  end)
end
local all = {}
for p in permutations({"a", "b", "c", "d"}) do all[#all + 1] = p end
print(#all, all[1], all[24], table.concat(all, " ", 5, 8))
local co = coroutine.create(function(x) local y = coroutine.yield(x * 2); error({code = y}) end)
print(coroutine.resume(co, 21))
local ok, err = coroutine.resume(co, 17)
print(ok, type(err), err.code, coroutine.status(co))

section("errors")            -- each of these leaves C functions by longjmp
print(pcall(error, "plain"))
print(pcall(function() local t = nil; return t.x end))
print(select(2, pcall(string.rep, "x", -1)), pcall(string.format, "%d", "x"))
print(xpcall(function() error("deep", 0) end, function(m) return "handled " .. m end))
local depth = 0
local function recurse() depth = depth + 1; return 1 + recurse() end
print(pcall(recurse) == false, depth > 1000)
for i = 1, 1000 do assert(not pcall(error, i)) end
print(pcall(string.gsub, "x", "(", ""))

section("garbage")
local weak = setmetatable({}, {__mode = "v"})
for i = 1, 1000 do weak[i] = {i} end
collectgarbage(); collectgarbage()
local left = 0
for _ in pairs(weak) do left = left + 1 end
print(left, collectgarbage("count") > 0)

section("load and io")
print(load("return 6 * 7")(), load("syntax error here"))
print(pcall(load, nil))
local chunk = string.dump(function(x) return x + 1 end)
print(load(chunk, "dumped", "b")(41))
local name = "session.tmp"
local file = assert(io.open(name, "wb"))
for i = 1, 1000 do file:write(i, "\n") end
file:close()
local sum, lines = 0, 0
for line in io.lines(name) do sum = sum + tonumber(line); lines = lines + 1 end
print(sum, lines)
file = io.open(name, "rb"); print(file:seek("end"), file:seek("set", 10), file:read(4), file:read("n")); file:close()
print(os.remove(name), (io.open("no such file")))
print(os.time({year = 2001, month = 9, day = 9, hour = 12}) - os.time({year = 2001, month = 9, day = 8, hour = 12}))

section("work")
local function sieve(n)
  local composite, primes = {}, {}
  for i = 2, n do
    if not composite[i] then
      primes[#primes + 1] = i
      for j = i * i, n, i do composite[j] = true end
    end
  end
  return primes
end
local primes = sieve(100000)
print(#primes, primes[#primes])
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(24))
local hash = 5381
for i = 1, 100000 do hash = (hash * 33 + i) & 0xffffffff end
print(hash)
goto done
print("skipped")
::done::
print("done", #arg, arg[1])

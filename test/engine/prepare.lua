-- texlua prepare.lua WORK TABLES CASES "REGIME..." FILE...: copies documents to WORK/plain/INDEX and, with each byte
-- from 0x80 on turned into the UTF-8 form of the character of that code, to WORK/transcoded/INDEX. Writes WORK/names
-- (a line a document) and WORK/plan (index, tab, regime). Leaves out what the engine reads otherwise than we decide.

local work, tables, cases, regimes = arg[1], arg[2], arg[3], arg[4]

local function fail(sentence)
  io.stderr:write("record: ", sentence, "\n")
  os.exit(3)
end

local function read(path)
  local file, why = io.open(path, "rb")
  if not file then fail("cannot read " .. why) end
  local text = file:read("a")
  if not text then fail("cannot read " .. path) end
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function unescape(text)
  return (text:gsub("\\(.)(%x?%x?)", function(what, digits)
    local plain = { n = "\n", r = "\r", t = "\t", ["\\"] = "\\" }
    if what == "x" then return string.char(tonumber(digits, 16)) end
    return (plain[what] or fail("unknown escape \\" .. what)) .. digits
  end))
end

local documents = {}
if cases ~= "" then
  for line in io.lines(cases) do
    local name, bytes = line:match("^([^#\t][^\t]*)\t(.*)$")
    if name then documents[#documents + 1] = { name = "@ " .. name, text = unescape(bytes) } end
  end
end
for i = 5, #arg do
  documents[#documents + 1] = { name = arg[i]:match("[^/]*$"), text = read(arg[i]) }
end

local function transcode(text)
  return (text:gsub("[\x80-\xFF]", function(byte) return utf8.char(byte:byte()) end))
end

-- Surrogates pass Lua's own check.
local function is_utf8(text) return utf8.len(text) and not text:find("\xED[\xA0-\xBF]") end

local superscripts = {}
for regime in regimes:gmatch("%S+") do
  local characters = {}
  for line in io.lines(tables .. "/" .. regime .. ".inc") do
    local first, last, code = line:match("^{(0x%x+), (0x%x+), (%d+)},$")
    if code == "7" then
      for character = tonumber(first), tonumber(last) do characters[#characters + 1] = utf8.char(character) end
    end
  end
  superscripts[regime] = characters
end

-- Runs of four and more superscript characters: LuaTeX's `^^^^` and `^^^^^^`, which must have their digits, and which
-- pdfTeX does not know.
local function odd_superscripts(text, regime)
  for _, character in ipairs(superscripts[regime]) do
    local four = character:rep(4)
    local from = text:find(four, 1, true)
    while from do
      local after = from
      while text:sub(after, after) == character do after = after + 1 end
      local count = after - from
      local digits = text:match("^[0-9a-f]+", after) or ""
      if regime:find("-8bit", 1, true) or (count ~= 4 and count ~= 6) or #digits < count then return true end
      from = text:find(four, after, true)
    end
  end
  return false
end

os.execute(("mkdir -p %s/plain %s/transcoded %s/tokens"):format(work, work, work))
local names, plan = {}, {}
for index, document in ipairs(documents) do
  write(work .. "/plain/" .. index, document.text)
  write(work .. "/transcoded/" .. index, transcode(document.text))
  names[#names + 1] = document.name .. "\n"
  local left_out = {}
  for regime in regimes:gmatch("%S+") do
    if not regime:find("-8bit", 1, true) and not is_utf8(document.text) then
      left_out["malformed UTF-8"] = (left_out["malformed UTF-8"] or "") .. " " .. regime
    elseif odd_superscripts(document.text, regime) then
      local why = "superscript notation of four and more"
      left_out[why] = (left_out[why] or "") .. " " .. regime
    else
      plan[#plan + 1] = index .. "\t" .. regime .. "\n"
    end
  end
  for why, which in pairs(left_out) do
    io.stderr:write("record: left out: ", document.name, ":", which, ": ", why, "\n")
  end
end
write(work .. "/names", table.concat(names))
write(work .. "/plan", table.concat(plan))

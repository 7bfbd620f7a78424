-- texlua combine.lua WORK OUT: puts the token lines of each document under each regime together into transcripts, equal
-- sequences once. Small cases (their names begin with "@ ") share OUT/cases.tokens.

local work, out = arg[1], arg[2]
local header = "# texlex token transcript 1\n"

local names = {}
for name in io.lines(work .. "/names") do names[#names + 1] = name end

-- The token lines, or nil where the engine complained of the document.
local function read_tokens(index, regime)
  local path = work .. "/tokens/" .. index .. "." .. regime
  local file = io.open(path, "rb")
  local text = file and file:read("a") or ""
  if file then file:close() end
  local complaint = ("\n" .. text):match("\ncomplaint ([^\n]*)\n$")
  if complaint then
    io.stderr:write("record: left out: ", names[index], ": ", regime, ": the engine says: ", complaint, "\n")
    return nil
  end
  -- The recorder's last line: without it the engine stopped on its way.
  local lines = text:match("^(.-)complete\n$")
  if not lines then
    io.stderr:write("record: the engine did not come to the end of document ", index, " under ", regime, "\n")
    os.exit(4)
  end
  return lines
end

local regimes_of = {}
for line in io.lines(work .. "/plan") do
  local index, regime = line:match("^(%d+)\t(.*)$")
  regimes_of[tonumber(index)] = regimes_of[tonumber(index)] or {}
  table.insert(regimes_of[tonumber(index)], regime)
end

local function sections(index)
  local order, regimes = {}, {}
  for _, regime in ipairs(regimes_of[index] or {}) do
    local lines = read_tokens(index, regime)
    if lines and not regimes[lines] then
      regimes[lines] = {}
      order[#order + 1] = lines
    end
    if lines then table.insert(regimes[lines], regime) end
  end
  local parts = {}
  for _, lines in ipairs(order) do parts[#parts + 1] = "= " .. table.concat(regimes[lines], " ") .. "\n" .. lines end
  return table.concat(parts)
end

local function write(name, text)
  local file = assert(io.open(out .. "/" .. name .. ".tokens", "wb"))
  file:write(header, text)
  file:close()
end

local cases = {}
for index, name in ipairs(names) do
  if name:sub(1, 2) == "@ " then
    cases[#cases + 1] = name .. "\n" .. sections(index)
  else
    write(name, sections(index))
  end
end
if #cases > 0 then write("cases", table.concat(cases)) end

-- What recorder.tex calls: sets the table of a regime, gives out documents, takes tokens and writes them down. What to
-- do comes in the environment: TEXLEX_TABLE (a file of kernels/tables), TEXLEX_LIST (a line a document: the file to
-- read, a tab, the file to write).

local sentinel = "texlexendofdocument"
local characters_per_line_max = 200
-- Tokens of control sequences, active characters among them, are numbered from here on (LuaTeX manual, token library).
local control_sequence_base = 0x1FFFFFFF

local documents = {}
for line in io.lines(os.getenv("TEXLEX_LIST")) do
  local path, target = line:match("^(.-)\t(.*)$")
  documents[#documents + 1] = { path = path, target = target }
end
local current = 0

callback.register("find_read_file", function(_, name)
  return name == "document.tex" and documents[current].path or name
end)

-- What the engine complains of it reads in a way of its own: such a document is left out, and the reason told.
local complaint
callback.register("show_error_message", function() complaint = complaint or status.lasterrorstring end)

-- An invalid character is an error that drops it, and TeX gives up at the hundredth. Ignored characters are dropped
-- with the same effect on the scanner (tex.web, section 345), so they stand in for invalid ones.
local function effective(code) return code == 15 and 9 or code end

function texlex_set_table(number)
  for code = 0, 0x10FFFF do
    if tex.getcatcode(number, code) ~= 12 then tex.setcatcode(number, code, 12) end
  end
  for line in io.lines(os.getenv("TEXLEX_TABLE")) do
    local first, last, code = line:match("^{(0x%x+), (0x%x+), (%d+)},$")
    if first then
      for character = tonumber(first), tonumber(last) do
        tex.setcatcode(number, character, effective(tonumber(code)))
      end
    end
    local end_line_character = line:match("^// endlinechar (%-?%d+)$")
    if end_line_character then tex.setcount(3, tonumber(end_line_character)) end
  end
end

local function is_escaped(code)
  return code < 0x21 or (code >= 0x7F and code <= 0xA0) or code == 0x5C or code == 0xAD or code == 0xFEFF
    or (code >= 0xD800 and code <= 0xDFFF) or (code >= 0xFDD0 and code <= 0xFDEF) or code % 0x10000 >= 0xFFFE
end

local function escaped(code)
  return is_escaped(code) and string.format("\\u{%x}", code) or utf8.char(code)
end

local function escaped_name(name)
  local parts = {}
  for _, code in utf8.codes(name) do
    -- `^^^^d800` makes a character that UTF-8 cannot hold; we write U+FFFD in its place.
    if code >= 0xD800 and code <= 0xDFFF then code = 0xFFFD end
    parts[#parts + 1] = escaped(code)
  end
  return table.concat(parts)
end

local lines, run, run_command

local function end_run()
  if #run > 0 then lines[#lines + 1] = run_command .. "\t" .. table.concat(run) end
  run = {}
end

local function add_character(command, code)
  if command ~= run_command or #run == characters_per_line_max then end_run() end
  run_command = command
  run[#run + 1] = escaped(code)
end

function texlex_open()
  current = current + 1
  tex.setcount(2, documents[current] and 1 or 0)
  lines, run, run_command, complaint = {}, {}, nil, nil
end

local loop

function texlex_take()
  local taken = token.get_next()
  local name = taken.csname
  if taken.tok < control_sequence_base then
    add_character(taken.command, taken.mode)
  elseif taken.active then
    -- An active character is kept as a control sequence with U+FFFF before it.
    add_character(13, utf8.codepoint(name:gsub("^\u{FFFF}", ""), 1))
  elseif name == sentinel then
    return
  else
    end_run()
    lines[#lines + 1] = "0\t" .. escaped_name(name or "")
  end
  loop = loop or token.create("texlexloop")
  token.put_next(loop)
end

function texlex_close()
  end_run()
  local file = assert(io.open(documents[current].target, "wb"))
  for _, line in ipairs(lines) do file:write(line, "\n") end
  file:write(complaint and "complaint " .. complaint:gsub("%s+", " ") or "complete", "\n")
  file:close()
end

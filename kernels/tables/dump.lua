-- Writes the category codes in force, a line a character, and who holds them: NAME.raw.
return function(name)
  local file = assert(io.open(name .. ".raw", "w"))
  -- The banner's first words only: the rest of it names the machine's build.
  file:write("engine ", (status.banner:match("^This is ([^%(]+)") or status.banner):gsub("%s+$", ""), ", format ",
             tex.formatname ~= "" and tex.formatname or "none", "\n")
  file:write("endlinechar ", tex.endlinechar, "\n")
  for code = 0, 0x10FFFF do file:write(code, " ", tex.getcatcode(code), "\n") end
  file:close()
end

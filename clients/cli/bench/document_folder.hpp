// Finds the documents of a mix in a folder: by name, or by stem where only one file has it.
#pragma once

#include <string>
#include <variant>

namespace texlex::load {

struct folder_error {
  std::string sentence;
};

/// The path of the file `name` in `folder`, or of the one file there whose name without its extension is that.
[[nodiscard]] std::variant<std::string, folder_error> find_document(const std::string& folder, const std::string& name);

} // namespace texlex::load

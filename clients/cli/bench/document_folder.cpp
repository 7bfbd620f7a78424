#include "clients/cli/bench/document_folder.hpp"

#include <filesystem>
#include <system_error>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/escaped_text.hpp"

namespace texlex::load {

namespace fs = std::filesystem;

std::variant<std::string, folder_error> find_document(const std::string& folder, const std::string& name) {
  std::error_code error;
  const fs::path exact = fs::path{folder} / name;
  if (fs::is_regular_file(exact, error)) return exact.string();
  std::string found;
  fs::directory_iterator entry{folder, error};
  for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
    if (entry->path().stem() != name || !entry->is_regular_file(error)) continue;
    if (!found.empty())
      return folder_error{fmt::format("both {} and {} could be \"{}\"; give the whole name",
                                      cli::escape_file_name(found), cli::escape_file_name(entry->path().string()),
                                      cli::escape_file_name(name))};
    found = entry->path().string();
  }
  if (error)
    return folder_error{fmt::format("cannot read the folder {}: {}", cli::escape_file_name(folder), error.message())};
  if (found.empty())
    return folder_error{
      fmt::format("the folder {} has no document \"{}\"", cli::escape_file_name(folder), cli::escape_file_name(name))};
  return found;
}

} // namespace texlex::load

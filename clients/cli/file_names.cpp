#include "clients/cli/file_names.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/escaped_text.hpp"
#include "clients/cli/input.hpp"

namespace texlex::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 16> suffixes{".tex", ".ltx", ".latex", ".sty", ".cls", ".clo", ".def",  ".fd",
                                                    ".cfg", ".dtx", ".ins",   ".bbx", ".cbx", ".lbx", ".tikz", ".pgf"};
constexpr std::array<std::string_view, 3> archive_suffixes{".tar", ".tar.gz", ".tgz"};
// Deeper than anybody files documents; it bounds the stack.
constexpr size_t depth_max = 256;

bool ends_with(std::string_view name, std::string_view suffix) noexcept {
  const auto lower = [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
  };
  return name.size() > suffix.size()
         && std::equal(suffix.begin(), suffix.end(), name.end() - static_cast<ptrdiff_t>(suffix.size()),
                       [&](char wanted, char found) { return wanted == lower(found); });
}

bool is_taken_from_folder(std::string_view name) noexcept {
  for (const std::string_view suffix : archive_suffixes)
    if (ends_with(name, suffix)) return true;
  return is_document_name(ends_with(name, ".gz") ? name.substr(0, name.size() - 3) : name);
}

class folder_walk {
public:
  explicit folder_walk(file_names& found) : found_(found) {}

  // Says how many files it took.
  size_t walk(const std::string& folder, size_t depth) {
    if (depth > depth_max) {
      found_.errors.push_back(cannot_read(folder, fmt::format("it lies more than {} folders deep", depth_max)));
      return 0;
    }
    size_t taken = 0;
    for (const entry& each : entries_of(folder)) {
      if (found_.names.size() > file_names_max) break;
      const std::string path = folder.ends_with('/') ? folder + each.name : folder + "/" + each.name;
      if (each.is_folder) {
        taken += walk(path, depth + 1);
      } else if (is_taken_from_folder(each.name)) {
        found_.names.push_back(path);
        ++taken;
      }
    }
    return taken;
  }

private:
  struct entry {
    std::string name;
    bool is_folder;
  };

  // In order of their bytes; a folder's name sorts as if it ended in a slash, as the paths in it do.
  std::vector<entry> entries_of(const std::string& folder) {
    std::vector<entry> entries;
    std::error_code error;
    for (fs::directory_iterator at{folder, error}; !error && at != fs::directory_iterator{}; at.increment(error)) {
      std::string name = at->path().filename().string();
      if (name.starts_with('.')) continue;
      std::error_code ignored; // what cannot be looked at is no folder, and read or not by its name
      const bool is_folder = at->symlink_status(ignored).type() == fs::file_type::directory;
      if (!is_folder && at->status(ignored).type() != fs::file_type::regular) continue;
      entries.push_back({std::move(name), is_folder});
      if (entries.size() > file_names_max) break;
    }
    if (error) found_.errors.push_back(cannot_read(folder, error.message()));
    std::sort(entries.begin(), entries.end(), [](const entry& left, const entry& right) {
      return (left.is_folder ? left.name + '/' : left.name) < (right.is_folder ? right.name + '/' : right.name);
    });
    return entries;
  }

  file_names& found_;
};

} // namespace

std::span<const std::string_view> document_suffixes() noexcept { return suffixes; }

bool is_document_name(std::string_view name) noexcept {
  return std::any_of(suffixes.begin(), suffixes.end(),
                     [name](std::string_view suffix) { return ends_with(name, suffix); });
}

file_names expand_folders(std::span<const std::string> given) {
  file_names found;
  for (const std::string& name : given) {
    std::error_code ignored; // whoever opens it says what is wrong
    if (name == "-" || !fs::is_directory(name, ignored)) {
      found.names.push_back(name);
    } else {
      const size_t errors = found.errors.size();
      if (folder_walk{found}.walk(name, 1) == 0 && found.errors.size() == errors)
        found.errors.push_back(
          cannot_read(name, "no file in this folder has the suffix of a TeX document; name the files themselves"));
    }
    if (found.names.size() <= file_names_max) continue;
    return {{}, {fmt::format("there are more than {} files", file_names_max)}};
  }
  return found;
}

file_names split_list(std::string_view text, bool by_nul, const std::string& list) {
  file_names found;
  const char separator = by_nul ? '\0' : '\n';
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    if (name.empty() && !by_nul) continue;
    if (name.empty()) return {{}, {cannot_read(list, "it holds an empty name")}};
    if (name.find('\0') != std::string_view::npos)
      return {{}, {cannot_read(list, "it holds a NUL; if its names are separated by NUL, add --null")}};
    found.names.emplace_back(name);
    if (found.names.size() > file_names_max)
      return {{}, {cannot_read(list, fmt::format("it holds more than {} names", file_names_max))}};
  }
  if (found.names.empty()) return {{}, {cannot_read(list, "this list names no file")}};
  return found;
}

} // namespace texlex::cli

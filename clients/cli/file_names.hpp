// Which files a command reads: those that were named, those in folders that were, and those in a list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace texlex::cli {

/// Names of files, and what could not be looked into.
struct file_names {
  std::vector<std::string> names;
  std::vector<std::string> errors; ///< sentences
};

/// More names than this are an error.
inline constexpr size_t file_names_max = 10'000'000;

/// The suffixes of files that are taken out of folders and archives, with their dots.
[[nodiscard]] std::span<const std::string_view> document_suffixes() noexcept;

/// Whether a name has one of them, in upper or lower case.
[[nodiscard]] bool is_document_name(std::string_view name) noexcept;

/// Files as they are named, folders replaced by what is in them: files with a suffix of a document, `.gz` behind it or
/// not, and the archives `.tar`, `.tar.gz` and `.tgz`; in order of their paths' bytes, folders in their place. Names
/// that begin with a dot are left out, and so are links to folders.
[[nodiscard]] file_names expand_folders(std::span<const std::string> given);

/// The names in the text of a list. They are separated by NUL or by line feed, whose empty lines are none. No name at
/// all is an error: whoever made the list expected some.
/// `list` is how an error calls it.
[[nodiscard]] file_names split_list(std::string_view text, bool by_nul, const std::string& list);

} // namespace texlex::cli

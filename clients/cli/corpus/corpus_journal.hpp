// What a run over a corpus has done, as its journal tells it: lines that are only ever added, each with a checksum, and
// of which those up to a line that commits count together. Decisions about bytes in memory; no I/O.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace texlex::cli {

/// By what a change of a file is noticed.
struct file_stamp {
  uint64_t bytes = 0;
  int64_t modified_ns = 0; ///< since the epoch

  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

/// A document: its file by its number in the list, and its number in the file, both from 0.
struct document_place {
  uint64_t file = 0;
  uint64_t document = 0;

  friend auto operator<=>(const document_place&, const document_place&) = default;
};

/// A document without output.
struct failed_document {
  document_place place;
  bool rest = false; ///< it and all behind it in its file
  file_stamp stamp;
  std::string name; ///< as a line of text holds it
  std::string reason;
};

/// What becomes true at once: a part of the output, and what it covers.
struct journal_commit {
  uint64_t number = 0;    ///< from 1; names the part
  uint64_t documents = 0; ///< in the part; none: there is no part
  uint64_t bytes = 0;     ///< of the part
  document_place next;    ///< of all in order, the first that was not come to
  std::map<uint64_t, file_stamp> files;
  std::vector<document_place> settled; ///< failed before, and no more
  std::vector<failed_document> failed; ///< again, or for the first time
};

/// What makes two runs the same: names and values.
using journal_options = std::vector<std::pair<std::string, std::string>>;

struct journal_state {
  journal_options options;
  uint64_t commits = 0;
  uint64_t documents = 0;
  std::map<uint64_t, uint64_t> parts; ///< their numbers and bytes
  document_place next;
  std::map<uint64_t, file_stamp> files;
  std::map<document_place, failed_document> failed;
  size_t sound_bytes = 0; ///< what lies behind is torn, and to be cut off
};

/// The lines a journal begins with, and those of a commit.
[[nodiscard]] std::string journal_beginning(const journal_options& options);
[[nodiscard]] std::string journal_lines(const journal_commit& commit);

/// Takes a commit into a state, as a replay of its lines would.
void apply(const journal_commit& commit, journal_state& state);

/// Reads a journal. A last commit that is torn is as if it had not been; a journal that does not begin as one, or is
/// damaged where something sound follows, is a sentence.
[[nodiscard]] std::variant<journal_state, std::string> replay_journal(std::string_view text);

/// Whether all it tells of are among so many files.
[[nodiscard]] bool is_of_files(const journal_state& state, uint64_t files) noexcept;

/// What differs, as a sentence; nothing if nothing does.
[[nodiscard]] std::string difference(const journal_options& then, const journal_options& now);

} // namespace texlex::cli

// What of a corpus is left to be done, and when a part of the output is full. Decisions without I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/corpus/corpus_journal.hpp"
#include "clients/cli/corpus/corpus_shard.hpp"

namespace texlex::cli {

/// Documents of one file that are to be read.
struct corpus_task {
  document_place first;
  bool alone = false;                    ///< this document, and none behind it
  bool again = false;                    ///< it failed before
  std::optional<file_stamp> unchanged{}; ///< the file must be as it was, as documents of it are known by number only
};

/// First what failed before, if `retry_failed`, then what was not come to, in the list's order.
[[nodiscard]] std::vector<corpus_task> plan_tasks(const journal_state& state, const std::vector<std::string>& names,
                                                  const corpus_shard& shard, bool retry_failed);

/// When a part is closed: behind the document with which it reaches one of these.
struct part_limits {
  static constexpr uint64_t documents_max = 65536;
  static constexpr uint64_t document_bytes_max = 1ull << 30; ///< read for it

  uint64_t bytes_max = 256u << 20; ///< of the part

  [[nodiscard]] bool is_full(uint64_t bytes, uint64_t documents, uint64_t document_bytes) const noexcept {
    return bytes >= bytes_max || documents >= documents_max || document_bytes >= document_bytes_max;
  }
};

/// Names of parts: `part-000001.arrow`, or with a shard `part-02-of-16-000001.arrow`.
class part_names {
public:
  part_names(const corpus_shard& shard, std::string suffix);

  [[nodiscard]] std::string of(uint64_t number) const;
  /// Under which it is written before it is whole.
  [[nodiscard]] std::string unfinished(uint64_t number) const { return "." + of(number) + ".unfinished"; }
  /// Of a file that `of` or `unfinished` may have named.
  [[nodiscard]] std::optional<uint64_t> number_of(std::string_view name) const;

private:
  std::string before_;
  std::string suffix_;
};

} // namespace texlex::cli

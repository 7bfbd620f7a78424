// The documents a command works on, one after the other: files as they are, and what is in archives.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/archive_reader.hpp"

namespace texlex::cli {

class document_source {
public:
  /// `unpacked_bytes_max` limits a document out of an archive; if `unpacks` is false, archives are documents.
  document_source(std::vector<std::string> names, bool unpacks, uint64_t unpacked_bytes_max)
    : names_(std::move(names)), unpacks_(unpacks), unpacked_bytes_max_(unpacked_bytes_max) {}

  /// The next document, whole, or why it cannot be read; nothing behind the last. One caller at a time.
  [[nodiscard]] std::optional<named_input> next();

  /// Whether something is left that nobody has asked for.
  [[nodiscard]] bool has_more() const noexcept { return archive_ || next_name_ < names_.size(); }

  /// Bytes read so far, as they are stored; grows while `next` works.
  [[nodiscard]] uint64_t read_bytes() const noexcept { return read_bytes_; }

private:
  [[nodiscard]] std::optional<input> open(const std::string& name);

  std::vector<std::string> names_;
  bool unpacks_;
  uint64_t unpacked_bytes_max_;
  size_t next_name_ = 0;
  std::optional<archive_reader> archive_;
  std::atomic<uint64_t> read_bytes_ = 0;
};

} // namespace texlex::cli

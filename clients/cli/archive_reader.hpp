// Documents out of a compressed file or an archive, one after the other, by zlib and libarchive.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "clients/cli/input.hpp"

namespace texlex::cli {

/// What a document was called, and what it holds or why that cannot be told.
struct named_input {
  std::string name;
  input read;
};

/// Bytes by which `is_archive` knows one.
inline constexpr size_t archive_signature_bytes = 512;

/// Whether a file that begins so is compressed by gzip, or a tar archive (of POSIX or GNU: those older than 1988 do not
/// say so).
[[nodiscard]] bool is_archive(std::span<const uint8_t> beginning) noexcept;

/// What an archive may hold when it is unpacked, its members that are no documents included, and how many members.
inline constexpr uint64_t archive_bytes_max = 1ull << 40;
inline constexpr uint64_t archive_members_max = 10'000'000;

/// Reads a file that `is_archive`: a compressed document is one of the file's name; of a tar archive, compressed or
/// not, each member with the suffix of a document is one, in their order, named `ARCHIVE/MEMBER`.
class archive_reader {
public:
  /// `beginning` has been read of the file. A document larger than `document_bytes_max` when unpacked is an error.
  archive_reader(input_file file, std::string name, std::span<const uint8_t> beginning, uint64_t document_bytes_max,
                 std::atomic<uint64_t>& read_bytes);
  ~archive_reader();

  /// The next document; nothing at the end. An archive that is damaged or ends too soon has an error as its last one.
  [[nodiscard]] std::optional<named_input> next();

private:
  class state;
  std::unique_ptr<state> state_;
};

} // namespace texlex::cli

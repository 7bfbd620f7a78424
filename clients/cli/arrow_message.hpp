// Messages of Arrow's IPC format (version 1.0 and later, metadata version 5): what stands before the buffers. Bytes in
// memory, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/cli/token_formatter.hpp"

namespace texlex::cli {

/// Buffers begin at multiples of this in a message's body, and are padded to one.
inline constexpr uint64_t arrow_alignment_bytes = 64;

[[nodiscard]] constexpr uint64_t arrow_padded(uint64_t bytes) noexcept {
  return (bytes + arrow_alignment_bytes - 1) / arrow_alignment_bytes * arrow_alignment_bytes;
}

/// The fields of a table of tokens. None may be null.
struct arrow_schema {
  bool names_files = false;    ///< a first field `file`, a dictionary of names with signed 32-bit indices
  std::vector<column> columns; ///< the fields behind it
  std::string regime;          ///< told beside them, as is
  std::string view;
};

/// A buffer in a body: where it lies, and its bytes without padding.
struct arrow_buffer {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

using arrow_metadata = std::vector<std::pair<std::string, std::string>>;

/// The id that ties the field `file` to its dictionary.
inline constexpr int64_t arrow_file_dictionary = 0;

/// Whether a column is one of UTF-8 and not of numbers.
[[nodiscard]] constexpr bool is_arrow_text(column what) noexcept {
  return what == column::text || what == column::name;
}

/// A schema's message, which has no body.
[[nodiscard]] std::string arrow_schema_message(const arrow_schema& schema);

/// What stands before the body of a record batch. `fields` is how many there are; each has as many rows.
[[nodiscard]] std::string arrow_batch_message(uint64_t rows, size_t fields, std::span<const arrow_buffer> buffers,
                                              uint64_t body_bytes, const arrow_metadata& told);

/// A dictionary of one name, with its body: added to those there were if `is_delta`.
[[nodiscard]] std::string arrow_name_message(std::string_view name, bool is_delta);

/// What ends a stream.
[[nodiscard]] std::string_view arrow_end() noexcept;

/// Where a message lies in a file.
struct arrow_block {
  int64_t offset = 0;
  int32_t metadata_bytes = 0; ///< with the eight bytes before
  int64_t body_bytes = 0;
};

/// What begins a file, before the schema's message.
[[nodiscard]] std::string_view arrow_file_magic() noexcept;

/// What ends a file, behind `arrow_end`.
[[nodiscard]] std::string arrow_footer(const arrow_schema& schema, std::span<const arrow_block> dictionaries,
                                       std::span<const arrow_block> batches);

} // namespace texlex::cli

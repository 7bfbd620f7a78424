// A part of a document's tokens as one record batch of Arrow. docs/tokens.md says what the columns hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "clients/cli/arrow_message.hpp"
#include "clients/cli/ordered_output.hpp"
#include "clients/cli/token_parts.hpp"

namespace texlex::cli {

/// What is told beside a batch.
struct batch_labels {
  std::string file; ///< as a line of text holds it
  uint64_t tokens = 0;
  uint64_t issues = 0;
};

/// Appends the batch to the piece; false, and nothing appended, if its texts have more bytes than a column can hold.
/// Indices of files are left zero for `arrow_stream`. No part: a batch without rows.
[[nodiscard]] bool append_arrow_batch(const scan_input& input, const token_columns& tokens, const arrow_schema& schema,
                                      const batch_labels& labels, const token_part* part, output_piece& piece);

} // namespace texlex::cli

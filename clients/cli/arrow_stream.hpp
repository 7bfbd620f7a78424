// Record batches put behind each other, as a stream or a file of Arrow's IPC format. A decision: what comes between
// them; whoever writes it does so in its order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "clients/cli/arrow_message.hpp"
#include "clients/cli/ordered_output.hpp"

namespace texlex::cli {

class arrow_stream {
public:
  enum class kind : uint8_t { stream, file };

  arrow_stream(arrow_schema schema, kind as) : schema_(std::move(schema)), kind_(as) {}

  /// What is to be written first.
  [[nodiscard]] std::string begin();

  /// What is to be written before the text of a piece, whose indices of files it sets. Documents are numbered as their
  /// first batches come.
  [[nodiscard]] std::string before(output_piece& piece);

  /// What is to be written last.
  [[nodiscard]] std::string end() const;

private:
  arrow_schema schema_;
  kind kind_;
  int64_t written_ = 0;
  int32_t files_ = 0; ///< that have a name in the dictionary
  std::vector<arrow_block> dictionaries_;
  std::vector<arrow_block> batches_;
};

/// Documents that one stream or file may have, as their indices have 31 bits.
inline constexpr uint64_t arrow_documents_max = 1ull << 31;

} // namespace texlex::cli

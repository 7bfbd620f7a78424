#include "clients/cli/arrow_stream.hpp"

#include <cstring>

namespace texlex::cli {
namespace {

// The one that says nothing but the length of what it stands before.
constexpr size_t message_prefix_bytes = 8;

int32_t metadata_bytes(std::string_view message) noexcept {
  int32_t bytes = 0;
  std::memcpy(&bytes, message.data() + message_prefix_bytes / 2, sizeof bytes);
  return bytes + static_cast<int32_t>(message_prefix_bytes);
}

arrow_block block_at(int64_t offset, std::string_view message) noexcept {
  const int32_t metadata = metadata_bytes(message);
  return {offset, metadata, static_cast<int64_t>(message.size()) - metadata};
}

} // namespace

std::string arrow_stream::begin() {
  std::string text;
  if (kind_ == kind::file) text += arrow_file_magic();
  text += arrow_schema_message(schema_);
  written_ += static_cast<int64_t>(text.size());
  return text;
}

std::string arrow_stream::before(output_piece& piece) {
  if (!piece.batch) return {};
  std::string names;
  if (schema_.names_files) {
    if (piece.batch->first) {
      names = arrow_name_message(piece.batch->file, files_ > 0);
      if (kind_ == kind::file) dictionaries_.push_back(block_at(written_, names));
      ++files_;
    }
    const int32_t index = files_ - 1;
    char* to = piece.text.data() + piece.batch->body_at;
    for (uint64_t row = 0; row < piece.batch->rows; ++row, to += sizeof index) std::memcpy(to, &index, sizeof index);
  }
  written_ += static_cast<int64_t>(names.size());
  if (kind_ == kind::file) batches_.push_back(block_at(written_, piece.text.view()));
  written_ += static_cast<int64_t>(piece.text.size());
  return names;
}

std::string arrow_stream::end() const {
  std::string text{arrow_end()};
  if (kind_ == kind::file) text += arrow_footer(schema_, dictionaries_, batches_);
  return text;
}

} // namespace texlex::cli

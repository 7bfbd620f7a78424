#include "kernels/derive.hpp"

#include <bit>
#include <cstring>

namespace texlex {

namespace {

constexpr uint64_t every_byte = 0x0101'0101'0101'0101;
constexpr uint64_t low_bits = 0x7F * every_byte;
constexpr uint64_t high_bits = 0x80 * every_byte;

// The high bit of each byte that is `wanted`, of bytes below 0x80.
uint64_t bytes_equal(uint64_t bytes, uint8_t wanted) noexcept {
  return ~((bytes ^ wanted * every_byte) + low_bits) & high_bits;
}

} // namespace

// Eight bytes of ASCII without CR at a time, to less than eight before `offset`.
void position_counter::go_far(uint64_t offset) noexcept {
  if (offset < offset_) {
    offset_ = 0;
    position_ = {};
  }
  while (offset_ + sizeof(uint64_t) <= offset) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, document_.data() + offset_, sizeof bytes);
    if (std::endian::native != std::endian::little || (bytes & high_bits) != 0 || bytes_equal(bytes, '\r') != 0) {
      step();
      continue;
    }
    offset_ += sizeof bytes;
    const uint64_t line_feeds = bytes_equal(bytes, '\n');
    if (line_feeds == 0) {
      position_.column += sizeof bytes;
    } else {
      position_.line += static_cast<uint64_t>(std::popcount(line_feeds));
      position_.column = 1 + static_cast<uint64_t>(std::countl_zero(line_feeds)) / 8;
    }
  }
}

// Over one character, or one line terminator.
void position_counter::step() noexcept {
  const uint8_t byte = document_[offset_];
  if (byte == '\n' || byte == '\r') {
    const bool crlf = byte == '\r' && offset_ + 1 < document_.size() && document_[offset_ + 1] == '\n';
    offset_ += crlf ? 2 : 1;
    ++position_.line;
    position_.column = 1;
    return;
  }
  if (byte < 0x80 || encoding_ == encoding::eight_bit) {
    ++offset_;
    ++position_.column;
    return;
  }
  const auto character = decode_multibyte(document_.data() + offset_, document_.size() - offset_);
  offset_ += character.bytes;
  switch (unit_) {
    case column_unit::bytes: position_.column += character.bytes; break;
    case column_unit::code_points: position_.column += 1; break;
    case column_unit::utf16_units: position_.column += character.code > 0xFFFF ? 2 : 1; break;
  }
}

// A position beyond the line's text belongs to a token that took the end-line character: it ends with the terminator.
uint64_t token_deriver::end_of(uint64_t position) const noexcept {
  return position > line_.text_end ? line_.next : position;
}

void token_deriver::derive(token_kind kind, uint64_t start, token_text& text) {
  find_line_of(start);
  text.name.clear();
  text.code = 0;
  const line_reader reader{document_, regime_, line_};
  // What starts at the terminator was made by the end-line character.
  const uint64_t position = start == line_.terminator ? line_.text_end : start;
  const line_character character = reader.read(position);
  if (kind == token_kind::control_sequence) {
    derive_name(reader, character.next, text);
  } else {
    text.code = kind == token_kind::space ? U' ' : character.code;
    text.end = end_of(character.next);
  }
}

void token_deriver::derive_name(const line_reader& reader, uint64_t position, token_text& text) const {
  if (position >= reader.end()) {
    text.end = end_of(position);
    return;
  }
  line_character character = reader.read(position);
  append_utf8(text.name, character.code);
  position = character.next;
  if (character.category == catcode::letter) {
    while (position < reader.end()) {
      character = reader.read(position);
      if (character.category != catcode::letter) break;
      append_utf8(text.name, character.code);
      position = character.next;
    }
  }
  text.end = end_of(position);
}

} // namespace texlex

#include "kernels/api/token_reader.hpp"

namespace texlex::api {

// Where the next token starts, which must be there. It stays the next one.
uint64_t token_reader::first_bit() noexcept {
  while (bits_ == 0) bits_ = tokens_.start_bits[++word_];
  return word_ * 64 + static_cast<uint64_t>(std::countr_zero(bits_));
}

bool token_reader::next() {
  if (index_ == tokens_.count) return false;
  const token_kind kind = tokens_.kinds[index_];
  const uint64_t start = first_bit();
  if (what_.texts && !is_trivia(kind)) {
    deriver_.derive(kind, start, text_);
  } else {
    text_.name.clear();
  }
  kind_ = kind;
  start_ = start;
  end_ = text_.end;
  if (what_.places) place_ = counter_.at(start);
  bits_ &= bits_ - 1;
  ++index_;
  // In the source view a token ends where the next begins.
  if (tokens_.how.view == token_view::source) end_ = index_ == tokens_.count ? tokens_.document.size() : first_bit();
  return true;
}

} // namespace texlex::api

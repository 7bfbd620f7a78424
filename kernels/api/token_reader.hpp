// Goes from token to token of a document and derives what kind and start do not say.
#pragma once

#include <bit>

#include "kernels/api/tokens.hpp"
#include "kernels/derive.hpp"

namespace texlex::api {

/// What a reader is to derive; each costs time.
struct derived {
  bool texts = true;  ///< end, code and name
  bool places = true; ///< line and column
};

/// Before its first token at first. The tokens must outlive it.
class token_reader {
public:
  token_reader(const texlex_tokens& tokens, derived what) noexcept
    : tokens_(tokens), what_(what), bits_(tokens.start_bits[0]), deriver_(tokens.document, *tokens.how.regime),
      counter_(tokens.document, tokens.how.regime->encoding, tokens.how.unit) {}

  /// Goes to the next token; false if there is none. If std::bad_alloc is thrown it is the same one's turn again.
  [[nodiscard]] bool next();

  [[nodiscard]] token_kind kind() const noexcept { return kind_; }
  [[nodiscard]] uint64_t start() const noexcept { return start_; }
  [[nodiscard]] uint64_t end() const noexcept { return end_; }
  [[nodiscard]] char32_t code() const noexcept { return has_code(kind_) ? text_.code : 0; }
  [[nodiscard]] const std::string& name() const noexcept { return text_.name; } ///< empty if it is no control sequence
  [[nodiscard]] text_position place() const noexcept { return place_; }

private:
  [[nodiscard]] uint64_t first_bit() noexcept;

  const texlex_tokens& tokens_;
  derived what_;
  uint64_t index_ = 0; ///< of the token that comes next
  uint64_t word_ = 0;  ///< of the bitmap of starts
  uint64_t bits_;      ///< starts of that word which are still to come
  token_deriver deriver_;
  position_counter counter_;

  token_kind kind_ = token_kind::other;
  uint64_t start_ = 0;
  uint64_t end_ = 0;
  token_text text_;
  text_position place_;
};

} // namespace texlex::api

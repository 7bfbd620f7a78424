// What a texlexd answered, made into the columns that a scan in this process would have given. Nothing in it is
// trusted: who turns the columns into text looks where they say, and takes as long as they make it. The client library
// has seen to it that offsets stay within the document; what a token is it does not know.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "clients/cli/tokenize.hpp"
#include "runtime/tokenize_frame.hpp"
#include "texlex/client.hpp"

namespace texlex::cli {

/// What was asked of the server about one document.
struct token_question {
  scan_input input;
  uint32_t columns = 0;     ///< bits of `column_set`: kinds and starts, or neither; issues, or not
  uint32_t issues_told = 0; ///< at most
};

/// What the server said. It may lie in the server's memory, and change while it is read: it is read once.
struct told_tokens {
  uint64_t count = 0;
  uint64_t issue_count = 0;
  std::span<const uint8_t> kinds{};
  std::span<const uint32_t> starts{};
  std::span<const uint8_t> issue_kinds{};
  std::span<const uint32_t> issue_offsets{};
};
[[nodiscard]] told_tokens told_by(const remote::tokens& answer) noexcept;

/// The columns, or what is wrong with the answer, to be put behind "the answer".
///
/// Of each token it is known that its kind exists, that it begins where a character does, and that it ends before the
/// next begins. Whether TeX's scanner makes it there only a scan could tell: that is believed.
[[nodiscard]] std::variant<token_columns, std::string> take_answer(const token_question& asked,
                                                                   const told_tokens& answer);

} // namespace texlex::cli

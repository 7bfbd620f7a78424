// What a texlexd answered, made into the columns that a scan in this process would have given. Nothing in it is
// trusted: who turns the columns into text looks where they say, and takes as long as they make it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "clients/cli/tokenize.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex::cli {

/// What was asked of the server about one document.
struct token_question {
  scan_input input;
  uint32_t columns = 0;     ///< bits of `column_set`: kinds and starts, or neither; issues, or not
  uint32_t issues_told = 0; ///< at most
};

/// The longest payload an answer to the question may have.
[[nodiscard]] uint64_t answer_bytes_max(const token_question& asked) noexcept;

/// The columns, or what is wrong with the answer, to be put behind "the answer". Its status is ok.
///
/// Of each token it is known that its kind exists, that it begins where a character does, and that it ends before the
/// next begins. Whether TeX's scanner makes it there only a scan could tell: that is believed.
[[nodiscard]] std::variant<token_columns, std::string> take_answer(const token_question& asked,
                                                                   const tokenized& answer);

} // namespace texlex::cli

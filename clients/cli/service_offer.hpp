// What `texlex tokens --socket` wants of a texlexd, held against what that one says it can do: nothing is asked for
// that it would have to leave out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/regime.hpp"
#include "runtime/tokenize_frame.hpp"
#include "texlex/client.hpp"

namespace texlex::cli {

/// What is wanted of every document.
struct service_wishes {
  std::string address; ///< a Unix socket's path, or host:port
  const texlex::regime* regime = nullptr;
  bool regime_was_given = false; ///< by a flag; else it is the default
  token_view view = token_view::tex;
  std::string format = "counts";            ///< as --format has it
  bool issues = false;                      ///< listed
  uint64_t issues_max = 0;                  ///< listed at most
  std::optional<std::string> priority{};    ///< as --priority has it
  std::optional<std::string> traceparent{}; ///< valid
  bool any_regime_will_do = true;           ///< of a server of version 1, which does not tell its own

  [[nodiscard]] bool wants_tokens() const noexcept { return format != "counts"; }
  /// Bits of `column_set`.
  [[nodiscard]] uint32_t columns() const noexcept;
};

/// Why a texlexd that offers this cannot do what is wanted, as a sentence that names the option and says what to do;
/// nothing if it can.
[[nodiscard]] std::string why_not_served(const service_wishes& wishes, const remote::server_offer& offer);

} // namespace texlex::cli

// What a document's first bytes tell about its encoding as a whole. Looks at 64 bytes at most, once a document.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "kernels/regime.hpp"
#include "runtime/token.hpp"

namespace texlex {

/// The issue of the document as a whole, at offset 0, if it has one: `utf16_text` if it is in a `wide_encoding`;
/// `byte_order_mark` if it begins with that of UTF-8 and the regime is an 8-bit one, in which those three bytes are
/// three characters. In Unicode regimes TeX ignores that mark.
[[nodiscard]] std::optional<issue_kind> encoding_issue(std::span<const uint8_t> document, encoding encoding) noexcept;

/// UTF-16 or UTF-32 by the name that iconv has for it, if the document begins with its byte order mark, or with ASCII
/// characters in as many bytes each (then with "LE" or "BE" behind it, as there is no mark to tell); else empty.
[[nodiscard]] std::string_view wide_encoding(std::span<const uint8_t> document) noexcept;

} // namespace texlex

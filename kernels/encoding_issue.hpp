// What a document's first bytes tell about its encoding as a whole. Looks at 64 bytes at most, once a document.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "kernels/regime.hpp"
#include "runtime/token.hpp"

namespace texlex {

/// The issue of the document as a whole, at offset 0, if it has one:
/// `utf16_text` if it begins with the byte order mark of UTF-16, or with an ASCII character in two bytes followed by
/// others (UTF-32 passes for it too); `byte_order_mark` if it begins with that of UTF-8 and the regime is an 8-bit one,
/// in which those three bytes are three characters. In Unicode regimes TeX ignores that mark.
[[nodiscard]] std::optional<issue_kind> encoding_issue(std::span<const uint8_t> document, encoding encoding) noexcept;

} // namespace texlex

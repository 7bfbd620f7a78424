// Strings as JSON writes them: the one thing of JSON that plain formatting does not do.
#pragma once

#include <string>
#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace texlex::cli {

/// `text` in quotes, with quotes, backslashes and control characters escaped. Always valid UTF-8: each maximal
/// ill-formed subpart of what is none becomes U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

/// Appends that.
void append_json_string(fmt::memory_buffer& out, std::string_view text);

} // namespace texlex::cli

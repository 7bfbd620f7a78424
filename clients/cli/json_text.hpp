// Strings as JSON writes them: the one thing of JSON that plain formatting does not do.
#pragma once

#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace texlex::cli {

/// Appends `text` in quotes, with quotes, backslashes and control characters escaped; other bytes as they are.
void append_json_string(fmt::memory_buffer& out, std::string_view text);

} // namespace texlex::cli

// What somebody wrote, as a sentence about it holds it.
#pragma once

#include <string>
#include <string_view>

namespace texlex {

/// Each byte that is no printable ASCII as `\xHH`, so that it neither ends the line nor speaks to a terminal; of a long
/// text its begin.
[[nodiscard]] std::string shown_text(std::string_view text);

} // namespace texlex

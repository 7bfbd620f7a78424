// The lines of a stats response taken apart, labels and all: `name{label="text",...} value`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace texlex::cli {

struct stats_line {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string>> labels;
  std::string_view value;

  /// Empty: there is no such label.
  [[nodiscard]] std::string_view label(std::string_view wanted) const;
};

/// Nothing if it is no such line. What is returned refers to `line`.
[[nodiscard]] std::optional<stats_line> read_stats_line(std::string_view line);

} // namespace texlex::cli

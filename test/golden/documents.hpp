// The documents of the golden vectors, each with the ways it is read. Bytes that are hard to see are spelt out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/derive.hpp"
#include "runtime/token.hpp"

namespace texlex::golden {

struct reading {
  std::string_view regime;
  token_view view;
  column_unit unit;
  uint64_t issues_max = 65536; ///< how many issues are told, the first ones
};

struct golden_document {
  std::string name;
  std::string bytes;
  std::vector<reading> readings;
};

/// A document that has something of everything, under all regimes, in both views, in all units; and small ones that
/// each show one thing, in a few.
[[nodiscard]] std::vector<golden_document> golden_documents();

} // namespace texlex::golden

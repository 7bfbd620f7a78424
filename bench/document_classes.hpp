// The documents the kernels are measured on: one of each kind that costs them something different, made from a fixed
// seed, so that a row means the same everywhere.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace texlex::bench {

struct document_class {
  std::string name;
  std::string text;
};

/// Every class, `bytes` long or a little longer.
[[nodiscard]] std::vector<document_class> document_classes(size_t bytes);

/// A file as a class of its own, repeated until it is `bytes` long or longer; named after the file.
/// Throws std::runtime_error if it cannot be read or is empty.
[[nodiscard]] document_class document_of_file(const std::string& path, size_t bytes);

} // namespace texlex::bench

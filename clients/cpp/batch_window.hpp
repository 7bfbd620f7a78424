// How many documents go in one frame, learnt from how many a server had room for.
#pragma once

#include <cstddef>

#include "runtime/limits.hpp"

namespace texlex::client_core {

/// As many as were served where not all were, half as many where none was; twice as many once all of them were.
class batch_window {
public:
  /// At least one.
  [[nodiscard]] size_t documents() const noexcept { return documents_; }

  /// A frame of so many was answered, of which so many were refused for lack of room.
  void answered(size_t documents, size_t refused) noexcept;

private:
  size_t documents_ = limits::batch_documents_max;
};

} // namespace texlex::client_core

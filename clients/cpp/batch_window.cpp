#include "clients/cpp/batch_window.hpp"

#include <algorithm>

namespace texlex::client_core {

void batch_window::sent(uint64_t frame, size_t documents) noexcept {
  last_sent_ = frame;
  in_flight_ += documents;
}

void batch_window::answered(uint64_t frame, size_t documents, size_t served, size_t refused) noexcept {
  const size_t before = in_flight_;
  in_flight_ -= std::min(in_flight_, documents);
  if (refused > 0) {
    if (frame <= cut_behind_) return;
    documents_max_ = std::max(size_t{1}, served > 0 ? served : std::min(documents_max_, before) / 2);
    cut_behind_ = last_sent_;
  } else if (documents_max_ != SIZE_MAX) {
    documents_max_ += (served + 7) / 8;
  }
}

} // namespace texlex::client_core

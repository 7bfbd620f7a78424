#include "actors/state/log_queue.hpp"

#include <algorithm>
#include <utility>

namespace texlex {

log_queue::log_queue(size_t bytes_max) : bytes_max_(bytes_max) {
  waiting_.reserve(bytes_max);
  taken_.reserve(bytes_max);
}

bool log_queue::push(std::string_view line) noexcept {
  if (line.size() > bytes_max_ - waiting_.size()) {
    ++dropped_;
    return false;
  }
  waiting_ += line; // its place is reserved
  return true;
}

std::string_view log_queue::take() noexcept {
  taken_.clear();
  std::swap(waiting_, taken_);
  return taken_;
}

void log_queue::written(size_t bytes) noexcept {
  const std::string_view lost = std::string_view{taken_}.substr(bytes);
  dropped_ += static_cast<uint64_t>(std::count(lost.begin(), lost.end(), '\n'));
  if (bytes > 0) mid_line_ = taken_[bytes - 1] != '\n';
}

} // namespace texlex

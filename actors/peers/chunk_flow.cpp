#include "actors/peers/chunk_flow.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"

namespace texlex {

void chunk_sender::begin(uint64_t number, uint64_t bytes) {
  require(bytes > 0, "a text has something to send");
  texts_.push_back({.number = number, .bytes = bytes});
}

void chunk_sender::drop(uint64_t number) noexcept {
  std::erase_if(texts_, [number](const text& each) { return each.number == number; });
}

std::optional<chunk_sender::part> chunk_sender::next() {
  if (texts_.empty()) return std::nullopt;
  text first = texts_.front();
  const uint64_t bytes = std::min(first.bytes - first.sent, chunk_bytes_);
  if (under_way() + bytes > window_bytes_) return std::nullopt;
  texts_.pop_front();
  const part made{first.number, first.sent, bytes, first.sent + bytes == first.bytes};
  first.sent += bytes;
  sent_ += bytes;
  if (!made.last) texts_.push_back(first);
  return made;
}

bool chunk_sender::taken(uint64_t bytes_in_all) noexcept {
  if (bytes_in_all > sent_) return false;
  taken_ = std::max(taken_, bytes_in_all);
  return true;
}

bool chunk_receiver::came(uint64_t bytes) noexcept {
  came_ += bytes;
  return came_ - told_ <= window_bytes_;
}

// An eighth of the window: often enough that the sender never runs dry, and seldom enough to cost little.
std::optional<uint64_t> chunk_receiver::due() noexcept {
  if ((came_ - told_) * 8 < window_bytes_) return std::nullopt;
  told_ = came_;
  return told_;
}

} // namespace texlex

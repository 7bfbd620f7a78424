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

std::optional<chunk_sender::part> chunk_sender::next(instant now) {
  if (texts_.empty()) return std::nullopt;
  text first = texts_.front();
  const uint64_t bytes = std::min(first.bytes - first.sent, chunk_bytes_);
  if (under_way() + bytes > window_bytes_) {
    limited_ = true;
    return std::nullopt;
  }
  texts_.pop_front();
  part made{first.number, first.sent, bytes, first.sent + bytes == first.bytes};
  // A quarter of the window: often enough that it never runs dry, and seldom enough to cost little.
  untold_ += bytes;
  made.tell = 4 * untold_ >= window_bytes_;
  if (made.tell) untold_ = 0;
  first.sent += bytes;
  sent_ += bytes;
  marks_.push_back({sent_, now});
  if (!made.last) texts_.push_back(first);
  return made;
}

bool chunk_sender::taken(uint64_t bytes_in_all, instant now) noexcept {
  if (bytes_in_all > sent_) return false;
  taken_ = std::max(taken_, bytes_in_all);
  std::optional<duration> delay; // of the latest that has come
  for (; !marks_.empty() && marks_.front().sent <= taken_; marks_.pop_front())
    if (marks_.front().sent > judged_) delay = now - marks_.front().at;
  if (delay) adjust(*delay);
  return true;
}

// What was under way when it shrank says nothing of what it is now. Two chunks and what the other end has not told of
// yet always have room, else nothing would move.
void chunk_sender::adjust(duration delay) noexcept {
  if (delay > delay_max_) {
    window_bytes_ = std::max(window_bytes_ / 2, std::min(window_bytes_max_, 2 * chunk_bytes_));
    judged_ = sent_;
  } else if (limited_) {
    window_bytes_ = std::min(window_bytes_ + chunk_bytes_, window_bytes_max_);
  }
  limited_ = false;
}

bool chunk_receiver::came(uint64_t bytes) noexcept {
  came_ += bytes;
  return came_ - told_ <= window_bytes_;
}

} // namespace texlex

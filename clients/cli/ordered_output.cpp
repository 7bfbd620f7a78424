#include "clients/cli/ordered_output.hpp"

namespace texlex::cli {
namespace {

// Pieces are about a megabyte; one that became much larger would be kept for nothing.
constexpr size_t spare_bytes_max = 8u << 20;
constexpr size_t spare_max = 16;

uint64_t bytes_of(const output_piece& piece) noexcept { return piece.text.size() + piece.told.size(); }

} // namespace

bool ordered_output::put(output_place place, output_piece piece) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return stopped_ || place == turn_ || waiting_bytes_ < waiting_bytes_max_; });
  if (stopped_) return false;
  if (place != turn_) {
    waiting_bytes_ += bytes_of(piece);
    waiting_.emplace(place, std::move(piece));
    return true;
  }
  // Whoever has the piece whose turn it is writes until a piece is missing. Nobody else writes: the turn stays with
  // what is being written.
  for (;;) {
    lock.unlock();
    const bool written = write_(piece);
    lock.lock();
    if (!written) stopped_ = true;
    advance(piece.last);
    keep_spare(std::move(piece.text));
    const auto next = waiting_.find(turn_);
    changed_.notify_all();
    if (stopped_ || next == waiting_.end()) return !stopped_;
    piece = std::move(next->second);
    waiting_bytes_ -= bytes_of(piece);
    waiting_.erase(next);
  }
}

void ordered_output::advance(bool last) noexcept {
  turn_ = last ? output_place{turn_.document + 1, 0} : output_place{turn_.document, turn_.piece + 1};
}

text_buffer ordered_output::spare_buffer() {
  const std::scoped_lock lock{mutex_};
  if (spare_.empty()) return {};
  text_buffer buffer = std::move(spare_.back());
  spare_.pop_back();
  return buffer;
}

void ordered_output::keep_spare(text_buffer buffer) {
  if (buffer.capacity() == 0 || buffer.capacity() > spare_bytes_max || spare_.size() >= spare_max) return;
  buffer.clear();
  spare_.push_back(std::move(buffer));
}

void ordered_output::stop() {
  const std::scoped_lock lock{mutex_};
  stopped_ = true;
  changed_.notify_all();
}

} // namespace texlex::cli

// Lines on their way into the log: bounded, so that whoever logs is never kept waiting by who reads. What has no place
// is left out and counted; so is what could not be written. Knows no thread: its owner has the lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace texlex {

class log_queue {
public:
  /// Takes that many bytes of memory twice, and none after that.
  explicit log_queue(size_t bytes_max);

  /// False: it is left out, and counted. `line` ends with its newline.
  bool push(std::string_view line) noexcept;

  /// All that waits, in order; empty: nothing does. Valid until the next call.
  [[nodiscard]] std::string_view take() noexcept;

  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

  /// Of what was taken last, this much could be written; the rest is lost.
  void written(size_t bytes) noexcept;

  /// How many lines were left out or lost since the start.
  [[nodiscard]] uint64_t dropped() const noexcept { return dropped_; }

  /// How many of them nobody has been told of yet; asked where the log flows.
  [[nodiscard]] uint64_t untold() const noexcept { return dropped_ - told_; }
  void told(uint64_t lines) noexcept { told_ += lines; }

  /// Whether what was written last ended within a line.
  [[nodiscard]] bool mid_line() const noexcept { return mid_line_; }

private:
  size_t bytes_max_;
  std::string waiting_, taken_;
  uint64_t dropped_ = 0;
  uint64_t told_ = 0;
  bool mid_line_ = false;
};

} // namespace texlex

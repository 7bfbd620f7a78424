// SIGINT and SIGTERM for the length of a run: the first ends it with a report; the next meets what the process had for
// it before, and ends it at once. One that the process was told to ignore, as a shell does for what runs in the
// background, stays ignored.
#pragma once

#include <array>
#include <csignal>
#include <optional>

#include "runtime/event_loop.hpp"

namespace texlex::load {

/// One at a time in a process.
class ending_signals {
public:
  /// Wakes the loop, which must outlive this, when one comes.
  explicit ending_signals(event_loop& loop);
  ending_signals(const ending_signals&) = delete;
  ending_signals& operator=(const ending_signals&) = delete;
  ~ending_signals() { restore(); }

  /// The signal that came, once; from then on they are what they were before.
  [[nodiscard]] std::optional<int> take() noexcept;

private:
  struct watched {
    int number;
    bool is_set = false;
    struct sigaction before {};
  };

  void restore() noexcept;

  std::array<watched, 2> signals_{{{.number = SIGINT}, {.number = SIGTERM}}};
};

} // namespace texlex::load

// What actors on the I/O thread do where there is no memory: what they were about is given up, a line a second says so,
// and they live on, as all answers rest on them and an actor's end takes memory too.
#pragma once

#include <new>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/state/warning_pace.hpp"
#include "runtime/time.hpp"

namespace texlex {

class no_memory_guard {
public:
  /// `who`, as the warning names it; must outlive the guard.
  explicit no_memory_guard(const char* who) noexcept : who_(who) {}

  /// Does the work, as far as there is memory for it.
  template <class Work>
  void operator()(Work work) {
    try {
      work();
    } catch (const std::bad_alloc&) {
      gave_up_ = true;
      if (const auto left_out = warnings_.due(now()))
        spdlog::warn("{} finds no memory{}", who_, left_out_text(*left_out));
    }
  }

  /// Whether anything was given up since this was asked last.
  [[nodiscard]] bool take_gave_up() noexcept { return std::exchange(gave_up_, false); }

private:
  const char* who_;
  bool gave_up_ = false;
  warning_pace warnings_;
};

} // namespace texlex

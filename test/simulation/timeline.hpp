// The simulated world's time: what is to happen, in its order. Of two at one instant the one planned first comes first.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "runtime/time.hpp"

namespace texlex::simulation {

class timeline {
public:
  [[nodiscard]] instant now() const noexcept { return now_; }

  void at(instant when, std::function<void()> happens) {
    events_.push({std::max(when, now_), next_number_++, std::move(happens)});
  }
  void after(duration length, std::function<void()> happens) { at(now_ + length, std::move(happens)); }

  [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
  [[nodiscard]] instant next() const noexcept { return events_.top().when; }
  [[nodiscard]] uint64_t happened() const noexcept { return happened_; }

  /// Lets the next one happen.
  void step() {
    const event first = std::move(const_cast<event&>(events_.top())); // moved out, then popped
    events_.pop();
    now_ = first.when;
    ++happened_;
    first.happens();
  }

private:
  struct event {
    instant when;
    uint64_t number;
    std::function<void()> happens;
    bool operator<(const event& other) const { return std::tie(other.when, other.number) < std::tie(when, number); }
  };

  std::priority_queue<event> events_;
  instant now_{std::chrono::hours{1}};
  uint64_t next_number_ = 0;
  uint64_t happened_ = 0;
};

} // namespace texlex::simulation

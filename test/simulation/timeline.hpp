// The simulated world's time: what is to happen, in its order. Of two at one instant the one planned first comes first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/time.hpp"

namespace texlex::simulation {

class timeline {
public:
  [[nodiscard]] instant now() const noexcept { return now_; }

  void at(instant when, std::function<void()> happens) {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(happenings_.size()));
      happenings_.emplace_back();
    }
    const uint32_t place = free_.back();
    free_.pop_back();
    happenings_[place] = std::move(happens);
    events_.push({std::max(when, now_), next_number_++, place});
  }
  void after(duration length, std::function<void()> happens) { at(now_ + length, std::move(happens)); }

  [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
  [[nodiscard]] instant next() const noexcept { return events_.top().when; }
  [[nodiscard]] uint64_t happened() const noexcept { return happened_; }

  /// Lets the next one happen.
  void step() {
    const event first = events_.top();
    events_.pop();
    now_ = first.when;
    ++happened_;
    const auto happens = std::exchange(happenings_[first.place], nullptr);
    free_.push_back(first.place);
    happens();
  }

private:
  struct event {
    instant when;
    uint64_t number;
    uint32_t place; ///< of what happens: that is long, and events are moved about until their turn comes
    bool operator<(const event& other) const { return std::tie(other.when, other.number) < std::tie(when, number); }
  };

  std::priority_queue<event> events_;
  std::vector<std::function<void()>> happenings_;
  std::vector<uint32_t> free_; ///< places
  instant now_{std::chrono::hours{1}};
  uint64_t next_number_ = 0;
  uint64_t happened_ = 0;
};

} // namespace texlex::simulation

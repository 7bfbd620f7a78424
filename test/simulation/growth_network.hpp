// The way between nodes: each has a link that carries so many bytes a second out, and so many in, one frame after the
// other in the order in which they were sent. A part of growth.cpp.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "test/simulation/timeline.hpp"

namespace texlex::simulation {

class growth_network {
public:
  growth_network(timeline& time, uint32_t nodes, duration latency, double gigabits)
    : time_(time), latency_(latency), ns_a_byte_(8 / gigabits), out_free_(nodes), in_free_(nodes) {}

  void send(uint32_t from, uint32_t to, uint64_t bytes, std::function<void()> arrives) {
    const duration needs{static_cast<duration::rep>(static_cast<double>(bytes) * ns_a_byte_)};
    instant& out = out_free_[from];
    out = std::max(out, time_.now()) + needs;
    time_.at(out + latency_, [this, to, needs, arrives = std::move(arrives)]() mutable {
      instant& in = in_free_[to];
      in = std::max(in + needs, time_.now());
      if (in == time_.now()) return arrives();
      time_.at(in, std::move(arrives));
    });
  }

private:
  timeline& time_;
  duration latency_;
  double ns_a_byte_;
  std::vector<instant> out_free_, in_free_;
};

} // namespace texlex::simulation

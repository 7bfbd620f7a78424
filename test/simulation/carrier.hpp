// The way to a lane elsewhere, in one direction: loses words, doubles them, some so late that the link may have another
// life by then, lets some wait so that others come before them, holds all back for a while, or lets none through.
#pragma once

#include <functional>
#include <utility>

#include "test/simulation/surroundings.hpp"

namespace texlex::simulation {

template <class Word>
class carrier {
public:
  carrier(surroundings& around, fault cut, duration way_min, duration way_max, std::function<void(const Word&)> deliver)
    : around_(around), cut_(cut), way_min_(way_min), way_max_(way_max), deliver_(std::move(deliver)) {}

  void send(const Word& word) {
    const instant now = around_.time.now();
    if (around_.faults.strikes(cut_)) cut_until_ = now + around_.chance.us(1000, 300'000);
    if (around_.faults.strikes(fault::link_clogs)) clogged_until_ = now + around_.chance.us(1000, 300'000);
    if (now < cut_until_ || around_.faults.strikes(fault::link_loses)) return;
    const bool twice = around_.faults.strikes(fault::link_doubles);
    carry(word, duration{0});
    if (twice) carry(word, around_.chance.in_1000(300) ? around_.chance.us(1000, 1'500'000) : duration{0});
  }

private:
  void carry(const Word& word, duration later) {
    duration way = later + way_min_
                   + duration{static_cast<duration::rep>(
                     around_.chance.between(0, static_cast<uint64_t>((way_max_ - way_min_).count())))};
    if (around_.faults.strikes(fault::link_delays)) way += around_.chance.us(1000, 200'000);
    around_.time.at(std::max(around_.time.now() + way, clogged_until_), [this, word] { deliver_(word); });
  }

  surroundings& around_;
  fault cut_;
  duration way_min_, way_max_;
  std::function<void(const Word&)> deliver_;
  instant cut_until_{}, clogged_until_{};
};

} // namespace texlex::simulation

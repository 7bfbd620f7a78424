// One end of a link, watched: what it has said and does not know to have come must be said again in time. Nothing else
// would show it at once, as an order or a result that is lost for good costs a lane, and the job goes elsewhere.
#pragma once

#include <cstdint>
#include <map>

#include "actors/peers/lane_words.hpp"
#include "runtime/invariant.hpp"

namespace texlex::simulation {

class word_watch {
public:
  void said(const link_epoch& life, uint64_t number, instant now) {
    enter(life);
    unknown_[number] = now;
  }
  void came(const link_epoch& life, const seen_numbers& numbers) {
    if (life == life_) std::erase_if(unknown_, [&](const auto& each) { return numbers.has(each.first); });
  }
  void came(const link_epoch& life, uint64_t number) {
    if (life == life_) unknown_.erase(number);
  }
  /// None above that number need come.
  void given_up(const link_epoch& life, uint64_t above) {
    if (life == life_) unknown_.erase(unknown_.upper_bound(above), unknown_.end());
  }
  /// After the end has looked at the time, in that life.
  void check(const link_epoch& life, instant now, duration resend) {
    enter(life);
    for (const auto& each : unknown_) require(now - each.second < resend, "what may have been lost is said again");
  }

private:
  void enter(const link_epoch& life) {
    if (life == life_) return;
    life_ = life;
    unknown_.clear();
  }

  link_epoch life_{};
  std::map<uint64_t, instant> unknown_; ///< by number: when it was said last
};

} // namespace texlex::simulation

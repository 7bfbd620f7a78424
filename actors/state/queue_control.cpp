#include "actors/state/queue_control.hpp"

#include <algorithm>

namespace texlex {
namespace {

constexpr int memory_intervals = 16; ///< as CoDel remembers its last overload
constexpr int haste = 10;

} // namespace

queue_control::queue_control(const queue_control_options& options) : options_(options) {}

// In overload those who wait too long are refused, so that the oldest always comes out near the target: one look below
// it says nothing then. It takes an interval in which nobody had to be refused, or an empty queue.
void queue_control::observe(duration wait_of_oldest, bool queue_empty, instant now) noexcept {
  const bool above = !queue_empty && wait_of_oldest >= options_.target;
  if (queue_empty) overloaded_ = false;
  if (queue_empty || above == overloaded_) {
    turned_.reset();
    return;
  }
  if (!turned_) turned_ = now;
  if (now - *turned_ < (above ? patience(now) : options_.interval)) return;
  if (above && now - *turned_ >= options_.interval) stood_ = now;
  overloaded_ = above;
  turned_.reset();
}

// At half as much load again as there is capacity, a queue kept short is empty by chance several times a second. Were
// the next overload found after a whole interval only, jobs would wait long most of the time; but only a queue that
// stood for an interval counts as a reason for haste, or bursts that need no refusal would be refused for ever.
duration queue_control::patience(instant now) const noexcept {
  const bool stood_of_late = stood_ && now - *stood_ < memory_intervals * options_.interval;
  return stood_of_late ? options_.interval / haste : options_.interval;
}

void queue_control::served(instant now) noexcept { ++flow_at(now).served; }

void queue_control::refused(instant now) noexcept { ++flow_at(now).refused; }

queue_control::flow& queue_control::flow_at(instant now) noexcept {
  const duration age = now - interval_start_;
  if (age >= options_.interval) {
    flows_[1] = age < 2 * options_.interval ? flows_[0] : flow{};
    flows_[0] = {};
    interval_start_ = age < 2 * options_.interval ? interval_start_ + options_.interval : now;
  }
  return flows_[0];
}

duration queue_control::retry_after(instant now) const noexcept {
  const duration age = now - interval_start_;
  if (age >= 2 * options_.interval) return options_.retry_min; // nobody was refused of late
  const uint64_t served = flows_[0].served + flows_[1].served;
  const uint64_t refused = flows_[0].refused + flows_[1].refused;
  if (refused == 0) return options_.retry_min;
  if (served == 0) return options_.retry_max; // nothing drains
  // Both were counted over the same time, a little more than an interval at the middle.
  const double drain =
    static_cast<double>(refused) / static_cast<double>(served) * static_cast<double>(options_.interval.count());
  const double bounded = std::min(drain, static_cast<double>(options_.retry_max.count()));
  return std::max(duration{static_cast<duration::rep>(bounded)}, options_.retry_min);
}

} // namespace texlex

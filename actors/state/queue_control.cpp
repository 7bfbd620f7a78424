#include "actors/state/queue_control.hpp"

#include <algorithm>

namespace texlex {
namespace {

constexpr uint64_t looks_per_empty_one = 8;

} // namespace

queue_control::queue_control(const queue_control_options& options) : options_(options) {}

void queue_control::observe(duration wait_of_oldest, bool queue_empty, instant now) noexcept {
  if (overloaded_) return look_for_an_end(queue_empty, now);
  if (queue_empty || wait_of_oldest < target()) {
    stands_.reset();
    return;
  }
  if (!stands_) stands_ = now;
  if (now - *stands_ < interval()) return;
  overloaded_ = true;
  stands_.reset();
  looks_since_ = now;
  looks_ = empty_looks_ = 0;
}

// A queue that is kept short tells nothing by its waits. But with as many jobs as can be done, or more, it is hardly
// ever empty: of n places that fill up by chance, all are at one time in n + 1, and at 1.2 times the capacity far less.
void queue_control::look_for_an_end(bool queue_empty, instant now) noexcept {
  if (now - looks_since_ >= interval()) {
    if (empty_looks_ * looks_per_empty_one >= looks_) overloaded_ = false; // nobody looked: nobody came
    looks_since_ = now;
    looks_ = empty_looks_ = 0;
  }
  ++looks_;
  empty_looks_ += queue_empty;
}

void queue_control::served(duration cost, instant now) noexcept {
  flow& present = flow_at(now);
  ++present.served;
  present.cost += cost;
}

// A quarter of the target: chance and turns that clients take make some wait several times as long.
duration queue_control::room(instant now) const noexcept {
  const duration age = now - interval_start_;
  if (age >= 2 * options_.interval) return duration{0}; // nothing has drained of late
  const auto drained = static_cast<double>((flows_[0].cost + flows_[1].cost).count());
  const auto span = static_cast<double>((age + options_.interval).count());
  return duration{static_cast<duration::rep>(drained / span * static_cast<double>(target().count()) / 4)};
}

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

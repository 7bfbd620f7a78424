// When a queue is a burst that drains by itself, and when it stands and makes everybody late. As CoDel does (Nichols
// and Jacobson, 'Controlling Queue Delay', 2012) it looks at the time jobs wait, not at their number: if for a whole
// interval the queue was never empty and its oldest job never waited less than the target, the house is overloaded.
// Then no more is let in than drains in a quarter of the target, so that who is refused learns it at once and who is
// not waits little. Where that does not keep the queue short (each of very many clients may have one job there), the
// newest is served first, and who has waited longer than the target is refused (Maurer, 'Fail at Scale', 2015).
//
// How long is too long depends on how long jobs take: who must wait for one that is under way, and for clients that
// have one request each and are owed their turn, waits that long on any machine. The target is twice that natural wait
// if that is more than what was configured, and the interval four times such a target.
//
//   not overloaded --- above the target for an interval -----------------> overloaded
//   not overloaded <-- found empty in an eighth of the looks at it ------- overloaded, asked after each interval
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "runtime/time.hpp"

namespace texlex {

struct queue_control_options {
  duration target = std::chrono::milliseconds{5};
  duration interval = std::chrono::milliseconds{100};
  duration retry_min = std::chrono::milliseconds{10};
  duration retry_max = std::chrono::seconds{1};
};

class queue_control {
public:
  explicit queue_control(const queue_control_options& options = {});

  /// To be told at each arrival and each departure, before anybody is refused for having waited.
  void observe(duration wait_of_oldest, bool queue_empty, instant now) noexcept;

  /// What a job must wait as things are, although nobody has too much waiting.
  void expect(duration natural_wait) noexcept { natural_wait_ = natural_wait; }

  /// A job left the queue for a lane, which it is expected to need for `cost`.
  void served(duration cost, instant now) noexcept;

  /// A job was refused: it had waited too long, or found no place.
  void refused(instant now) noexcept;

  [[nodiscard]] bool overloaded() const noexcept { return overloaded_; }

  /// How much lane time may wait; clients share it. Without overload it does not matter.
  [[nodiscard]] duration room(instant now) const noexcept;

  [[nodiscard]] duration target() const noexcept { return std::max(options_.target, 2 * natural_wait_); }
  [[nodiscard]] duration interval() const noexcept { return std::max(options_.interval, 4 * natural_wait_ * 2); }

  /// In overload, with somebody who waits so long: serve the newest first.
  [[nodiscard]] bool newest_first(duration wait_of_oldest) const noexcept {
    return overloaded_ && wait_of_oldest > target() * 3 / 4;
  }

  /// Who waits longer than this is to be refused now.
  [[nodiscard]] duration wait_max() const noexcept { return overloaded_ ? target() : interval(); }

  /// When a client that was refused had best come back: as long as the present drain takes for all that were refused
  /// of late, since they come back too.
  [[nodiscard]] duration retry_after(instant now) const noexcept;

private:
  struct flow {
    uint64_t served = 0;
    duration cost{0}; ///< of those
    uint64_t refused = 0;
  };

  void look_for_an_end(bool queue_empty, instant now) noexcept;
  flow& flow_at(instant now) noexcept;

  queue_control_options options_;
  duration natural_wait_{0};
  bool overloaded_ = false;
  std::optional<instant> stands_; ///< since when the queue is above the target; not in overload
  instant looks_since_{};         ///< in overload: looks at the queue, and how often it was empty
  uint64_t looks_ = 0, empty_looks_ = 0;
  std::array<flow, 2> flows_{}; ///< of the present interval and the one before
  instant interval_start_{};
};

} // namespace texlex

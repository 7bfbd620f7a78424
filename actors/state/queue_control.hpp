// When a queue is a burst that drains by itself, and when it stands and makes everybody late. As CoDel does (Nichols
// and Jacobson, 'Controlling Queue Delay', 2012) it looks at the time jobs wait, not at their number: if for a whole
// interval the queue was never empty and its oldest job never waited less than the target, the house is overloaded.
// Then the newest job is served first, as its client still waits for sure, and who has waited longer than the target is
// refused at once (Maurer, 'Fail at Scale', 2015): most answers stay quick, where all would have been late.
//
//   not overloaded --- above the target for an interval ---------------------------> overloaded
//   not overloaded <-- empty once, or below the target (nobody refused) so long ---- overloaded
//   For 16 intervals after that, the next overload is found in a tenth of an interval.
#pragma once

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

  /// To be told at each arrival and each departure, before anybody is refused.
  void observe(duration wait_of_oldest, bool queue_empty, instant now) noexcept;

  /// A job left the queue for a lane.
  void served(instant now) noexcept;

  /// A job was refused: it had waited too long, or found no place.
  void refused(instant now) noexcept;

  /// True: serve the newest first.
  [[nodiscard]] bool overloaded() const noexcept { return overloaded_; }

  /// Who waits longer than this is to be refused now.
  [[nodiscard]] duration wait_max() const noexcept { return overloaded_ ? options_.target : options_.interval; }

  /// When a client that was refused had best come back: as long as the present drain takes for all that were refused
  /// of late, since they come back too.
  [[nodiscard]] duration retry_after(instant now) const noexcept;

private:
  struct flow {
    uint64_t served = 0;
    uint64_t refused = 0;
  };

  [[nodiscard]] duration patience(instant now) const noexcept;
  flow& flow_at(instant now) noexcept;

  queue_control_options options_;
  bool overloaded_ = false;
  std::optional<instant> turned_; ///< since when all observations speak against the present state
  std::optional<instant> stood_;  ///< when a queue was last found that stood for an interval
  std::array<flow, 2> flows_{};   ///< of the present interval and the one before
  instant interval_start_{};
};

} // namespace texlex

// What a house may have beside those that always live there: the node among others, so far. The service makes it with
// its system, gives it the outcomes of jobs that it has submitted, and ends it in its turn; what it is, it knows not.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/interfaces.hpp"
#include "actors/job.hpp"

namespace texlex {

class house_part {
public:
  virtual ~house_part() = default;

  /// Whether it has submitted that job. From any thread, as the next one.
  [[nodiscard]] virtual bool owns(job_id job) const noexcept = 0;
  virtual void answered(const delivery& answer) = 0;

  /// The house is about to end: what it has begun goes on.
  virtual void leave() = 0;
  /// Waits until nothing is left that was begun, or the time is up.
  virtual void wait_until_left(std::chrono::milliseconds at_most) = 0;
  /// Ends and waits for that. The system is still there.
  virtual void finish() = 0;
};

struct house_part_links {
  caf::actor_system& system;
  broker_actor broker;
  metrics_actor metrics;
};

struct house_part_maker {
  std::function<void(caf::actor_system_config&)> configure; ///< before the system is made
  /// Throws std::runtime_error with a plain sentence.
  std::function<std::unique_ptr<house_part>(const house_part_links&)> make;
};

} // namespace texlex

// The house as one object: builds the actor system, spawns everyone, carries jobs in and outcomes out, and takes it
// all down in order. Shows no CAF, so that sessions, tests and main can use it without.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "actors/job.hpp"
#include "actors/reports.hpp"
#include "config/settings.hpp"
#include "kernels/scan.hpp"

namespace texlex {

struct house_part_maker;

/// Likewise what has happened, once a call of `ask_stats`.
using tell_function = std::function<void(job_id, const metrics_report&)>;

class service final : public job_port {
public:
  /// Spawns everything; workers may still be starting. Throws std::runtime_error with a plain sentence if the settings
  /// ask for what this machine has not, such as a core that does not exist. The settings must have passed `check`.
  /// `part`: what it has beside what it always has (house_part.hpp); null: nothing.
  service(const settings& settings, const kernel& kernel, const house_part_maker* part = nullptr);

  /// Shuts down if nobody has.
  ~service() override;

  service(const service&) = delete;
  service& operator=(const service&) = delete;

  /// Sets where outcomes go: called once a job, from a thread of the actor system; must return soon and not throw. To
  /// be called before the first submit.
  void connect(answer_function deliver, tell_function tell = {});

  /// From now on the broker and the hedge timer run on the thread of an event loop, when it calls `turn`: each time
  /// before it waits, and at the instant the last one returned (`instant::min()`: at once, `instant::max()`: no need).
  /// `at` is the thread's latest look at the clock. `wake` has it do so soon, from any thread. To be called at most
  /// once, before the first submit, and `loop_ended` once the loop has ended.
  void run_on_loop(std::function<void()> wake);
  instant turn(instant at);
  void loop_ended();

  void submit(job_batch jobs) override;
  void cancel(job_id id) override;
  void ask_stats(job_id number) override;
  [[nodiscard]] const queue_pressure& pressure() const noexcept override;

  /// Waits until no worker is starting any more, or the time is up. What it returns tells how many there are; nothing:
  /// nobody told in time, which says nothing about them.
  [[nodiscard]] std::optional<health_report> wait_until_settled(std::chrono::milliseconds timeout);

  [[nodiscard]] health_report health();
  [[nodiscard]] metrics_report stats();
  /// The same, or nothing if it was not told in time.
  [[nodiscard]] std::optional<metrics_report> stats_if_told();

  /// The house is about to end: its part tells whoever should know, and all goes on.
  void leave();
  /// Waits until its part has nothing in hand that it had begun for others, or the time is up.
  void wait_until_left(std::chrono::milliseconds at_most);

  /// Ends in order: jobs in hand are answered with `shutting_down`, then workers, then everyone else. After it nothing
  /// is delivered. If that takes longer than a bound of seconds, the process ends at once, as nothing may hang it.
  /// No other call may be under way: whoever submits and cancels has to be ended first.
  void shutdown();

private:
  struct house;
  std::unique_ptr<house> house_;
};

} // namespace texlex

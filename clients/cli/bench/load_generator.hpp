// The load generator: one thread that sends requests when they are due and not when the server is ready for them, and
// counts every one. What is due waits in a queue for a connection; latency is counted from when it was due, so that a
// server that stalls is charged for all who would have waited (it is not "omitted", as a closed loop omits it).
#pragma once

#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "clients/cli/bench/document_mix.hpp"
#include "clients/cli/bench/ending_signals.hpp"
#include "clients/cli/bench/least_busy.hpp"
#include "clients/cli/bench/load_connection.hpp"
#include "runtime/event_loop.hpp"

namespace texlex::load {

class load_generator final : private load_events {
public:
  /// The plan must outlive it.
  explicit load_generator(const load_plan& plan);

  /// Sends it all and waits for the answers, each for the plan's time-out at most.
  [[nodiscard]] load_result run();

private:
  void ended(const due_request& request, const load_sample& sample, instant at) override;
  void given_back(const due_request& request) override;
  void ready(load_connection& connection, instant at) override;
  void tried() override;
  void connection_failed(ending how, const std::string& sentence) override;
  void closed_idle() override;
  void threw(std::exception_ptr what) noexcept override;

  void begin();
  [[nodiscard]] std::optional<due_request> request_at(instant intended);
  [[nodiscard]] std::optional<due_request> next_scheduled();
  [[nodiscard]] instant next_look() noexcept;
  void issue_due();
  void send_pending();
  void offer(load_connection& connection);
  void fill(load_connection& connection, instant at);
  void tick();
  void end_if_done();
  void end_if_interrupted();
  void end_if_silent(instant at);
  void failed_again(const std::string& sentence);
  void give_up(const std::string& sentence);
  void stop();
  void count_unfinished();
  void show_progress();

  const load_plan& plan_;
  event_loop loop_;
  std::optional<ending_signals> signals_; ///< while a run heeds them
  arrival_schedule schedule_;
  document_mix mix_;
  std::vector<std::unique_ptr<load_connection>> connections_;
  size_t connections_tried_ = 0;
  least_busy choice_;                         ///< of the open loop, among connections
  std::vector<load_connection*> with_unsent_; ///< what they have taken leaves at the end of a look

  std::deque<due_request> pending_; ///< due, and not yet taken by a connection
  std::optional<due_request> next_; ///< the next of the schedule, not yet due

  bool begun_ = false;
  bool issued_all_ = false;
  bool is_over_ = false;
  std::exception_ptr thrown_;
  instant counted_from_{};
  instant issue_until_{};
  instant last_end_{};
  uint64_t counted_ = 0; ///< issued, of those that count
  uint64_t open_ = 0;    ///< issued and not ended
  uint32_t failures_in_a_row_ = 0;
  instant failing_since_{}; ///< the first of them
  instant last_answer_{};   ///< or when none was owed
  load_result result_;
};

} // namespace texlex::load

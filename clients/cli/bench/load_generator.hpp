// The load generator: one thread that sends requests when they are due and not when the server is ready for them, and
// counts every one. What is due waits in a queue for a connection; latency is counted from when it was due, so that a
// server that stalls is charged for all who would have waited (it is not "omitted", as a closed loop omits it).
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "clients/cli/bench/document_mix.hpp"
#include "clients/cli/bench/load_connection.hpp"

namespace texlex::load {

class load_generator final : private load_events {
public:
  /// The plan must outlive it.
  explicit load_generator(const load_plan& plan);

  /// Sends it all and waits for the answers, each for the plan's time-out at most.
  [[nodiscard]] load_result run();

private:
  void ended(const due_request& request, const load_sample& sample) override;
  void ready(load_connection& connection) override;
  void tried() override;
  void connection_failed(ending how, const std::string& sentence) override;
  void closed_idle() override;

  void begin();
  [[nodiscard]] std::optional<due_request> request_at(instant intended);
  [[nodiscard]] std::optional<due_request> next_scheduled();
  void issue_due();
  void wait_for_next();
  void send_pending();
  [[nodiscard]] load_connection* least_busy();
  void tick();
  void end_if_done();
  void heed_signals();
  void end_if_silent(instant at);
  void failed_again(const std::string& sentence);
  void give_up(const std::string& sentence);
  void stop();
  void count_unfinished();
  void show_progress();

  const load_plan& plan_;
  boost::asio::io_context io_{1}; ///< of one thread
  arrival_schedule schedule_;
  document_mix mix_;
  std::vector<std::unique_ptr<load_connection>> connections_;
  size_t first_choice_ = 0; ///< among connections equally busy, so that all have their turn
  size_t connections_tried_ = 0;

  boost::asio::steady_timer due_timer_;
  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer progress_timer_;
  boost::asio::signal_set signals_;
  std::deque<due_request> pending_; ///< due, and not yet taken by a connection
  std::optional<due_request> next_; ///< the next of the schedule, not yet due

  bool begun_ = false;
  bool issued_all_ = false;
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

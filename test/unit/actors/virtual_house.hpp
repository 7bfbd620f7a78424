// The stage for tests of the real actors under CAF's deterministic scheduler: broker, hedge timer, metrics, supervisor
// and workers as texlexd spawns them, with channels of actors/fault between them and a front that writes down every
// answer. Which messages something happens to is a test's to say, and so is what must hold: there are neither rules nor
// invariants here. Decisions by themselves are simulated in test/simulation.
//
// Workers run on the scheduler; a job takes no time unless a rule delays its run message (as if the worker began late)
// or its finish (as if it took long).
//
//   front <-- answer -- broker -- run --> [runs] worker -- finished --> [finishes] broker
//                       broker -- arm --> timer -- overdue --> [rings] broker
//                   supervisor -- joined, cooling, left --> broker -- drained --> supervisor     written into `words`
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/broker.hpp"
#include "actors/fault/fault_channel.hpp"
#include "actors/hedge_timer.hpp"
#include "actors/metrics.hpp"
#include "actors/supervisor.hpp"
#include "test/unit/actors/test_jobs.hpp"
#include "test/unit/actors/virtual_time.hpp"

namespace texlex::test {

using fault::fault_rule, fault::interpose, fault::rewrite, fault::verdict;

/// Copies as many as are asked for: what they do is tested with actors, how many there are without.
[[nodiscard]] inline hedge_options unlimited(hedge_options options) {
  options.budget.share_permille = options.budget.ceiling_permille = 1000;
  return options;
}

struct house_options {
  uint32_t cores = 2;
  uint32_t waiting_max = 64;
  hedge_options hedge = unlimited(hedge_options::fixed(std::chrono::milliseconds{10}));
  rotation_budgets budgets{};
  restart_options restart{};
  uint32_t rotations_at_once = 1;
  uint32_t stuck_max = 4;
  std::function<void()> too_many_stuck{};
  duration absent_max{};
  std::function<void()> absent_too_long{};
  uint64_t document_bytes_max = 16 << 10;
  uint64_t resident_bytes = 64 << 20; ///< 0: every job is a trim
  std::shared_ptr<crash_hook> crash{};
};

class virtual_house : public virtual_time {
public:
  /// All workers have joined, unless `start` is false: then nothing has happened yet.
  explicit virtual_house(const house_options& options = {}, bool start = true);
  ~virtual_house();
  virtual_house(const virtual_house&) = delete;
  virtual_house& operator=(const virtual_house&) = delete;

  // Rules: may be set at any time. None: deliver.
  std::function<verdict(lane_id, job_id)> runs;
  std::function<verdict(lane_id, job_id)> finishes;
  std::function<verdict(job_id)> rings;
  std::function<verdict(const std::string& word)> rule_of_words; ///< as in `words`, answers included

  /// Sends a job and keeps it, so that its stop flag can be looked at.
  job_ptr submit(uint64_t id, std::string_view text = "a \\b c");
  void cancel(uint64_t id);
  void close();
  void finished(uint32_t lane, uint64_t job, const outcome& result);
  void overdue(uint64_t job);

  /// At the worker's next turn.
  void kill(uint32_t lane, death cause = death::crash);
  /// Lets go of all that channels hold.
  void release_held();

  /// What the client of a job was told; empty: nothing yet.
  [[nodiscard]] const std::vector<outcome>& answers(uint64_t id) { return answers_[id]; }
  /// The one answer to a job. Throws if there is not exactly one.
  [[nodiscard]] outcome answer(uint64_t id);

  [[nodiscard]] metrics_report stats();
  [[nodiscard]] health_report health();

  /// What was said about lanes since the last call: "joined 1, cooling 1, drained 1, gone 1 (as exit), left 1".
  std::string words();
  [[nodiscard]] std::vector<uint32_t> live_lanes() const;
  /// As "run 7 at 1": every run message a channel has seen since the last call; those of one lane in their order.
  std::string run_log();

  supervisor_actor supervisor;
  broker_actor broker;
  hedge_timer_actor timer;
  metrics_actor metrics;

private:
  template <class Handle>
  Handle tap(const Handle& target, fault_rule rule, rewrite change = {});
  lane_actor tap_lane(lane_id lane, const lane_actor& worker);
  caf::message rewrite_lane_word(caf::message message);
  caf::message rewrite_arm(caf::message message);
  verdict judge(const caf::message& message);
  void build(const house_options& options);

  std::map<uint64_t, std::vector<outcome>> answers_;
  std::vector<std::string> words_;
  std::vector<std::string> runs_;
  std::map<uint32_t, lane_actor> workers_; ///< the living, by lane
  std::vector<caf::actor> channels_;
  overdue_listener ring_channel_;
  caf::actor front_;
};

} // namespace texlex::test

// A machine elsewhere that lends its workers: a lane's end of a link, a clock of its own, and pauses and restarts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/peers/lane_port.hpp"
#include "test/simulation/plan.hpp"
#include "test/simulation/surroundings.hpp"
#include "test/simulation/word_watch.hpp"
#include "test/simulation/worker.hpp"

namespace texlex::simulation {

class far_host final : lane_port_effects {
public:
  far_host(surroundings& around, std::string name, const far_plan& plan, std::function<void(const lane_word&)> send);

  void start() { tick_later(); }
  void heard(const giver_word& word);
  void check_invariants() const { port_->check_invariants(); }
  [[nodiscard]] size_t running() const noexcept { return port_->running(); }
  [[nodiscard]] uint64_t doubled() const noexcept { return doubled_ + port_->doubled(); }

private:
  struct carried_out {
    std::shared_ptr<job> work;
    link_epoch epoch;
    uint64_t number = 0;
    uint32_t losses = 0; ///< of workers that had it
  };

  void send(const lane_word& word) override;
  void begin(const link_order& order) override;
  void stop(uint64_t number) override;

  void grant(const link_epoch& life, const lane_credit& credit);
  void open_port();
  void hire();
  void give(const job_ptr& work, uint32_t attempt);
  void lost_a_worker();
  void trouble();
  void restart();
  void tick_later();
  void ended(job_id own, const outcome& result);
  [[nodiscard]] instant clock() const noexcept; ///< the host's own
  void when_awake(std::function<void()> what);

  surroundings& around_;
  std::string name_;
  far_plan plan_;
  std::function<void(const lane_word&)> send_;
  double clock_rate_ = 1;
  instant paused_until_{};
  uint64_t next_epoch_ = 1;
  uint64_t doubled_ = 0; ///< in earlier starts
  std::unique_ptr<lane_port> port_;
  std::vector<std::unique_ptr<worker>> workers_; ///< those that are gone too, as they may yet be spoken of
  std::map<uint64_t, carried_out> at_work_;      ///< by the number its job has here
  std::map<uint64_t, uint64_t> job_of_order_;    ///< in this life
  link_epoch life_{};                            ///< of what follows
  lane_credit granted_{}, given_{};              ///< in all
  word_watch results_;
};

} // namespace texlex::simulation

// All of it together: a house, its clients and its faults, from one seed. An invariant that breaks aborts the process,
// as it does in the service; whoever runs many worlds runs them in processes of their own.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "actors/state/admission.hpp"
#include "test/simulation/connection.hpp"
#include "test/simulation/house.hpp"
#include "test/simulation/plan.hpp"
#include "test/simulation/surroundings.hpp"
#include "test/simulation/world_counts.hpp"

namespace texlex::simulation {

class world final : job_taker {
public:
  world(world_plan plan, std::vector<stroke> left_out, bool keep_journal);

  /// Called before each event, for who must know what led to an abort.
  std::function<void()> on_step = [] {};

  /// Until all has come to rest. Aborts if an invariant breaks.
  void run();

  [[nodiscard]] world_counts counts() const;
  [[nodiscard]] const std::vector<stroke>& strokes() const noexcept { return around_.faults.strokes(); }
  [[nodiscard]] const journal& notes() const noexcept { return around_.notes; }

private:
  job_id next_jobs(uint32_t count) override;
  void submit(std::shared_ptr<job> made, admission::place place, connection& from) override;
  void cancel(job_id job) override;
  void forget(job_id job) override;

  void deliver(job_id job, const outcome& result, const column_answer_ptr& columns);
  void look_at_connections();
  void feed_starving();
  void shut_down();
  [[nodiscard]] std::optional<leftover> what_is_left() const;

  struct waiting {
    connection* from = nullptr; ///< null: nobody hears of it
    admission::place place;
  };

  world_plan plan_;
  surroundings around_;
  admission places_;
  house house_;
  gate way_in_;
  std::vector<std::unique_ptr<connection>> connections_;
  std::unordered_map<uint64_t, waiting> waiting_; ///< by job
  uint64_t last_job_ = 0;
  std::optional<instant> starving_since_;
  bool overloaded_ = false;
  bool calm_ = false; ///< no fault strikes any more
  bool over_ = false;
};

} // namespace texlex::simulation

// Somebody who runs attempts, on whatever machine: slowly, well, or to its death.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "actors/job.hpp"
#include "actors/state/worker_death.hpp"
#include "test/simulation/surroundings.hpp"

namespace texlex::simulation {

/// How an attempt goes.
struct pace {
  duration length{0};
  uint32_t looks = 3; ///< whether it is still wanted, the last at its end
};

class worker {
public:
  /// Said from the timeline, in the worker's order.
  struct words {
    std::function<void(job_id, const outcome&, const column_answer_ptr&)> finished;
    std::function<void(death)> died;
  };

  /// `pace_of`: of an attempt at that job; none: it follows from the document and from faults.
  worker(surroundings& around, std::string name, words says, std::function<pace(const job&)> pace_of = {});

  /// After what it has already.
  void give(const job_ptr& job, uint32_t attempt);
  /// To end once it has nothing left.
  void end_when_done();
  /// Nobody listens any more: it hangs, and may come back.
  void write_off();
  /// It is gone, without a word.
  void vanish() noexcept { alive_ = false; }

  [[nodiscard]] size_t held() const noexcept { return orders_.size(); }
  [[nodiscard]] bool holds(job_id job) const noexcept {
    return std::any_of(orders_.begin(), orders_.end(), [job](const order& each) { return each.job->id == job; });
  }
  [[nodiscard]] bool alive() const noexcept { return alive_; }

private:
  struct order {
    job_ptr job;
    uint32_t attempt = 1;
  };

  void begin();
  void scan(duration part, uint32_t looks);
  void end(const outcome& result, const column_answer_ptr& columns = {});
  void end_scan(const job& job);
  void die(death cause);
  [[nodiscard]] duration length_of(const known_document& document);
  [[nodiscard]] pace next_pace(const job& job, const known_document& document);

  surroundings& around_;
  std::string name_;
  words says_;
  std::function<pace(const job&)> pace_of_;
  std::deque<order> orders_;
  bool alive_ = true;
  bool slow_;
  bool ending_ = false;
  bool written_off_ = false;
  bool busy_ = false;
};

} // namespace texlex::simulation

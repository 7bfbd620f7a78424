// Jobs that wait for a lane, first come, first served. Bounded; a cancelled job leaves its place at once, so that the
// bound counts only jobs that still want a lane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

#include "actors/job.hpp"

namespace texlex {

class waiting_queue {
public:
  explicit waiting_queue(size_t count_max);

  /// False if the queue is full.
  [[nodiscard]] bool push_back(job_id id);

  /// For a job that had a lane and lost it: ahead of all others and never refused, as it was let in before.
  void push_front(job_id id);

  [[nodiscard]] std::optional<job_id> front() const;

  /// True if the job was waiting.
  bool remove(job_id id);

  [[nodiscard]] size_t size() const noexcept { return by_ticket_.size(); }
  [[nodiscard]] bool empty() const noexcept { return by_ticket_.empty(); }

  void check_invariants() const;

private:
  void insert(int64_t ticket, job_id id);

  size_t count_max_;
  std::map<int64_t, job_id> by_ticket_;
  std::unordered_map<uint64_t, int64_t> ticket_of_;
  int64_t next_back_ = 0;
  int64_t next_front_ = -1;
};

} // namespace texlex

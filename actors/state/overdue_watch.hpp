// Which jobs ring when, for a clock that is asked for one ring at a time. Nearly all jobs end before they ring, so a
// ring for each would be work for nothing: while jobs come and go there is one ring a delay, however many jobs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "actors/job.hpp"
#include "runtime/time.hpp"

namespace texlex {

class overdue_watch {
public:
  /// A job armed twice rings at the later call's time only.
  void arm(job_id id, instant due);
  void disarm(job_id id);

  /// A job that is due, each once; nothing if none is left that is.
  [[nodiscard]] std::optional<job_id> pop(instant now);

  /// When the clock is to ring next, if that has to be asked for now: nothing if it was, or no job is armed.
  [[nodiscard]] std::optional<instant> next_ring();

  /// The clock has rung as asked.
  void rang(instant due) noexcept;

  [[nodiscard]] size_t armed() const noexcept { return due_of_.size(); }

  void check_invariants() const;

private:
  struct entry {
    instant due;
    uint64_t id;
  };
  static bool later(const entry& one, const entry& other) noexcept;
  [[nodiscard]] bool stale(const entry& one) const;
  void drop_stale_top();
  void bound_stale();

  std::vector<entry> heap_; ///< the earliest first; entries of jobs disarmed meanwhile are stale
  std::unordered_map<uint64_t, instant> due_of_;
  std::optional<instant> planned_; ///< the earliest ring asked for
};

} // namespace texlex

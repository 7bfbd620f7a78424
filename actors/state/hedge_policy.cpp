#include "actors/state/hedge_policy.hpp"

namespace texlex {
const char* name_of(hedge_verdict verdict) noexcept {
  switch (verdict) {
    case hedge_verdict::send_copy: return "send-copy";
    case hedge_verdict::already_answered: return "already-answered";
    case hedge_verdict::not_running: return "not-running";
    case hedge_verdict::hedged_before: return "hedged-before";
    case hedge_verdict::killed_a_worker: return "killed-a-worker";
    case hedge_verdict::jobs_waiting: return "jobs-waiting";
    case hedge_verdict::no_idle_lane: return "no-idle-lane";
    case hedge_verdict::lanes_busy: return "lanes-busy";
    case hedge_verdict::over_budget: return "over-budget";
  }
  return "unknown";
}

hedge_policy::hedge_policy(const hedge_options& options)
  : enabled_(options.enabled), busy_percent_max_(options.busy_percent_max), overrun_factor_(options.overrun_factor),
    delay_(options.delay), budget_(options.budget) {}

std::optional<duration> hedge_policy::delay_for(uint64_t document_bytes) const noexcept {
  if (!enabled_) return std::nullopt;
  return delay_.delay_for(document_bytes);
}

hedge_verdict hedge_policy::overdue(const hedge_question& question) noexcept {
  const hedge_verdict verdict = decide(question);
  if (verdict == hedge_verdict::send_copy)
    ++counts_.fired;
  else if (verdict != hedge_verdict::already_answered)
    ++counts_.skipped;
  return verdict;
}

hedge_verdict hedge_policy::still_overdue(const hedge_question& question) noexcept {
  const hedge_verdict verdict = decide(question);
  counts_.fired += verdict == hedge_verdict::send_copy;
  return verdict;
}

// The budget is asked last: what it gives is spent.
hedge_verdict hedge_policy::decide(const hedge_question& question) noexcept {
  if (!question.open) return hedge_verdict::already_answered;
  if (question.hedged) return hedge_verdict::hedged_before;
  if (question.losses > 0) return hedge_verdict::killed_a_worker;
  if (question.running == 0) return hedge_verdict::not_running;
  if (question.jobs_waiting && !question.overran) return hedge_verdict::jobs_waiting;
  if (!question.other_lane_idle) return hedge_verdict::no_idle_lane;
  if (question.busy_percent > busy_percent_max_) return hedge_verdict::lanes_busy;
  return budget_.try_spend() ? hedge_verdict::send_copy : hedge_verdict::over_budget;
}

void hedge_policy::check_invariants() const {
  delay_.check_invariants();
  budget_.check_invariants();
}

} // namespace texlex

#include "actors/state/hedge_policy.hpp"

namespace texlex {
namespace {

hedge_verdict decide(const hedge_question& question) {
  if (!question.open) return hedge_verdict::already_answered;
  if (question.hedged) return hedge_verdict::hedged_before;
  if (question.losses > 0) return hedge_verdict::killed_a_worker;
  if (question.running == 0) return hedge_verdict::not_running;
  if (question.jobs_waiting) return hedge_verdict::jobs_waiting;
  if (!question.other_lane_idle) return hedge_verdict::no_idle_lane;
  return hedge_verdict::send_copy;
}

} // namespace

const char* name_of(hedge_verdict verdict) noexcept {
  switch (verdict) {
    case hedge_verdict::send_copy: return "send-copy";
    case hedge_verdict::already_answered: return "already-answered";
    case hedge_verdict::not_running: return "not-running";
    case hedge_verdict::hedged_before: return "hedged-before";
    case hedge_verdict::killed_a_worker: return "killed-a-worker";
    case hedge_verdict::jobs_waiting: return "jobs-waiting";
    case hedge_verdict::no_idle_lane: return "no-idle-lane";
  }
  return "unknown";
}

hedge_policy::hedge_policy(hedge_options options) : options_(options) {}

std::optional<duration> hedge_policy::delay_for(uint64_t /* document_bytes */) const noexcept {
  if (!options_.enabled) return std::nullopt;
  return options_.delay;
}

hedge_verdict hedge_policy::overdue(const hedge_question& question) noexcept {
  const hedge_verdict verdict = decide(question);
  if (verdict == hedge_verdict::send_copy)
    ++counts_.fired;
  else if (verdict != hedge_verdict::already_answered)
    ++counts_.skipped;
  return verdict;
}

} // namespace texlex

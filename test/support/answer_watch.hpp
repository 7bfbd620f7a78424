// What every request is held to, in simulated worlds and among real actors alike: it has one answer; that is its
// document's if it is ok, and else has a reason among what happened.
#pragma once

#include <cstdint>

#include "runtime/outcome.hpp"

namespace texlex::test {

/// What has happened that explains answers which are not ok.
struct answer_reasons {
  bool cancelled = false;    ///< its client asked for it
  bool has_deadline = false; ///< its client set one
  bool lanes_lost = false;   ///< a worker died, or its link did
  bool lost_at_work = false; ///< a worker died or hung with a job in hand
  bool shut_down = false;
};

/// What is wrong with an answer to a document whose outcome is `right`; null: nothing.
[[nodiscard]] inline const char* wrong_with(const outcome& answer, const outcome& right,
                                            const answer_reasons& reasons) {
  const auto unless = [](bool holds, const char* what) { return holds ? nullptr : what; };
  if (answer.status == status::ok)
    return unless(answer.token_count == right.token_count && answer.issue_count == right.issue_count,
                  "the outcome is the document's and the regime's");
  if (answer.status == status::overload) return nullptr; // it tells when to come back
  if (answer.token_count != 0 || answer.issue_count != 0) return "what is not ok counts nothing";
  switch (answer.status) {
    case status::cancelled: return unless(reasons.cancelled, "only what its client cancels is cancelled");
    case status::deadline_exceeded: return unless(reasons.has_deadline, "who set no deadline misses none");
    case status::worker_lost: return unless(reasons.lanes_lost, "a worker is lost only if one is");
    case status::no_worker: return unless(reasons.lanes_lost, "workers are absent only if they died");
    case status::condemned_document: return unless(reasons.lost_at_work, "a document is condemned for what it did");
    case status::shutting_down: return unless(reasons.shut_down, "nobody drains without being told");
    default: return "a response has a status that fits";
  }
}

/// Counts a request's answers.
class answer_watch {
public:
  /// What is wrong with there being one more; null: nothing.
  [[nodiscard]] const char* answered() noexcept { return ++answers_ == 1 ? nullptr : "a request is answered once"; }
  /// What is wrong if there is to be no other.
  [[nodiscard]] const char* ended() const noexcept { return answers_ == 1 ? nullptr : "a request is answered"; }

private:
  uint32_t answers_ = 0;
};

} // namespace texlex::test

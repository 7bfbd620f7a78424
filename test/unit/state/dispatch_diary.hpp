// What a dispatcher asks of its shell, as a text that tests compare.
#pragma once

#include <string>
#include <utility>

#include "actors/state/dispatcher.hpp"

namespace texlex::test {

// Writes down every effect as a word.
struct diary : dispatch_effects {
  std::string text;
  uint32_t retry_after_ms = 0; ///< of the last overload
  job_id last;                 ///< for the test's use
  void add(const std::string& word) { text += (text.empty() ? "" : ", ") + word; }
  std::string read() { return std::exchange(text, {}); }

  void run(lane_id lane, const job_ptr& job, uint32_t) override {
    add("run " + std::to_string(job->id.value) + " at " + std::to_string(lane.value));
  }
  void answer(const closed_job& closed) override {
    if (closed.result.status == status::overload) retry_after_ms = closed.result.token_count;
    const char* origins[] = {"", " by primary", " by hedge"};
    add("answer " + std::to_string(closed.last.job->id.value) + " " + std::string{name_of(closed.result.status)}
        + origins[static_cast<size_t>(closed.result.origin)]
        + (closed.last.job->stop.load() ? "" : " although it is open"));
  }
  void arm(job_id id, duration) override { add("arm " + std::to_string(id.value)); }
  void disarm(job_id id) override { add("disarm " + std::to_string(id.value)); }
  void drained(lane_id lane) override { add("drained " + std::to_string(lane.value)); }
  void stuck(lane_id lane, death cause) override {
    add((cause == death::crash ? "runs on " : "stuck ") + std::to_string(lane.value));
  }
};

} // namespace texlex::test

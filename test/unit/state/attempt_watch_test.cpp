// Attempts that never come to an end, told from those whose worker is given no core.
#include <boost/test/unit_test.hpp>

#include <map>
#include <vector>

#include "actors/state/attempt_watch.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(attempt_watch_test)

namespace {

constexpr instant noon{};
constexpr uint64_t small = 4000, huge = 100'000'000;
constexpr lane_id one{1}, two{2};

struct watching {
  explicit watching(const attempt_watch_options& options = {}) : watch(options) {}
  ~watching() { watch.check_invariants(); }

  attempt_watch watch;
  std::vector<current_attempt> current;
  std::map<uint32_t, thread_times> threads; ///< by lane; none: the system does not tell
  std::map<uint32_t, uint64_t> chunks;      ///< by lane; none: nobody counts
  uint32_t asked = 0;

  current_attempt attempt(lane_id lane, uint64_t job, uint64_t bytes) const {
    return {lane, {job}, watch.limit_for(bytes), noon, bytes};
  }

  // As "1 stood still, 2 ran on".
  std::string look(instant now) {
    std::vector<hanging_lane> found;
    const auto signs = [this](lane_id lane) {
      ++asked;
      lane_signs seen;
      if (const auto known = threads.find(lane.value); known != threads.end()) seen.times = known->second;
      if (const auto known = chunks.find(lane.value); known != chunks.end()) seen.chunks = known->second;
      return seen;
    };
    watch.look(current, now, signs, found);
    std::string text;
    for (const hanging_lane& each : found)
      text += (text.empty() ? "" : ", ") + std::to_string(each.lane.value)
              + (each.cause == death::crash ? " ran on" : " stood still");
    return text;
  }

  // Looks every 50 ms, with what the thread of lane 1 does meanwhile; ends at the first word, or at `until`.
  // With a chunk in each `chunk_every`, if any.
  std::string live(instant from, instant until, duration ran_each_look, bool runnable,
                   duration chunk_every = duration::max()) {
    for (instant at = from; at <= until; at += 50ms) {
      if (const std::string said = look(at); !said.empty()) return said + " after " + std::to_string((at - from) / 1ms);
      threads[1].processor_time += ran_each_look;
      threads[1].runnable = runnable;
      if (chunk_every != duration::max()) chunks[1] = static_cast<uint64_t>((at + 50ms - from) / chunk_every);
    }
    return "";
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_worker_that_runs_on_and_on_is_told_once_and_the_document_is_to_blame, watching) {
  current = {attempt(one, 1, small)};
  threads[1] = {};
  BOOST_TEST(live(noon, noon + 1h, 50ms, true) == "1 ran on after 1000");
  BOOST_TEST(live(noon + 1h, noon + 2h, 50ms, true) == "");
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_stands_still_is_told_and_was_made_to, watching) {
  current = {attempt(one, 1, small)};
  threads[1] = {};
  BOOST_TEST(live(noon, noon + 1h, 0ms, false) == "1 stood still after 1000");
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_is_given_no_core_is_waited_for, watching) {
  current = {attempt(one, 1, small)};
  threads[1] = {.processor_time = 0ms, .runnable = true};
  BOOST_TEST(live(noon, noon + 1h, 0ms, true) == "");
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_is_given_a_core_now_and_then_hangs_once_it_has_run_for_its_limit, watching) {
  current = {attempt(one, 1, small)};
  threads[1] = {.processor_time = 0ms, .runnable = true};
  BOOST_TEST(live(noon, noon + 1h, 4ms, true) == "1 ran on after 9650"); // the first quarter second apart
}

// The bound for all of it is eight times the limit, and what went before it was late is not charged.
BOOST_FIXTURE_TEST_CASE(a_worker_that_gets_on_does_not_hang_until_it_has_taken_many_times_its_limit, watching) {
  current = {attempt(one, 1, small)};
  threads[1] = {};
  chunks[1] = 0;
  BOOST_TEST(live(noon, noon + 1h, 50ms, true, 500ms) == "1 ran on after 8000");
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_gets_on_and_is_given_a_core_now_and_then_is_waited_for_by_its_own_time,
                        watching) {
  current = {attempt(one, 1, small)};
  threads[1] = {.processor_time = 0ms, .runnable = true};
  chunks[1] = 0;
  BOOST_TEST(live(noon, noon + 90s, 4ms, true, 2s) == "");
}

BOOST_FIXTURE_TEST_CASE(a_worker_whose_next_chunk_never_ends_is_told_a_limit_after_the_last_that_did, watching) {
  current = {attempt(one, 1, small)};
  threads[1] = {};
  chunks[1] = 0;
  BOOST_TEST(live(noon, noon + 3s, 50ms, true, 250ms) == "");
  BOOST_TEST(live(noon + 3050ms, noon + 1h, 50ms, true) == "1 ran on after 700");
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_ran_and_got_on_and_then_was_made_to_stand_is_not_to_blame, watching) {
  current = {attempt(one, 1, small)};
  threads[1] = {};
  chunks[1] = 0;
  BOOST_TEST(live(noon, noon + 5s, 50ms, true, 250ms) == "");
  BOOST_TEST(live(noon + 5050ms, noon + 1h, 0ms, false) == "1 stood still after 700");
}

BOOST_FIXTURE_TEST_CASE(where_only_chunks_are_told_the_clock_counts_from_the_last_one, watching) {
  current = {attempt(one, 1, small)};
  for (int i = 0; i < 79; ++i) {
    chunks[1] = static_cast<uint64_t>(i);
    BOOST_TEST(look(noon + i * 100ms) == "");
  }
  BOOST_TEST(look(noon + 8s) == "1 stood still"); // all bounds hold by the clock then
}

BOOST_FIXTURE_TEST_CASE(whoever_looks_late_charges_no_more_than_a_tenth_of_a_second, watching) {
  current = {attempt(one, 1, small)};
  threads[1] = {};
  BOOST_TEST(look(noon + 10s) == "");
  for (int i = 1; i < 8; ++i) BOOST_TEST(look(noon + 10s + i * 10s) == "");
  BOOST_TEST(look(noon + 90s) == "1 stood still");
}

BOOST_FIXTURE_TEST_CASE(where_the_system_does_not_tell_the_clock_counts, watching) {
  current = {attempt(one, 1, small)};
  BOOST_TEST(look(noon + 500ms) == "");
  BOOST_TEST(look(noon + 1s - 1ns) == "");
  BOOST_TEST(look(noon + 1s + 20ms) == "1 stood still");
  BOOST_TEST(look(noon + 2s) == "");
}

BOOST_FIXTURE_TEST_CASE(nobody_is_asked_about_an_attempt_that_is_not_late, watching) {
  current = {attempt(one, 1, small)};
  for (instant at = noon; at < noon + 250ms; at += 2ms) BOOST_TEST(look(at) == "");
  BOOST_TEST(asked == 0u);
  BOOST_TEST(watch.late() == 0u);
}

BOOST_FIXTURE_TEST_CASE(of_a_late_attempt_the_system_is_asked_some_fifty_times_a_second, watching) {
  current = {attempt(one, 1, huge)};
  threads[1] = {.processor_time = 0ms, .runnable = true};
  for (instant at = noon + 10s; at < noon + 11s; at += 1ms) BOOST_TEST(look(at) == "");
  BOOST_TEST(asked == 50u);
}

BOOST_FIXTURE_TEST_CASE(each_attempt_of_a_lane_has_its_time_for_itself, watching) {
  threads[1] = {};
  current = {attempt(one, 1, small)};
  BOOST_TEST(live(noon, noon + 900ms, 50ms, true) == "");
  current = {attempt(one, 2, small)}; // it waited behind the first, and is not charged for that
  BOOST_TEST(live(noon + 950ms, noon + 1600ms, 50ms, true) == "");
  current.clear();
  BOOST_TEST(look(noon + 1650ms) == "");
  BOOST_TEST(watch.late() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_large_document_has_more_time, watching) {
  current = {attempt(one, 1, huge), attempt(two, 2, small)};
  threads[1] = threads[2] = {};
  std::string said;
  for (instant at = noon; at <= noon + 29s; at += 50ms) said += look(at);
  BOOST_TEST(said == "2 stood still");
  BOOST_TEST(live(noon + 29s, noon + 40s, 0ms, false) == "1 stood still after 1000");
}

BOOST_AUTO_TEST_CASE(one_limit_may_be_set_for_all_sizes) {
  attempt_watch watch{{.limit = 200ms}};
  BOOST_TEST((watch.limit_for(small) == 200ms));
  BOOST_TEST((watch.limit_for(huge) == 200ms));
}

BOOST_AUTO_TEST_SUITE_END()

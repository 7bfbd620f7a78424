// Which lane is given a job, and when a lane is free, drained or gone.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "actors/state/lane_table.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(lane_table_test)

namespace {

constexpr lane_id one{1}, two{2}, pool{3};
constexpr job_id a{10}, b{11};

struct two_workers {
  lane_table lanes;
  two_workers() {
    lanes.join(one);
    lanes.join(two);
  }
  ~two_workers() { lanes.check_invariants(); }

  // As "lane:in flight".
  std::string with_room() {
    std::vector<lane_load> loads;
    lanes.with_room(loads);
    std::string text;
    for (const lane_load& each : loads)
      text += (text.empty() ? "" : " ") + std::to_string(each.lane.value) + ":" + std::to_string(each.in_flight);
    return text;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(lanes_with_room_are_told_in_the_order_in_which_they_joined, two_workers) {
  BOOST_TEST(with_room() == "1:0 2:0");
  lanes.started(one, {a});
  BOOST_TEST(with_room() == "2:0");
  lanes.started(two, {b});
  BOOST_TEST(with_room() == "");
}

BOOST_FIXTURE_TEST_CASE(a_pool_has_room_until_its_capacity_is_reached, two_workers) {
  lanes.join(pool, {.capacity = 2});
  lanes.started(pool, {a});
  BOOST_TEST(with_room() == "1:0 2:0 3:1");
  lanes.started(pool, {b});
  BOOST_TEST(with_room() == "1:0 2:0");
}

BOOST_FIXTURE_TEST_CASE(a_cooling_lane_has_no_room, two_workers) {
  BOOST_TEST(lanes.cool(one)); // idle: drained at once
  BOOST_TEST(with_room() == "2:0");
  BOOST_TEST(lanes.cool(two));
  BOOST_TEST(with_room() == "");
  BOOST_TEST(!lanes.any_hot());
}

BOOST_FIXTURE_TEST_CASE(lanes_are_busy_as_far_as_they_have_something_in_flight, two_workers) {
  BOOST_TEST(lanes.busy_percent() == 0u);
  lanes.started(one, {a});
  BOOST_TEST(lanes.busy_percent() == 50u);
  lanes.started(two, {b});
  BOOST_TEST(lanes.busy_percent() == 100u);
  BOOST_TEST(lane_table{}.busy_percent() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_cooling_lane_is_drained_by_the_last_it_had_in_flight, two_workers) {
  lanes.started(one, {a});
  BOOST_TEST(!lanes.cool(one));
  BOOST_TEST((lanes.finished(one, a).verdict == release_verdict::drained));
  BOOST_TEST((lanes.finished(one, a).verdict == release_verdict::stale));
}

BOOST_FIXTURE_TEST_CASE(a_lane_is_drained_once, two_workers) {
  BOOST_TEST(lanes.cool(one));
  BOOST_TEST(!lanes.cool(one));
  BOOST_TEST(!lanes.cool({99}));
}

BOOST_FIXTURE_TEST_CASE(a_finish_frees_its_lane_once, two_workers) {
  lanes.started(one, {a});
  BOOST_TEST((lanes.finished(one, b).verdict == release_verdict::stale));
  BOOST_TEST((lanes.finished(one, a).verdict == release_verdict::freed));
  BOOST_TEST((lanes.finished(one, a).verdict == release_verdict::stale));
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_leaves_names_what_it_had_in_flight, two_workers) {
  lanes.started(one, {a});
  const auto lost = lanes.leave(one);
  BOOST_REQUIRE(lost.size() == 1u);
  BOOST_TEST((lost.front().job == a));
  BOOST_TEST(lanes.leave(one).empty());
  BOOST_TEST((lanes.finished(one, a).verdict == release_verdict::stale));
  BOOST_TEST(lanes.count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_is_asked_of_a_lane_that_is_not_there_is_nothing, two_workers) {
  constexpr lane_id nobody{99};
  lanes.limit(nobody, 5);
  BOOST_TEST(!lanes.is_small_only(nobody));
  BOOST_TEST(!lanes.runs(nobody, a));
  BOOST_TEST(lanes.in_flight(nobody) == 0u);
  BOOST_TEST(with_room() == "1:0 2:0");
}

BOOST_FIXTURE_TEST_CASE(a_lane_runs_what_was_started_on_it_until_it_is_finished, two_workers) {
  lanes.started(one, {a});
  BOOST_TEST(lanes.runs(one, a));
  BOOST_TEST(!lanes.runs(one, b));
  BOOST_TEST(!lanes.runs(two, a));
  BOOST_TEST((lanes.finished(one, a).verdict == release_verdict::freed));
  BOOST_TEST(!lanes.runs(one, a));
}

BOOST_FIXTURE_TEST_CASE(a_lane_for_small_documents_takes_none_that_is_longer_or_expected_to_take_longer, two_workers) {
  lanes.join(pool, {.document_bytes_max = 100, .attempt_max = std::chrono::microseconds{50}});
  const auto lane_for = [this](uint64_t bytes, int us) {
    return lanes.small_only_with_room(bytes, std::chrono::microseconds{us});
  };
  BOOST_TEST((lane_for(100, 50) == pool));
  BOOST_TEST(!lane_for(101, 50).has_value());
  BOOST_TEST(!lane_for(100, 51).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

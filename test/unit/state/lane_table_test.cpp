// Which lane is given a job, and when a lane is free, drained or gone.
#define BOOST_TEST_MODULE lane_table
#include <boost/test/unit_test.hpp>

#include "actors/state/lane_table.hpp"

using namespace texlex;

namespace {

constexpr lane_id one{1}, two{2}, pool{3};
constexpr job_id a{10}, b{11}, c{12};

struct two_workers {
  lane_table lanes;
  two_workers() {
    lanes.join(one);
    lanes.join(two);
  }
  ~two_workers() { lanes.check_invariants(); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(an_idle_lane_is_picked, two_workers) {
  lanes.started(one, a);
  BOOST_TEST((lanes.pick(b) == two));
}

BOOST_FIXTURE_TEST_CASE(of_two_idle_lanes_the_one_that_joined_first_is_picked, two_workers) {
  BOOST_TEST((lanes.pick(a) == one));
}

BOOST_FIXTURE_TEST_CASE(no_lane_is_picked_when_all_are_full, two_workers) {
  lanes.started(one, a);
  lanes.started(two, b);
  BOOST_TEST(!lanes.pick(c).has_value());
}

BOOST_FIXTURE_TEST_CASE(of_lanes_with_room_the_one_with_fewest_in_flight_is_picked, two_workers) {
  lanes.join(pool, 8);
  lanes.started(pool, a);
  lanes.started(one, b);
  BOOST_TEST((lanes.pick(c) == two));
  lanes.started(two, c);
  BOOST_TEST((lanes.pick({13}) == pool));
  BOOST_TEST(!lanes.pick_idle({13}).has_value());
}

BOOST_AUTO_TEST_CASE(a_lane_that_runs_a_job_is_not_picked_for_it_again) {
  lane_table lanes;
  lanes.join(pool, 8);
  lanes.started(pool, a);
  BOOST_TEST(!lanes.pick(a).has_value());
  BOOST_TEST((lanes.pick(b) == pool));
}

BOOST_FIXTURE_TEST_CASE(a_cooling_lane_is_never_picked, two_workers) {
  BOOST_TEST(lanes.cool(one)); // idle: drained at once
  BOOST_TEST((lanes.pick(a) == two));
  BOOST_TEST(lanes.cool(two));
  BOOST_TEST(!lanes.pick(a).has_value());
  BOOST_TEST(!lanes.any_hot());
}

BOOST_FIXTURE_TEST_CASE(a_cooling_lane_is_drained_by_the_last_it_had_in_flight, two_workers) {
  lanes.started(one, a);
  BOOST_TEST(!lanes.cool(one));
  BOOST_TEST((lanes.finished(one, a) == release_verdict::drained));
  BOOST_TEST((lanes.finished(one, a) == release_verdict::stale));
}

BOOST_FIXTURE_TEST_CASE(a_lane_is_drained_once, two_workers) {
  BOOST_TEST(lanes.cool(one));
  BOOST_TEST(!lanes.cool(one));
  BOOST_TEST(!lanes.cool({99}));
}

BOOST_FIXTURE_TEST_CASE(a_finish_frees_its_lane_once, two_workers) {
  lanes.started(one, a);
  BOOST_TEST((lanes.finished(one, b) == release_verdict::stale));
  BOOST_TEST((lanes.finished(one, a) == release_verdict::freed));
  BOOST_TEST((lanes.finished(one, a) == release_verdict::stale));
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_leaves_names_what_it_had_in_flight, two_workers) {
  lanes.started(one, a);
  BOOST_TEST((lanes.leave(one) == std::vector<job_id>{a}));
  BOOST_TEST(lanes.leave(one).empty());
  BOOST_TEST((lanes.finished(one, a) == release_verdict::stale));
  BOOST_TEST(lanes.count() == 1u);
}

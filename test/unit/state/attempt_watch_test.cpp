// Attempts that never come to an end, and how many of them can be borne.
#define BOOST_TEST_MODULE attempt_watch
#include <boost/test/unit_test.hpp>

#include <vector>

#include "actors/state/attempt_watch.hpp"

using namespace texlex;
using namespace std::chrono_literals;

namespace {

constexpr instant noon{};
constexpr uint64_t small = 4000, huge = 100'000'000;
constexpr lane_id one{1}, two{2};

struct watching {
  attempt_watch watch;
  ~watching() { watch.check_invariants(); }

  std::vector<lane_id> expired(instant now) {
    std::vector<lane_id> found;
    watch.expired(now, found);
    return found;
  }
};

using lane_ids = std::vector<lane_id>;

} // namespace

BOOST_FIXTURE_TEST_CASE(an_attempt_that_outlives_its_time_is_told_once, watching) {
  watch.started(one, small, noon);
  BOOST_TEST(expired(noon + 1s - 1ns).empty());
  BOOST_TEST((expired(noon + 1s) == lane_ids{one}));
  BOOST_TEST(expired(noon + 2s).empty());
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_ends_in_time_is_never_told, watching) {
  watch.started(one, small, noon);
  BOOST_TEST((watch.ended(one) == end_verdict::in_time));
  BOOST_TEST(expired(noon + 1h).empty());
  BOOST_TEST((watch.ended(one) == end_verdict::unknown));
}

BOOST_FIXTURE_TEST_CASE(each_attempt_of_a_lane_has_its_time_from_its_own_start, watching) {
  watch.started(one, small, noon);
  watch.ended(one);
  watch.started(one, small, noon + 800ms);
  BOOST_TEST(expired(noon + 1s).empty());
  BOOST_TEST((expired(noon + 1800ms) == lane_ids{one}));
}

BOOST_FIXTURE_TEST_CASE(a_large_document_has_more_time, watching) {
  watch.started(one, huge, noon);
  watch.started(two, small, noon);
  BOOST_TEST((expired(noon + 29s) == lane_ids{two}));
  BOOST_TEST((expired(noon + 30s) == lane_ids{one}));
}

BOOST_AUTO_TEST_CASE(one_limit_may_be_set_for_all_sizes) {
  attempt_watch watch{{.limit = 200ms}};
  BOOST_TEST((watch.limit_for(small) == 200ms));
  BOOST_TEST((watch.limit_for(huge) == 200ms));
}

BOOST_FIXTURE_TEST_CASE(it_says_when_to_ask_next, watching) {
  BOOST_TEST(!watch.next_expiry().has_value());
  watch.started(one, huge, noon);
  watch.started(two, small, noon + 1s);
  BOOST_TEST((watch.next_expiry() == noon + 2s));
  expired(noon + 2s);
  BOOST_TEST((watch.next_expiry() == noon + 30s));
}

BOOST_FIXTURE_TEST_CASE(abandoned_threads_are_counted_until_they_come_back_or_die, watching) {
  watch.started(one, small, noon);
  watch.started(two, small, noon);
  expired(noon + 1s);
  BOOST_TEST(watch.stuck() == 2u);
  BOOST_TEST(watch.running() == 0u);
  BOOST_TEST((watch.ended(one) == end_verdict::abandoned));
  BOOST_TEST(watch.stuck() == 1u);
  watch.gone(two);
  BOOST_TEST(watch.stuck() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_is_gone_is_watched_no_more, watching) {
  watch.started(one, small, noon);
  watch.gone(one);
  watch.gone(two);
  BOOST_TEST(expired(noon + 1h).empty());
}

// Which attempts stall on purpose.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

#include "actors/state/stall_plan.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(stall_plan_test)

namespace {

constexpr int attempts = 100'000;

std::vector<bool> stalls(const stall_options& options, uint64_t worker) {
  stall_plan plan{options, worker};
  std::vector<bool> stalled;
  for (int i = 0; i < attempts; ++i) stalled.push_back(plan.next().has_value());
  return stalled;
}

auto count(const std::vector<bool>& stalled) { return std::count(stalled.begin(), stalled.end(), true); }

} // namespace

BOOST_AUTO_TEST_CASE(none_stalls_unless_it_is_asked_for) { BOOST_TEST(count(stalls({}, 1)) == 0); }

BOOST_AUTO_TEST_CASE(all_stall_at_a_million_in_a_million) {
  stall_plan plan{{.ppm = 1'000'000, .length = 50ms}, 1};
  for (int i = 0; i < 100; ++i) BOOST_TEST((plan.next() == 50ms));
}

BOOST_AUTO_TEST_CASE(as_many_stall_as_were_asked_for) {
  const auto stalled = count(stalls({.ppm = 10'000, .length = 1ms}, 1));
  BOOST_TEST(stalled > attempts / 100 * 8 / 10);
  BOOST_TEST(stalled < attempts / 100 * 12 / 10);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_stalls) {
  const stall_options options{.ppm = 10'000, .length = 1ms, .seed = 7};
  BOOST_TEST((stalls(options, 3) == stalls(options, 3)));
}

BOOST_AUTO_TEST_CASE(workers_do_not_stall_in_step) {
  const stall_options options{.ppm = 100'000, .length = 1ms, .seed = 7};
  const auto one = stalls(options, 1), two = stalls(options, 2);
  int both = 0;
  for (int i = 0; i < attempts; ++i) both += one[static_cast<size_t>(i)] && two[static_cast<size_t>(i)];
  BOOST_TEST(both > attempts / 100 * 8 / 10); // by chance one in a hundred; in step it would be one in ten
  BOOST_TEST(both < attempts / 100 * 12 / 10);
}

BOOST_AUTO_TEST_SUITE_END()

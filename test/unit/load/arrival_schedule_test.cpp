// When the requests of an open loop are due.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

#include "clients/cli/bench/arrival_schedule.hpp"

using namespace texlex;
using namespace texlex::load;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(arrival_schedule_test)

namespace {

std::vector<duration> first_of(arrival_schedule schedule, size_t count) {
  std::vector<duration> times;
  for (size_t i = 0; i < count; ++i) times.push_back(schedule.next());
  return times;
}

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

} // namespace

BOOST_AUTO_TEST_CASE(fixed_arrivals_are_evenly_spaced_and_begin_at_once) {
  const auto times = first_of({arrivals::fixed, 1000, 1}, 4);
  BOOST_TEST((times == std::vector<duration>{0ms, 1ms, 2ms, 3ms}));
}

BOOST_AUTO_TEST_CASE(fixed_arrivals_do_not_drift) {
  BOOST_TEST((first_of({arrivals::fixed, 3, 1}, 3'000'001).back() == duration{1'000'000s}));
}

BOOST_AUTO_TEST_CASE(poisson_arrivals_hold_the_rate) {
  constexpr size_t count = 100'000;
  for (const double rate : {0.5, 100.0, 20'000.0})
    BOOST_TEST(count / seconds(first_of({arrivals::poisson, rate, 42}, count).back()) == rate,
               boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(poisson_gaps_vary_as_much_as_they_last) {
  const auto times = first_of({arrivals::poisson, 1000, 42}, 100'000);
  double squares = 0;
  for (size_t i = 1; i < times.size(); ++i)
    squares += seconds(times[i] - times[i - 1]) * seconds(times[i] - times[i - 1]);
  // The mean square of an exponential distribution is twice the square of its mean, 1 ms.
  BOOST_TEST(squares / static_cast<double>(times.size()) == 2e-6, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(no_arrival_comes_before_the_one_before_it) {
  const auto times = first_of({arrivals::poisson, 5e6, 7}, 100'000);
  BOOST_TEST(std::is_sorted(times.begin(), times.end()));
}

BOOST_AUTO_TEST_CASE(a_seed_makes_one_schedule_and_another_another) {
  const auto one = first_of({arrivals::poisson, 1000, 3}, 1000);
  BOOST_TEST((one == first_of({arrivals::poisson, 1000, 3}, 1000)));
  BOOST_TEST((one != first_of({arrivals::poisson, 1000, 4}, 1000)));
}

BOOST_AUTO_TEST_SUITE_END()

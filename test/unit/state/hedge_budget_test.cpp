// How much extra work hedging may make.
#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <deque>

#include "actors/state/hedge_budget.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(hedge_budget_test)

namespace {

void works(hedge_budget& budget) {
  budget.primary();
  budget.succeeded();
}

void successes(hedge_budget& budget, int count) {
  for (int i = 0; i < count; ++i) works(budget);
}

uint32_t spend_all(hedge_budget& budget) {
  uint32_t spent = 0;
  while (budget.try_spend()) ++spent;
  budget.check_invariants();
  return spent;
}

} // namespace

BOOST_AUTO_TEST_CASE(twenty_successes_earn_one_copy) {
  hedge_budget budget;
  successes(budget, 1000);
  BOOST_TEST(spend_all(budget) == 10u); // the burst
  successes(budget, 19);
  BOOST_TEST(!budget.try_spend());
  works(budget);
  BOOST_TEST(budget.try_spend());
  BOOST_TEST(!budget.try_spend());
}

BOOST_AUTO_TEST_CASE(jobs_that_come_to_no_good_end_earn_nothing) {
  hedge_budget budget;
  successes(budget, 1000);
  BOOST_TEST(spend_all(budget) == 10u);
  for (int i = 0; i < 1000; ++i) budget.primary();
  BOOST_TEST(!budget.try_spend());
}

BOOST_AUTO_TEST_CASE(the_bucket_holds_no_more_than_its_burst) {
  hedge_budget budget{{.burst = 3}};
  successes(budget, 100'000);
  BOOST_TEST(budget.tokens() == 3u);
  BOOST_TEST(spend_all(budget) == 3u);
}

BOOST_AUTO_TEST_CASE(however_full_the_bucket_copies_are_a_tenth_of_the_latest_primaries_at_most) {
  hedge_budget budget{{.burst = 10'000}};
  successes(budget, 500);
  BOOST_TEST(spend_all(budget) == 50u);
  successes(budget, 500);
  BOOST_TEST(spend_all(budget) == 50u);
  BOOST_TEST(budget.tokens() > 9000u);
  successes(budget, 500); // those copied first have not left the window of 1000 yet
  BOOST_TEST(spend_all(budget) == 50u);
  BOOST_TEST(budget.counts().refused_ceiling == 3u);
}

BOOST_AUTO_TEST_CASE(a_service_that_has_just_started_may_copy_a_few) {
  hedge_budget budget;
  budget.primary();
  BOOST_TEST(spend_all(budget) == 5u);
}

BOOST_AUTO_TEST_CASE(a_share_of_nothing_and_no_burst_is_no_copy_at_all) {
  hedge_budget budget{{.share_permille = 0, .burst = 0}};
  successes(budget, 10'000);
  BOOST_TEST(!budget.try_spend());
  BOOST_TEST(budget.counts().refused_empty == 1u);
}

BOOST_AUTO_TEST_CASE(every_question_is_counted_once) {
  hedge_budget budget{{.burst = 2}};
  successes(budget, 7);
  for (int i = 0; i < 5; ++i) (void)budget.try_spend();
  BOOST_TEST(budget.counts().primaries == 7u);
  BOOST_TEST(budget.counts().copies == 2u);
  BOOST_TEST(budget.counts().refused_empty + budget.counts().refused_ceiling == 3u);
}

// Each step is a number of primaries and a number of wishes for a copy.
BOOST_AUTO_TEST_CASE(over_any_sequence_and_any_stretch_of_it_the_ratios_hold_beyond_the_burst) {
  BOOST_TEST(rc::check([] {
    const hedge_budget_options options{.burst = *rc::gen::inRange<uint32_t>(0, 200),
                                       .window_primaries = *rc::gen::inRange<uint32_t>(1, 300)};
    hedge_budget budget{options};
    std::deque<uint64_t> window; // copies after each of the latest primaries
    uint64_t debt = 0;           // thousandths of a token spent and not earned since, over the worst stretch
    const auto steps = *rc::gen::container<std::vector<std::pair<uint8_t, uint8_t>>>(
      rc::gen::pair(rc::gen::arbitrary<uint8_t>(), rc::gen::inRange<uint8_t>(0, 30)));
    for (const auto& [jobs, wishes] : steps) {
      for (int i = 0; i < jobs; ++i) {
        works(budget);
        window.push_back(0);
        if (window.size() > options.window_primaries) window.pop_front();
        debt -= std::min<uint64_t>(debt, options.share_permille);
      }
      for (int i = 0; i < wishes; ++i) {
        if (!budget.try_spend()) continue;
        debt += 1000;
        if (!window.empty()) ++window.back();
      }
      budget.check_invariants();
      RC_ASSERT(debt <= uint64_t{options.burst} * 1000);
      uint64_t copies = 0;
      for (const uint64_t each : window) copies += each;
      RC_ASSERT(copies <= std::max<uint64_t>(window.size() / 10, options.window_copies_min));
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()

// The tail a dispatcher keeps under stalls, slow lanes, overload, floods and mixed sizes, in virtual time: the same
// dice for each that is compared. A failure prints the seed; TEXLEX_SEED=<seed> replays it.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>

#include "test/simulation/load.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using simulation::load, simulation::load_answer, simulation::load_stream, simulation::load_trouble;
using test::seed;

BOOST_AUTO_TEST_SUITE(tail_simulation_test)

namespace {

// Two lanes end 10 000 documents of 200 us a second.
constexpr double peak_per_s = 10'000;

dispatch_options as_shipped() {
  dispatch_options options;
  options.queue_control.emplace();
  return options;
}

dispatch_options without_hedging() {
  dispatch_options options = as_shipped();
  options.hedge.enabled = false;
  return options;
}

bool answered_ok(const load_answer& each) { return each.how == status::ok; }

double in_ms(duration value) { return std::chrono::duration<double, std::milli>{value}.count(); }

double extra_percent(const load& house) {
  return 100 * static_cast<double>(house.hedges().fired) / static_cast<double>(house.jobs());
}

} // namespace

BOOST_AUTO_TEST_CASE(where_one_lane_stalls_now_and_then_hedging_makes_the_last_thousandth_ten_times_as_quick) {
  // Four lanes: of two, the one that does not stall would be full at half of the peak, and have no time for copies.
  const load_trouble stalls{.stall_ppm = 10'000};
  const std::vector<load_stream> half{{.per_s = peak_per_s}};
  dispatch_options none = without_hedging();
  none.eject_slow_lanes = false;
  load hedged{seed(), as_shipped(), half, stalls, 4}, plain{seed(), none, half, stalls, 4};
  hedged.run(10s);
  plain.run(10s);
  const auto late = [](const load_answer& each) { return each.sent >= 2s && answered_ok(each); }; // it has learned
  BOOST_TEST(in_ms(plain.took(999, late)) > 10 * in_ms(hedged.took(999, late)));
  BOOST_TEST(extra_percent(hedged) <= 2.0);
}

// Of two lanes at half of the peak, the one that does not stall is full then: jobs wait, and what frees the other lane
// is a copy that goes before them.
BOOST_AUTO_TEST_CASE(a_copy_frees_a_stalled_lane_while_jobs_wait_for_the_only_other_one) {
  const load_trouble stalls{.stall_ppm = 10'000};
  load house{seed(), as_shipped(), {{.per_s = peak_per_s / 2}}, stalls};
  house.run(10s);
  const auto late = [](const load_answer& each) { return each.sent >= 2s && answered_ok(each); };
  BOOST_TEST(in_ms(house.took(999, late)) <= 8.);
  BOOST_TEST(extra_percent(house) <= 2.0);
}

BOOST_AUTO_TEST_CASE(where_all_lanes_are_slow_there_is_nothing_to_win_and_little_is_lost) {
  const load_trouble slow{.slow_factor = 3, .from = 5s, .to = 35s};
  const std::vector<load_stream> quarter{{.per_s = peak_per_s / 4}}; // three quarters, while they are slow
  load hedged{seed(), as_shipped(), quarter, slow}, plain{seed(), without_hedging(), quarter, slow};
  hedged.run(45s);
  plain.run(45s);
  const auto meanwhile = [](const load_answer& each) {
    return each.sent >= 5s && each.sent < 35s && answered_ok(each);
  };
  const auto after = [](const load_answer& each) { return each.sent >= 36s && answered_ok(each); };
  BOOST_TEST(extra_percent(hedged) < 10.0);
  BOOST_TEST(in_ms(hedged.took(990, meanwhile)) <= 1.1 * in_ms(plain.took(990, meanwhile)));
  BOOST_TEST(in_ms(hedged.took(990, after)) <= 1.1 * in_ms(plain.took(990, after)));
}

BOOST_AUTO_TEST_CASE(under_any_overload_nearly_all_that_can_be_done_is_done_and_what_is_accepted_is_quick) {
  load at_80_percent{seed(), as_shipped(), {{.per_s = 0.8 * peak_per_s}}};
  at_80_percent.run(20s);
  const duration usual = at_80_percent.took(990, answered_ok);
  for (const double times : {1.2, 2., 5., 10.}) {
    load flooded{seed(), as_shipped(), {{.per_s = times * peak_per_s}}};
    flooded.run(5s);
    BOOST_TEST_CONTEXT("at " << times << " times the peak, seed " << seed()) {
      BOOST_TEST(static_cast<double>(flooded.count(answered_ok)) >= 0.95 * 5 * peak_per_s);
      // Once the overload is found, who is accepted waits little and who is not learns it at once.
      const auto found = [](const load_answer& each) { return each.sent >= 1s && answered_ok(each); };
      BOOST_TEST(in_ms(flooded.took(990, found)) <= 3 * in_ms(usual));
      const auto refused = [](const load_answer& each) { return each.sent >= 1s && each.how == status::overload; };
      BOOST_TEST(in_ms(flooded.took(990, refused)) <= 1.);
      BOOST_TEST(flooded.longest_queue() <= fair_queue_options{}.count_max);
      BOOST_TEST(extra_percent(flooded) < 10.0);
    }
  }
}

// However long documents take here: what counts as long follows.
BOOST_AUTO_TEST_CASE(an_overload_is_one_on_a_slow_machine_too_from_few_clients_or_many) {
  for (const duration service : {duration{200us}, duration{2ms}, duration{20ms}})
    for (const uint32_t clients : {4u, 64u})
      for (const double times : {2., 5., 10.}) {
        const double peak = 2e9 / static_cast<double>(service.count());
        const double seconds = std::max(5., 6000 / peak);
        load flooded{seed(), as_shipped(), {{.clients = clients, .service = service, .per_s = times * peak}}};
        flooded.run(duration{static_cast<duration::rep>(seconds * 1e9)});
        BOOST_TEST_CONTEXT(clients << " clients at " << times << " times the peak of " << peak << "/s, seed "
                                   << seed()) {
          const duration settled{static_cast<duration::rep>(seconds * 2e8)};
          const auto found = [&](const load_answer& each) { return each.sent >= settled && answered_ok(each); };
          const auto refused = [&](const load_answer& each) {
            return each.sent >= settled && each.how == status::overload;
          };
          BOOST_TEST(static_cast<double>(flooded.count(answered_ok)) >= 0.95 * seconds * peak);
          // Few wait longer: who has nothing else here may wait for one document of each other client.
          BOOST_TEST(in_ms(flooded.took(900, found)) <= 5. + 8 * in_ms(service));
          BOOST_TEST(in_ms(flooded.took(990, found)) <= 5. + std::max(8u, clients / 2) * in_ms(service));
          // Others are refused later: they made room for a client that had less, or waited for the target in vain.
          BOOST_TEST(in_ms(flooded.took(800, refused)) <= 1. + in_ms(service) / 2);
        }
      }
}

// Each may have a job that waits, and all of them together are too many.
BOOST_AUTO_TEST_CASE(of_very_many_clients_most_that_are_refused_learn_it_at_once_too) {
  const load_stream crowd{.clients = 500, .service = 2ms, .per_s = 5000};
  load house{seed(), as_shipped(), {crowd}};
  house.run(20s);
  const auto found = [](const load_answer& each) { return each.sent >= 1s; };
  const auto refused = [&](const load_answer& each) { return found(each) && each.how == status::overload; };
  const auto accepted = [&](const load_answer& each) { return found(each) && answered_ok(each); };
  BOOST_TEST(in_ms(house.took(990, refused)) <= 1.);
  BOOST_TEST(in_ms(house.took(990, accepted)) <= 9.); // the target, an attempt, and what chance adds to it
  BOOST_TEST(static_cast<double>(house.count(answered_ok)) >= 0.95 * 20 * 1000);
}

BOOST_AUTO_TEST_CASE(a_client_that_floods_refuses_nobody_but_itself) {
  const load_stream modest{.clients = 8, .per_s = 0.2 * peak_per_s};
  const load_stream flood{.clients = 1, .per_s = 5 * peak_per_s};
  load house{seed(), as_shipped(), {modest, flood}};
  house.run(5s);
  const auto of_modest = [](const load_answer& each) { return each.stream == 0; };
  const auto modest_ok = [&](const load_answer& each) { return of_modest(each) && answered_ok(each); };
  BOOST_TEST(static_cast<double>(house.count(modest_ok)) >= 0.99 * static_cast<double>(house.count(of_modest)));
  BOOST_TEST(in_ms(house.took(990, modest_ok)) <= 5.);
  BOOST_TEST(static_cast<double>(house.count(answered_ok)) >= 0.95 * 5 * peak_per_s);
}

BOOST_AUTO_TEST_CASE(small_documents_are_not_much_later_beside_large_ones_than_alone) {
  // Nine tenths of the work are the large ones'; 70 % of the lanes' time in both.
  const load_stream alone{.service = 200us, .per_s = 0.7 * peak_per_s};
  const load_stream small{.service = 200us, .per_s = 0.07 * peak_per_s};
  const load_stream large{.bytes = 1'100'000, .service = 600us, .per_s = 0.21 * peak_per_s};
  load by_themselves{seed(), as_shipped(), {alone}}, mixed{seed(), as_shipped(), {small, large}};
  by_themselves.run(10s);
  mixed.run(20s);
  const auto small_ok = [](const load_answer& each) { return each.stream == 0 && answered_ok(each); };
  BOOST_TEST(in_ms(mixed.took(990, small_ok)) <= 2 * in_ms(by_themselves.took(990, answered_ok)));
}

BOOST_AUTO_TEST_SUITE_END()

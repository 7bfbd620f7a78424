// Clients that wait for their answers are not refused for having waited, on a fast machine or a slow one, whoever else
// is there; in virtual time. A failure prints the seed; TEXLEX_SEED=<seed> replays it.
#include <boost/test/unit_test.hpp>

#include <chrono>

#include "test/simulation/load.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using simulation::load, simulation::load_answer, simulation::load_stream;
using test::seed;

BOOST_AUTO_TEST_SUITE(closed_loop_test)

namespace {

dispatch_options as_shipped() {
  dispatch_options options;
  options.queue_control.emplace();
  return options;
}

auto of(uint32_t stream, status how) {
  return [=](const load_answer& each) { return each.stream == stream && each.how == how; };
}

uint64_t ok(const load& house, uint32_t stream = 0) { return house.count(of(stream, status::ok)); }
uint64_t refused(const load& house, uint32_t stream = 0) { return house.count(of(stream, status::overload)); }

constexpr load_stream four_hostile{.clients = 4, .bytes = 2u << 20, .service = 35ms, .random_bytes = true};

// Beside clients whose prose takes 2 ms, others whose documents as long take 20 ms; each client has three here, so that
// the turns count.
void expect_equal_lane_time(const load_stream& slow) {
  const load_stream prose{.clients = 4, .bytes = slow.bytes, .service = 2ms, .ahead = 3};
  dispatch_options options = as_shipped();
  options.queue_control.reset();
  load house{seed(), options, {prose, slow}};
  house.run(10s);
  BOOST_TEST(ok(house, 0) >= 7 * ok(house, 1));
  BOOST_TEST(ok(house, 0) <= 13 * ok(house, 1));
}

} // namespace

BOOST_AUTO_TEST_CASE(up_to_sixty_four_clients_with_one_request_each_are_never_refused_however_slow_the_machine) {
  for (const duration of_large : {duration{600us}, duration{2500us}, duration{20ms}, duration{150ms}})
    for (const uint32_t clients : {8u, 16u, 64u})
      BOOST_TEST_CONTEXT(clients << " clients, " << of_large.count() << " ns each, seed " << seed()) {
        load house{seed(), as_shipped(), {{.clients = clients, .bytes = 1'100'000, .service = of_large}}};
        house.run(std::max<duration>(1s, 130 * of_large));
        BOOST_TEST(ok(house) > 100u);
        BOOST_TEST(refused(house) == 0u);
      }
}

BOOST_AUTO_TEST_CASE(small_documents_neither) {
  for (const duration service : {duration{5us}, duration{200us}, duration{2ms}})
    for (const uint32_t clients : {8u, 64u}) {
      load house{seed(), as_shipped(), {{.clients = clients, .service = service}}};
      house.run(1s);
      BOOST_TEST(ok(house) > 500u);
      BOOST_TEST(refused(house) == 0u);
    }
}

BOOST_AUTO_TEST_CASE(a_machine_that_becomes_slow_or_fast_refuses_nobody) {
  const load_stream fast{.clients = 16, .bytes = 1'100'000, .service = 600us};
  const load_stream slow{.clients = 16, .bytes = 1'000'000, .service = 30ms};
  load house{seed(), as_shipped(), {fast, slow}};
  house.run(5s);
  BOOST_TEST(refused(house, 0) == 0u);
  BOOST_TEST(refused(house, 1) == 0u);
}

BOOST_AUTO_TEST_CASE(random_bytes_of_some_leave_a_client_of_small_documents_unrefused_and_quick) {
  for (const uint64_t bytes : {4096u, 20'000u, 60'000u}) BOOST_TEST_CONTEXT(bytes << " bytes, seed " << seed()) {
      load house{seed(), as_shipped(), {{.clients = 1, .bytes = bytes, .service = 20us}, four_hostile}};
      house.run(1s);
      BOOST_TEST(refused(house, 0) == 0u);
      BOOST_TEST(ok(house, 0) > 5'000u);
      BOOST_TEST((house.longest(of(0, status::ok)) <= 110ms)); // the first ones: nobody knew it would come
      BOOST_TEST(ok(house, 1) > 20u);                          // one of two lanes is theirs
    }
}

BOOST_AUTO_TEST_CASE(those_who_have_lane_time_in_common_get_as_much_of_it_whatever_they_send) {
  expect_equal_lane_time({.clients = 4, .bytes = 2u << 20, .service = 20ms, .random_bytes = true, .ahead = 3});
}

BOOST_AUTO_TEST_CASE(documents_that_only_look_harmless_are_found_out_and_paid_for) {
  expect_equal_lane_time({.clients = 4, .bytes = 1u << 20, .service = 20ms, .ahead = 3});
}

BOOST_AUTO_TEST_CASE(beside_a_client_that_sends_ahead_those_that_wait_are_not_refused) {
  const load_stream waits{.clients = 8, .bytes = 1'100'000, .service = 2ms};
  const load_stream ahead{.clients = 1, .bytes = 1'100'000, .service = 2ms, .ahead = 64};
  load house{seed(), as_shipped(), {waits, ahead}};
  house.run(8s);
  BOOST_TEST(refused(house, 0) == 0u);
  BOOST_TEST(ok(house, 1) > 200u); // its share of 8 000, or half of it
}

BOOST_AUTO_TEST_SUITE_END()

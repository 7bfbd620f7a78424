// Who has one request at a time, who sends ahead, and when there are too many to tell.
#include <boost/test/unit_test.hpp>

#include <random>

#include "actors/state/client_standing.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(client_standing_test)

namespace {

struct watched_clients {
  client_standing standing{{.patient_max = 3, .memory = 1s, .idle_clients_kept_max = 10}};
  instant now{1h};
  bool overloaded = false;

  ~watched_clients() { standing.check_invariants(); }
  bool comes(uint64_t client) { return standing.comes(client, overloaded, now); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(who_waits_for_each_answer_is_patient, watched_clients) {
  for (int i = 0; i < 5; ++i) {
    BOOST_TEST(comes(7));
    standing.goes(7);
  }
}

BOOST_FIXTURE_TEST_CASE(who_sends_a_second_request_ahead_is_not_for_a_while, watched_clients) {
  BOOST_TEST(comes(7));
  BOOST_TEST(!comes(7));
  standing.goes(7);
  standing.goes(7);
  now += 999ms;
  BOOST_TEST(!comes(7));
  standing.goes(7);
  now += 1ms;
  BOOST_TEST(comes(7));
}

BOOST_FIXTURE_TEST_CASE(in_overload_the_while_begins_anew_with_each_request, watched_clients) {
  comes(7);
  comes(7);
  standing.goes(7);
  standing.goes(7);
  overloaded = true;
  for (int i = 0; i < 5; ++i) {
    now += 900ms;
    BOOST_TEST(!comes(7));
    standing.goes(7);
  }
  now += 1s;
  BOOST_TEST(comes(7));
}

BOOST_FIXTURE_TEST_CASE(of_a_crowd_nobody_is_patient_until_it_is_over, watched_clients) {
  for (uint64_t client : {1u, 2u, 3u}) BOOST_TEST(comes(client));
  BOOST_TEST(!comes(4));
  BOOST_TEST(standing.crowded(now));
  for (uint64_t client : {1u, 2u, 3u, 4u}) standing.goes(client);
  BOOST_TEST(!comes(1)); // although it is alone now
  standing.goes(1);
  overloaded = true;
  for (uint64_t client = 10; client < 30; ++client) {
    now += 500ms;
    BOOST_TEST(!comes(client));
    standing.goes(client);
  }
  overloaded = false;
  now += 1s;
  BOOST_TEST(!standing.crowded(now));
  BOOST_TEST(comes(1));
}

BOOST_FIXTURE_TEST_CASE(clients_that_are_gone_are_forgotten, watched_clients) {
  for (uint64_t client = 0; client < 10'000; ++client) {
    comes(client);
    standing.goes(client);
    BOOST_TEST_REQUIRE(standing.clients_known() <= 12u);
  }
}

BOOST_AUTO_TEST_CASE(through_any_history_clients_are_counted) {
  std::mt19937_64 chance{test::seed()};
  for (int world = 0; world < 20; ++world) {
    watched_clients w;
    std::vector<uint64_t> here;
    for (int i = 0; i < 3000; ++i) {
      w.now += std::chrono::milliseconds{chance() % 300};
      w.overloaded = chance() % 4 == 0;
      if (chance() % 2 == 0) {
        here.push_back(chance() % 40);
        w.comes(here.back());
      } else if (!here.empty()) {
        const size_t at = chance() % here.size();
        w.standing.goes(here[at]);
        here[at] = here.back();
        here.pop_back();
      }
      if (chance() % 50 == 0) w.standing.goes(chance() % 60 + 100); // never came
      w.standing.check_invariants();
    }
  }
}

BOOST_FIXTURE_TEST_CASE(of_too_many_that_are_all_remembered_for_sending_ahead_nothing_is_remembered, watched_clients) {
  for (uint64_t client = 0; client < 11; ++client) {
    for (int i = 0; i < 2; ++i) comes(client);
    for (int i = 0; i < 2; ++i) standing.goes(client);
  }
  now += 1ms;
  comes(100);
  BOOST_TEST(standing.clients_known() == 1u);
  standing.goes(100);
  now += 1s; // the crowd is over
  BOOST_TEST(comes(0));
}

BOOST_FIXTURE_TEST_CASE(an_outcome_too_many_changes_nothing, watched_clients) {
  BOOST_TEST(comes(7));
  for (int i = 0; i < 2; ++i) standing.goes(7);
  BOOST_TEST(comes(7));
  standing.check_invariants();
}

BOOST_AUTO_TEST_SUITE_END()

// Which documents are not run again, as workers died of them.
#include <boost/test/unit_test.hpp>

#include "actors/state/killer_memory.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(killer_memory_test)

namespace {

constexpr instant noon{};
constexpr uint64_t bad = 0xBAD, other = 7;

struct remembering {
  killer_memory memory;
  ~remembering() { memory.check_invariants(); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(one_death_may_be_an_accident_and_two_condemn, remembering) {
  BOOST_TEST(memory.killed(bad, 100, noon) == 1u);
  BOOST_TEST(!memory.condemned(bad, noon));
  BOOST_TEST(memory.killed(bad, 100, noon + 1s) == 2u);
  BOOST_TEST(memory.condemned(bad, noon + 1s));
  BOOST_TEST(memory.killed(bad, 100, noon + 2s) == 3u);
}

BOOST_FIXTURE_TEST_CASE(each_document_counts_for_itself, remembering) {
  memory.killed(bad, 100, noon);
  memory.killed(other, 100, noon);
  BOOST_TEST(!memory.condemned(bad, noon));
  BOOST_TEST(!memory.condemned(other, noon));
}

BOOST_FIXTURE_TEST_CASE(ten_minutes_after_its_last_kill_a_document_is_forgotten, remembering) {
  memory.killed(bad, 100, noon);
  memory.killed(bad, 100, noon + 9min);
  BOOST_TEST(memory.condemned(bad, noon + 19min - 1ns));
  BOOST_TEST(!memory.condemned(bad, noon + 19min));
  BOOST_TEST(memory.killed(bad, 100, noon + 19min) == 1u);
}

BOOST_FIXTURE_TEST_CASE(of_more_than_1024_the_one_that_killed_longest_ago_is_forgotten, remembering) {
  for (uint64_t hash = 0; hash < 1024; ++hash)
    for (int i = 0; i < 2; ++i) memory.killed(hash, 100, noon + 1ms * hash);
  memory.killed(0, 100, noon + 2s); // not the oldest any more
  memory.killed(5000, 100, noon + 3s);
  BOOST_TEST(memory.count() == 1024u);
  BOOST_TEST(memory.condemned(0, noon + 3s));
  BOOST_TEST(!memory.condemned(1, noon + 3s));
  BOOST_TEST(memory.condemned(2, noon + 3s));
}

BOOST_FIXTURE_TEST_CASE(those_due_to_be_forgotten_make_room_first, remembering) {
  for (uint64_t hash = 0; hash < 1024; ++hash) memory.killed(hash, 100, noon + (hash < 1000 ? 0min : 5min));
  memory.killed(5000, 100, noon + 10min);
  BOOST_TEST(memory.count() == 25u);
}

BOOST_FIXTURE_TEST_CASE(only_documents_of_a_killers_size_are_suspected, remembering) {
  BOOST_TEST(!memory.suspects(100));
  memory.killed(bad, 100, noon);
  memory.killed(other, 100, noon);
  BOOST_TEST(memory.suspects(100));
  BOOST_TEST(!memory.suspects(101));
}

BOOST_FIXTURE_TEST_CASE(where_nothing_was_killed_nothing_is_condemned, remembering) {
  BOOST_TEST(!memory.condemned(0, noon));
  BOOST_TEST(memory.count() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_size_is_suspected_for_as_long_as_a_killer_of_it_is_remembered, remembering) {
  memory.killed(bad, 77, noon);
  for (uint64_t hash = 0; hash < 1024; ++hash) memory.killed(hash, 100, noon + 1s);
  BOOST_TEST(!memory.suspects(77));
  BOOST_TEST(memory.suspects(100));
}

BOOST_AUTO_TEST_SUITE_END()

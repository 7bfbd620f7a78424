// What lies under the fair queue: lists of numbered places, which place holds a key, and which has the earliest time.
#include <boost/test/unit_test.hpp>

#include <random>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/state/slot_heap.hpp"
#include "actors/state/slot_index.hpp"
#include "actors/state/slot_list.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(slots_test)

namespace {

std::vector<uint32_t> walk(const slot_links& links, const slot_list& list) {
  std::vector<uint32_t> found;
  for (uint32_t slot = list.head; slot != no_slot; slot = links.next(slot)) found.push_back(slot);
  return found;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_list_is_joined_at_both_ends_and_left_anywhere) {
  slot_links links{4};
  slot_list list;
  links.push_back(list, 1);
  links.push_back(list, 2);
  links.push_front(list, 0);
  BOOST_TEST(walk(links, list) == (std::vector<uint32_t>{0, 1, 2}));
  links.erase(list, 1);
  links.push_front(list, 3);
  BOOST_TEST(walk(links, list) == (std::vector<uint32_t>{3, 0, 2}));
  links.erase(list, 3);
  links.erase(list, 2);
  BOOST_TEST(list.head == 0u);
  BOOST_TEST(list.tail == 0u);
  links.erase(list, 0);
  BOOST_TEST(list.empty());
  BOOST_TEST(list.tail == no_slot);
}

BOOST_AUTO_TEST_CASE(an_index_finds_what_was_put_in_and_nothing_else) {
  slot_index index{10};
  index.insert(7, 1);
  index.insert(0, 2);
  BOOST_TEST(index.find(7) == 1u);
  BOOST_TEST(index.find(0) == 2u);
  BOOST_TEST(index.find(8) == no_slot);
  index.erase(8);
  index.erase(7);
  BOOST_TEST(index.find(7) == no_slot);
  BOOST_TEST(index.count() == 1u);
}

// Keys of a small range meet in a table that is half full, and it grows under them.
BOOST_AUTO_TEST_CASE(an_index_agrees_with_a_map_through_any_history) {
  std::mt19937_64 chance{test::seed()};
  slot_index index{4};
  std::unordered_map<uint64_t, uint32_t> map;
  for (uint32_t i = 0; i < 200'000; ++i) {
    const uint64_t key = chance() % 600;
    if (map.contains(key)) {
      index.erase(key);
      map.erase(key);
    } else if (map.size() < 400) {
      index.reserve_one();
      index.insert(key, i);
      map[key] = i;
    }
    const uint64_t other = chance() % 600;
    const auto found = map.find(other);
    BOOST_REQUIRE_EQUAL(index.find(other), found == map.end() ? no_slot : found->second);
    BOOST_REQUIRE_EQUAL(index.count(), map.size());
  }
}

BOOST_AUTO_TEST_CASE(a_heap_has_the_earliest_first_whatever_is_taken_out_of_its_middle) {
  std::mt19937_64 chance{test::seed() + 1};
  slot_heap heap{50};
  for (int i = 0; i < 50; ++i) heap.grow();
  std::set<std::pair<instant, uint32_t>> sorted;
  std::vector<instant> when(100);
  for (int i = 0; i < 100'000; ++i) {
    const auto slot = static_cast<uint32_t>(chance() % 100);
    const bool inside = sorted.erase({when[slot], slot}) == 1;
    heap.erase(slot);
    if (!inside) {
      when[slot] = instant{duration{chance() % 1000}};
      heap.insert(slot, when[slot]);
      sorted.insert({when[slot], slot});
    }
    BOOST_REQUIRE_EQUAL(heap.count(), sorted.size());
    if (!sorted.empty()) BOOST_REQUIRE((heap.first_time() == sorted.begin()->first));
  }
}

BOOST_AUTO_TEST_SUITE_END()

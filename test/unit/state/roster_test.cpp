// Who works on which core, and what the broker is told about it.
#define BOOST_TEST_MODULE roster
#include <boost/test/unit_test.hpp>

#include <string>

#include "actors/state/roster.hpp"

using namespace texlex;
using namespace std::chrono_literals;

namespace {

constexpr instant noon{};
constexpr lane_usage worn{.bytes_handed_out = 1u << 20, .trims = 0};

// Writes down every effect as a word.
struct diary : roster_effects {
  std::string text;
  void add(const std::string& word) { text += (text.empty() ? "" : ", ") + word; }
  std::string read() { return std::exchange(text, {}); }

  void spawn(lane_id lane, uint32_t core) override {
    add("spawn " + std::to_string(lane.value) + " on " + std::to_string(core));
  }
  void spawn_later(uint32_t core, duration delay) override {
    add("later " + std::to_string(core) + " in " + std::to_string(delay / 1ms) + "ms");
  }
  void joined(lane_id lane) override { add("joined " + std::to_string(lane.value)); }
  void cooling(lane_id lane) override { add("cooling " + std::to_string(lane.value)); }
  void left(lane_id lane) override { add("left " + std::to_string(lane.value)); }
  void end(lane_id lane) override { add("end " + std::to_string(lane.value)); }
  void event(core_event event, uint32_t core) override {
    const char* names[] = {"restarted ", "rotated ", "given up "};
    add(names[static_cast<size_t>(event)] + std::to_string(core));
  }
  void unstaffed() override { add("unstaffed"); }
};

struct house {
  explicit house(std::vector<uint32_t> cores)
    : people{{std::move(cores), {.alloc_mb = 1, .major_cycles = 0}, {}}, said} {
    people.start();
  }
  ~house() { people.check_invariants(); }
  diary said;
  roster people;
};

struct one_core : house {
  one_core() : house({5}) {
    people.ready({1});
    said.read();
  }
};

struct two_cores : house {
  two_cores() : house({0, 1}) {
    people.ready({1});
    people.ready({2});
    said.read();
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(every_core_gets_a_worker_that_joins_once_it_is_ready) {
  house h{{4, 6}};
  BOOST_TEST(h.said.read() == "spawn 1 on 4, spawn 2 on 6");
  BOOST_TEST(h.people.health().lanes_starting == 2u);
  h.people.ready({2});
  BOOST_TEST(h.said.read() == "joined 2");
  h.people.ready({2});
  BOOST_TEST(h.said.read() == "");
  BOOST_TEST(h.people.health().lanes_alive == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_worn_worker_cools_after_its_replacement_is_ready_and_ends_after_it_is_drained, one_core) {
  people.reported({1}, worn, noon);
  BOOST_TEST(said.read() == "spawn 2 on 5");
  people.reported({1}, worn, noon);
  BOOST_TEST(said.read() == "");
  people.ready({2});
  BOOST_TEST(said.read() == "joined 2, cooling 1");
  people.drained({1});
  BOOST_TEST(said.read() == "end 1");
  people.down({1}, noon);
  BOOST_TEST(said.read() == "left 1, rotated 5");
  BOOST_TEST(people.rotations() == 1u);
  BOOST_TEST(people.health().lanes_alive == 1u);
}

BOOST_FIXTURE_TEST_CASE(two_worn_workers_are_replaced_one_after_the_other, two_cores) {
  people.reported({1}, worn, noon);
  people.reported({2}, worn, noon);
  BOOST_TEST(said.read() == "spawn 3 on 0");
  people.ready({3});
  people.drained({1});
  said.read();
  people.down({1}, noon);
  BOOST_TEST(said.read() == "left 1, rotated 0, spawn 4 on 1");
}

BOOST_FIXTURE_TEST_CASE(a_dead_worker_is_replaced_after_its_delay, one_core) {
  people.down({1}, noon);
  BOOST_TEST(said.read() == "left 1, restarted 5, later 5 in 10ms");
  BOOST_TEST(people.health().lanes_starting == 1u);
  people.spawn_due(5);
  BOOST_TEST(said.read() == "spawn 2 on 5");
  people.spawn_due(5);
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(a_replacement_that_dies_leaves_the_old_worker_hot, one_core) {
  people.reported({1}, worn, noon);
  said.read();
  people.down({2}, noon);
  BOOST_TEST(said.read() == "");
  people.reported({1}, worn, noon + 9ms);
  BOOST_TEST(said.read() == "");
  people.reported({1}, worn, noon + 10ms);
  BOOST_TEST(said.read() == "spawn 3 on 5");
}

BOOST_FIXTURE_TEST_CASE(an_old_worker_that_dies_before_its_replacement_is_ready_is_not_replaced_twice, one_core) {
  people.reported({1}, worn, noon);
  said.read();
  people.down({1}, noon);
  BOOST_TEST(said.read() == "left 1, restarted 5");
  people.ready({2});
  BOOST_TEST(said.read() == "joined 2");
}

BOOST_FIXTURE_TEST_CASE(a_core_whose_workers_keep_dying_is_given_up_and_the_other_goes_on, two_cores) {
  uint32_t lane = 1;
  for (uint32_t i = 0; i < 10; ++i) {
    people.down({lane}, noon);
    people.spawn_due(0);
    lane = 3 + i;
    people.ready({lane});
  }
  said.read();
  people.down({lane}, noon);
  BOOST_TEST(said.read() == "left 12, given up 0");
  BOOST_TEST(people.health().cores_given_up == 1u);
  BOOST_TEST(people.health().lanes_alive == 1u);
}

BOOST_FIXTURE_TEST_CASE(when_the_last_core_is_given_up_that_is_said_once, one_core) {
  uint32_t lane = 1;
  for (uint32_t i = 0; i < 10; ++i) {
    people.down({lane++}, noon);
    people.spawn_due(5);
  }
  said.read();
  people.down({lane}, noon); // this one never became ready
  BOOST_TEST(said.read() == "given up 5, unstaffed");
}

BOOST_FIXTURE_TEST_CASE(on_close_all_are_ended_and_nobody_is_started, two_cores) {
  people.down({2}, noon);
  said.read();
  people.close();
  BOOST_TEST(said.read() == "end 1");
  people.spawn_due(1);
  BOOST_TEST(!people.empty());
  people.down({1}, noon);
  BOOST_TEST(said.read() == "left 1");
  BOOST_TEST(people.empty());
}

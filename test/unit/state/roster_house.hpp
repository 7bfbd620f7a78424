// A roster whose effects are written down as words, with one core or with two, for tests that read them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "actors/state/roster.hpp"

namespace texlex::test {

using namespace std::chrono_literals;

inline constexpr instant noon{};
inline constexpr lane_usage worn{.bytes_handed_out = 1u << 20, .trims = 0};

// Writes down every effect as a word.
struct roster_diary : roster_effects {
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
  void left(lane_id lane, death cause) override {
    add("left " + std::to_string(lane.value) + (cause == death::outside ? " from outside" : ""));
  }
  void end(lane_id lane) override { add("end " + std::to_string(lane.value)); }
  void event(core_event event, uint32_t core) override {
    const char* names[] = {"restarted ", "rotated ", "rests ", "stuck "};
    add(names[static_cast<size_t>(event)] + std::to_string(core));
  }
  void unstaffed() override { add("unstaffed"); }
  void absent_too_long() override { add("absent too long"); }
  void too_many_stuck() override { add("too many stuck"); }
};

struct roster_house {
  explicit roster_house(std::vector<uint32_t> cores, rotation_budgets budgets = {.alloc_mb = 1}, uint32_t at_once = 1)
    : people{options(std::move(cores), budgets, at_once), said} {
    people.start(noon);
  }
  static roster_options options(std::vector<uint32_t> cores, const rotation_budgets& budgets, uint32_t at_once) {
    roster_options chosen;
    chosen.cores = std::move(cores);
    chosen.budgets = budgets;
    chosen.rotations_at_once = at_once;
    chosen.stuck_max = 2;
    return chosen;
  }
  // Everybody who is starting is ready, and what was said about it is forgotten.
  void settle(uint32_t first, uint32_t last) {
    for (uint32_t lane = first; lane <= last; ++lane) people.ready({lane});
    said.read();
  }
  ~roster_house() { people.check_invariants(); }
  roster_diary said;
  roster people;
};

struct one_core : roster_house {
  one_core() : roster_house({5}) {
    people.ready({1});
    said.read();
  }
};

struct two_cores : roster_house {
  two_cores() : roster_house({0, 1}) {
    people.ready({1});
    people.ready({2});
    said.read();
  }
};

} // namespace texlex::test

// Both ends of a link to a lane elsewhere, with a carrier between them that the test decides about.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/peers/lane_link.hpp"
#include "actors/peers/lane_port.hpp"
#include "test/unit/state/jobs.hpp"

namespace texlex::test {

/// What the giver's end has told, and its words that are under way.
struct giver_side final : lane_link_effects {
  void send(const giver_word& word) override { words.push_back(word); }
  void up(uint32_t capacity, uint64_t) override { note("up " + std::to_string(capacity)); }
  void suspected() override { note("suspected"); }
  void cleared() override { note("cleared"); }
  void down() override { note("down"); }
  void finished(job_id job, const outcome& result) override {
    note("finished " + std::to_string(job.value) + " " + std::to_string(result.token_count));
  }
  void handed_back(job_id job) override { note("back " + std::to_string(job.value)); }
  void lost(job_id job) override { note("lost " + std::to_string(job.value)); }
  void room_changed() override {}

  void note(const std::string& text) { told += (told.empty() ? "" : ", ") + text; }
  std::string read() { return std::exchange(told, {}); }

  std::string told;
  std::deque<giver_word> words;
};

struct lane_side final : lane_port_effects {
  void send(const lane_word& word) override { words.push_back(word); }
  void begin(const link_order& order) override { begun.push_back(order); }
  void stop(uint64_t number) override { stopped.push_back(number); }

  std::deque<lane_word> words;
  std::vector<link_order> begun;
  std::vector<uint64_t> stopped;
};

struct two_ends {
  giver_side giver;
  lane_side lane;
  lane_link link{{}, giver};
  lane_port port{{.capacity = 4, .document_bytes_max = 1000}, lane};
  instant time{std::chrono::hours{1}};

  two_ends() {
    link.start(time);
    carry();
    giver.read();
  }
  ~two_ends() {
    link.check_invariants();
    port.check_invariants();
  }

  /// All words that are under way arrive, and those that they bring about.
  void carry() {
    while (!giver.words.empty() || !lane.words.empty()) {
      if (!giver.words.empty()) port.heard(std::exchange(giver.words.front(), {}), time), giver.words.pop_front();
      if (!lane.words.empty()) link.heard(std::exchange(lane.words.front(), {}), time), lane.words.pop_front();
    }
  }
  void lose() {
    giver.words.clear();
    lane.words.clear();
  }
  void pass(duration length) {
    time += length;
    link.tick(time);
    port.tick(time);
  }
  /// The life that is over then.
  link_epoch begin_anew() {
    const link_epoch before = link.epoch();
    link.give_up(time);
    carry();
    giver.read();
    return before;
  }
  void order(uint64_t job) { link.order({job}, 1, 100, instant::max(), time); }
  void end(uint64_t number, uint32_t tokens) { port.ended(port.epoch(), number, counted(tokens), time); }
  /// As many attempts as may be, one after the other, so that what is granted grows.
  void warm_up() {
    for (uint64_t number = 1; number <= 8; ++number) {
      order(100 + number);
      carry();
      end(number, 1);
      carry();
    }
    giver.read();
    lane.begun.clear();
  }
};

} // namespace texlex::test

// A lane on another machine as the house has it. A part of house.cpp.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <spdlog/fmt/fmt.h>

#include "test/simulation/carrier.hpp"
#include "test/simulation/far_host.hpp"
#include "test/simulation/house.hpp"
#include "test/simulation/word_watch.hpp"

namespace texlex::simulation {

/// Lanes elsewhere are numbered apart from the roster's.
inline constexpr uint32_t far_lanes_from = 1'000'000;

// A link at home, the ways there and back, and the machine at the other end. While it is suspected its lane takes
// nothing.
struct house::far_lane final : lane_link_effects {
  far_lane(house& home, const far_plan& plan, uint32_t number)
    : home_(home), name(fmt::format("far{}", number)), plan_(plan), next_lane(far_lanes_from * number),
      link(plan.link, *this), outward(home.around_, fault::link_cut_outward, plan.way_min, plan.way_max,
                                      [this](const giver_word& word) { host.heard(word); }),
      homeward(home.around_, fault::link_cut_homeward, plan.way_min, plan.way_max,
               [this](const lane_word& word) { heard(word); }),
      host(home.around_, name, plan, [this](const lane_word& word) {
        home_.around_.note(name, "house", [&] { return text_of(word); });
        homeward.send(word);
      }) {}

  void start() {
    link.start(home_.around_.time.now());
    host.start();
    tick_later();
  }

  void heard(const lane_word& word) {
    if (home_.around_.time.now() < paused_until)
      return home_.around_.time.at(paused_until, [this, word] { heard(word); });
    if (const auto* const beat = std::get_if<lane_beat>(&word)) orders.came(beat->epoch, beat->orders);
    if (const auto* const result = std::get_if<link_result>(&word)) orders.came(result->epoch, result->number);
    if (const auto* const leaving = std::get_if<link_leaving>(&word)) orders.given_up(leaving->epoch, leaving->last);
    link.heard(word, home_.around_.time.now());
    if (std::visit([](const auto& each) { return each.epoch; }, word) == link.epoch())
      last_sign = home_.around_.time.now();
    link.check_invariants();
    home_.settle();
  }

  void tick_later() {
    home_.around_.time.at(std::max(link.next_tick(), paused_until), [this] {
      if (home_.closed_) return;
      if (home_.around_.faults.strikes(fault::house_pauses)) {
        paused_until = home_.around_.time.now() + home_.around_.chance.us(1000, 400'000);
        return tick_later();
      }
      tick(home_.around_.time.now());
      home_.settle();
      tick_later();
    });
  }

  void tick(instant now) {
    const bool late = now > link.next_tick() + plan_.link.late;
    if (late) last_sign = std::max(last_sign, now - plan_.link.beat);
    const link_state before = link.state();
    link.tick(now);
    require(!late || link.state() == before, "who looks late himself judges nobody");
    link.check_invariants();
    orders.check(link.epoch(), now, plan_.link.resend);
    require(link.state() != link_state::up || now - last_sign < plan_.link.suspect, "who is not heard is suspected");
  }

  void join() {
    lane = {++next_lane};
    home_.soon_.push_back([this, joining = *lane] {
      home_.broker_event([&](dispatcher& d) {
        d.lane_joined(joining, {.capacity = plan_.port.capacity,
                                .document_bytes_max = plan_.port.document_bytes_max,
                                .takes = link.room(),
                                .remote = true});
      });
    });
  }

  void leave(death cause) {
    const auto leaving = std::exchange(lane, std::nullopt);
    if (!leaving) return;
    home_.soon_.push_back([this, id = *leaving, cause] { home_.tell_left(id, cause); });
  }

  // lane_link_effects
  void send(const giver_word& word) override {
    if (const auto* const order = std::get_if<link_order>(&word))
      orders.said(order->epoch, order->number, home_.around_.time.now());
    home_.around_.note("house", name, [&] { return text_of(word); });
    outward.send(word);
  }
  void up(uint32_t, uint64_t) override { join(); }
  void suspected() override {
    if (!lane) return;
    home_.soon_.push_back([this, id = *lane] {
      home_.broker_now().lane_takes(id, 0);
      home_.broker_now().lane_suspected(id);
    });
  }
  void cleared() override { room_changed(); }
  void down() override { leave(death::failure); }
  void finished(job_id job, const outcome& result) override {
    if (!lane) return;
    ++home_.far_answers_;
    home_.soon_.push_back([this, id = *lane, job, result] {
      tell_room(id, 1);
      home_.finished_elsewhere(id, job, result);
    });
  }
  void lost(job_id) override {} // with its lane
  void handed_back(job_id job) override { finished(job, {.status = status::cancelled}); }
  void room_changed() override {
    if (!lane) return;
    home_.soon_.push_back([this, id = *lane] { tell_room(id, 0); });
  }
  // Of what it has, so many have ended already: before their place is given away, their credit must be known.
  void tell_room(lane_id id, uint32_t ended) {
    if (link.state() != link_state::up) return;
    const auto in_flight = static_cast<uint32_t>(home_.broker_.lanes().in_flight(id));
    const uint32_t attempts = std::max(in_flight, ended) - ended + link.room();
    home_.broker_now().lane_takes(id, attempts);
  }

  static std::string text_of(const giver_word& word) {
    if (const auto* const order = std::get_if<link_order>(&word))
      return fmt::format("order {} job {}", order->number, order->job.value);
    if (const auto* const abandon = std::get_if<link_abandon>(&word)) return fmt::format("abandon {}", abandon->number);
    return std::holds_alternative<link_greeting>(word) ? "greeting" : "beat";
  }
  static std::string text_of(const lane_word& word) {
    if (const auto* const result = std::get_if<link_result>(&word))
      return fmt::format("result {} job {} {}", result->number, result->job.value, name_of(result->result.status));
    if (const auto* const beat = std::get_if<lane_beat>(&word))
      return fmt::format("beat credit {}", beat->credit.attempts);
    if (const auto* const leaving = std::get_if<link_leaving>(&word))
      return fmt::format("leaving after order {}", leaving->last);
    return std::holds_alternative<link_welcome>(word) ? "welcome" : "stranger";
  }

  house& home_;
  std::string name;
  const far_plan& plan_;
  uint32_t next_lane;
  std::optional<lane_id> lane;
  instant paused_until{}, last_sign{};
  word_watch orders;
  lane_link link;
  carrier<giver_word> outward;
  carrier<lane_word> homeward;
  far_host host;
};

} // namespace texlex::simulation

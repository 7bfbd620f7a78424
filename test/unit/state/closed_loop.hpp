// A dispatcher and clients that each send a request, wait for its answer and send the next one at once, in virtual
// time; what was refused is sent again when the refusal says so. Lanes take as long as a machine of some speed would.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "actors/state/dispatcher.hpp"
#include "runtime/invariant.hpp"

namespace texlex::test {

/// Clients of one kind.
struct closed_loop_group {
  uint32_t clients = 8;
  uint64_t bytes = 4096;
  duration service = std::chrono::microseconds{10};
  bool random_bytes = false;
  uint32_t ahead = 1; ///< requests of each in flight
};

class closed_loop : dispatch_effects {
public:
  closed_loop(uint64_t seed, const dispatch_options& options, std::vector<closed_loop_group> groups, uint32_t lanes = 2)
    : chance_(seed), groups_(std::move(groups)), running_(lanes), broker_(options, *this), ok_(groups_.size()),
      refused_(groups_.size()), longest_(groups_.size()) {
    uint64_t bytes = 1;
    for (const closed_loop_group& each : groups_) bytes = std::max(bytes, each.bytes);
    for (uint64_t i = 0; i < bytes; ++i) prose_.push_back(static_cast<uint8_t>('a' + i % 23));
    for (uint64_t i = 0; i < bytes; ++i) random_.push_back(static_cast<uint8_t>(chance_()));
    for (uint32_t lane = 0; lane < lanes; ++lane) broker_.at(now_).lane_joined({lane});
  }

  void run(duration length) {
    const instant end = now_ + length;
    uint64_t client = 0;
    for (uint32_t group = 0; group < groups_.size(); ++group)
      for (uint32_t i = 0; i < groups_[group].clients; ++i, ++client)
        for (uint32_t ahead = 0; ahead < groups_[group].ahead; ++ahead)
          at(std::chrono::microseconds{chance_() % 1000}, [this, client, group] { send(client, group); });
    at(std::chrono::milliseconds{2}, [this] { tick(); });
    while (!events_.empty() && now_ < end) {
      auto next = events_.top();
      events_.pop();
      now_ = next.when;
      next.happens();
      if (++happened_ % 1000 == 0) broker_.check_invariants();
    }
  }

  [[nodiscard]] uint64_t ok(size_t group = 0) const { return ok_[group]; }
  [[nodiscard]] uint64_t refused(size_t group = 0) const { return refused_[group]; }
  [[nodiscard]] duration longest(size_t group = 0) const { return longest_[group]; }

private:
  struct happening {
    instant when;
    uint64_t number = 0;
    std::function<void()> happens;
    bool operator<(const happening& other) const { return std::tie(other.when, other.number) < std::tie(when, number); }
  };
  struct sent_job {
    uint64_t client = 0;
    uint32_t group = 0;
    instant when;
  };

  void at(duration later, std::function<void()> happens) {
    events_.push({now_ + later, number_++, std::move(happens)});
  }

  void tick() {
    broker_.at(now_).tick();
    at(std::chrono::milliseconds{2}, [this] { tick(); });
  }

  void send(uint64_t client, uint32_t group) {
    const closed_loop_group& of = groups_[group];
    auto made = std::make_shared<job>();
    made->id = {sent_.size() + 1};
    made->client = client;
    made->document = {of.random_bytes ? random_.data() : prose_.data(), of.bytes};
    sent_.push_back({client, group, now_});
    broker_.at(now_).submit(std::move(made));
  }

  void run(lane_id lane, const job_ptr& job, uint32_t) override {
    const auto usual = static_cast<double>(groups_[sent_[job->id.value - 1].group].service.count());
    const double factor = 0.8 + 0.2 * std::exponential_distribution<double>{}(chance_);
    const uint64_t run = ++running_.at(lane.value);
    const auto takes = duration{static_cast<duration::rep>(usual * factor)};
    at(takes, [this, lane, run, id = job->id, takes] {
      if (running_[lane.value] == run) broker_.at(now_).finished(lane, id, {.status = status::ok}, {.took = takes});
    });
  }

  void answer(const closed_job& closed) override {
    const sent_job sent = sent_.at(closed.last.job->id.value - 1);
    const bool refused = closed.result.status == status::overload;
    ++(refused ? refused_ : ok_)[sent.group];
    if (!refused) longest_[sent.group] = std::max(longest_[sent.group], now_ - sent.when);
    const duration later = std::chrono::milliseconds{refused ? closed.result.token_count : 0};
    at(later + std::chrono::microseconds{5}, [this, sent] { send(sent.client, sent.group); });
  }

  void arm(job_id, duration) override {}
  void disarm(job_id) override {}
  void drained(lane_id) override {}
  void stuck(lane_id, death) override { require(false, "no attempt here takes as long as a watchdog waits"); }

  std::mt19937_64 chance_;
  std::vector<closed_loop_group> groups_;
  std::vector<uint64_t> running_; ///< attempts, by lane
  std::vector<uint8_t> prose_, random_;
  instant now_{std::chrono::hours{1}};
  std::priority_queue<happening> events_;
  uint64_t number_ = 0, happened_ = 0;
  dispatcher broker_;
  std::vector<sent_job> sent_;
  std::vector<uint64_t> ok_, refused_;
  std::vector<duration> longest_;
};

} // namespace texlex::test

// A dispatcher under load in virtual time: open-loop clients, lanes that take as long as their documents need, stall
// now and then or all become slower for a while. Everything follows from one seed.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "actors/state/dispatcher.hpp"
#include "runtime/invariant.hpp"

namespace texlex::test {

/// Documents of one size.
struct simulated_stream {
  uint64_t bytes = 4096;
  duration service = std::chrono::microseconds{200}; ///< of an attempt, at the mean
  double per_s = 1000;                               ///< Poisson
  uint32_t clients = 16;                             ///< they take turns
  bool random_bytes = false;
};

/// What is wrong, and when.
struct simulated_trouble {
  uint32_t stall_ppm = 0; ///< of the first lane's attempts
  duration stall = std::chrono::milliseconds{50};
  double slow_factor = 1; ///< of all lanes, from `slow_from` to `slow_to`
  duration slow_from{0}, slow_to{0};
};

struct simulated_answer {
  duration sent{0}; ///< since the start
  duration took{0};
  uint32_t stream = 0;
  status how = status::ok;
};

class simulated_load : dispatch_effects {
public:
  simulated_load(uint64_t seed, const dispatch_options& options, std::vector<simulated_stream> streams,
                 const simulated_trouble& trouble = {}, uint32_t lanes = 2)
    : chance_(seed), streams_(std::move(streams)), trouble_(trouble), lanes_(lanes), broker_(options, *this) {
    for (uint32_t lane = 0; lane < lanes; ++lane) broker_.at(now_).lane_joined({lane});
  }

  /// Clients send for that long; ends when all is answered.
  void run(duration length) {
    for (uint32_t s = 0; s < streams_.size(); ++s) plan_arrival(s, length);
    while (!events_.empty()) {
      const event next = events_.top();
      events_.pop();
      now_ = next.when;
      happen(next, length);
      plan_tick();
      if (++happened_ % 1000 == 0) broker_.check_invariants(); // each time would take longer than all the rest
    }
    broker_.check_invariants();
    require(broker_.ledger().open_count() == 0, "every job was answered");
  }

  [[nodiscard]] const std::vector<simulated_answer>& answers() const { return answers_; }
  [[nodiscard]] uint64_t jobs() const { return sent_.size(); }
  [[nodiscard]] const hedge_counts& hedges() const { return broker_.hedges(); }
  [[nodiscard]] size_t longest_queue() const { return longest_queue_; }

  /// The value below which so many thousandths of the chosen answers took; they must be enough to tell.
  [[nodiscard]] duration took(uint32_t permille, const std::function<bool(const simulated_answer&)>& chosen) const {
    std::vector<duration> all;
    for (const simulated_answer& each : answers_)
      if (chosen(each)) all.push_back(each.took);
    require(all.size() >= 10'000 / (1000 - permille), "ten answers lie above the percentile");
    const auto at = all.begin() + static_cast<ptrdiff_t>(all.size() * permille / 1000);
    std::nth_element(all.begin(), at, all.end());
    return *at;
  }
  [[nodiscard]] uint64_t count(const std::function<bool(const simulated_answer&)>& chosen) const {
    return static_cast<uint64_t>(std::count_if(answers_.begin(), answers_.end(), chosen));
  }

private:
  enum class kind : uint8_t { arrival, end, ring, tick };
  struct event {
    instant when;
    uint64_t number; ///< of two at one instant the one planned first comes first
    kind what;
    uint64_t subject; ///< stream, lane or job
    uint64_t run = 0; ///< of the lane
    bool operator<(const event& other) const { return std::tie(other.when, other.number) < std::tie(when, number); }
  };
  struct lane_state {
    job_id job;
    uint64_t run = 0; ///< counts its attempts
    bool busy = false;
    bool stopped = false;
  };
  struct sent_job {
    instant when;
    uint32_t stream = 0;
    bool answered = false;
  };

  void plan(duration later, kind what, uint64_t subject, uint64_t run = 0) {
    events_.push({now_ + later, next_number_++, what, subject, run});
  }
  double exponential() { return -std::log1p(-std::uniform_real_distribution<double>{}(chance_)); }

  void plan_arrival(uint32_t stream, duration length) {
    const auto gap = duration{static_cast<duration::rep>(exponential() * 1e9 / streams_[stream].per_s)};
    if (now_ - start_ + gap < length) plan(gap, kind::arrival, stream);
  }
  void plan_tick() {
    longest_queue_ = std::max(longest_queue_, broker_.waiting().size());
    const auto next = broker_.next_tick();
    if (!next || now_ + *next >= ticks_at_) return;
    ticks_at_ = now_ + *next;
    plan(*next, kind::tick, 0);
  }

  void happen(const event& what, duration length) {
    switch (what.what) {
      case kind::arrival:
        plan_arrival(static_cast<uint32_t>(what.subject), length);
        submit(static_cast<uint32_t>(what.subject));
        break;
      case kind::end: end_attempt(static_cast<uint32_t>(what.subject), what.run); break;
      case kind::ring:
        if (disarmed_.erase(what.subject) == 0) broker_.at(now_).overdue({what.subject});
        break;
      case kind::tick:
        if (now_ < ticks_at_) break; // an earlier one was planned after this
        ticks_at_ = instant::max();
        broker_.at(now_).tick();
    }
  }

  // All of a kind are cut from one: nobody reads more than a sample.
  [[nodiscard]] std::span<const uint8_t> document_of(const simulated_stream& from) {
    std::vector<uint8_t>& text = from.random_bytes ? random_bytes_ : prose_;
    while (text.size() < from.bytes)
      text.push_back(from.random_bytes ? static_cast<uint8_t>(text_chance_())
                                       : static_cast<uint8_t>('a' + text.size() % 23));
    return {text.data(), from.bytes};
  }

  void submit(uint32_t stream) {
    const simulated_stream& from = streams_[stream];
    auto made = std::make_shared<job>();
    made->id = {sent_.size() + 1};
    made->client = stream * 1000 + made->id.value % from.clients;
    made->document = document_of(from);
    sent_.push_back({now_, stream});
    broker_.at(now_).submit(std::move(made));
  }

  duration service(const simulated_stream& of, uint32_t lane) {
    double factor = 0.8 + 0.2 * exponential();
    const duration since = now_ - start_;
    if (since >= trouble_.slow_from && since < trouble_.slow_to) factor *= trouble_.slow_factor;
    auto takes = duration{static_cast<duration::rep>(factor * static_cast<double>(of.service.count()))};
    if (lane == 0 && chance_() % 1'000'000 < trouble_.stall_ppm) takes += trouble_.stall;
    return takes;
  }

  void run(lane_id lane, const job_ptr& job, uint32_t) override {
    lane_state& at = lanes_.at(lane.value);
    require(!at.busy, "a lane has one attempt at a time");
    at = {.job = job->id, .run = at.run + 1, .busy = true};
    plan(service(streams_[sent_[job->id.value - 1].stream], lane.value), kind::end, lane.value, at.run);
  }

  void end_attempt(uint32_t lane, uint64_t run) {
    lane_state& at = lanes_.at(lane);
    if (!at.busy || at.run != run) return; // it was stopped before
    at.busy = false;
    const outcome result{.status = at.stopped ? status::cancelled : status::ok};
    broker_.at(now_).finished({lane}, at.job, result);
  }

  void answer(const closed_job& closed) override {
    sent_job& sent = sent_.at(closed.last.job->id.value - 1);
    require(!sent.answered, "a job is answered once");
    sent.answered = true;
    answers_.push_back({sent.when - start_, now_ - sent.when, sent.stream, closed.result.status});
    for (uint32_t lane = 0; lane < lanes_.size(); ++lane) {
      lane_state& other = lanes_[lane];
      if (!other.busy || other.job != closed.last.job->id) continue;
      other.stopped = true;
      plan(std::chrono::microseconds{20}, kind::end, lane, other.run); // at its next chunk
    }
  }

  void arm(job_id id, duration delay) override { plan(delay + std::chrono::microseconds{100}, kind::ring, id.value); }
  void disarm(job_id id) override { disarmed_.insert(id.value); }
  void drained(lane_id) override {}
  void stuck(lane_id, death) override { require(false, "no attempt here takes as long as a watchdog waits"); }

  std::mt19937_64 chance_;
  std::mt19937_64 text_chance_{1};
  std::vector<uint8_t> prose_, random_bytes_;
  std::vector<simulated_stream> streams_;
  simulated_trouble trouble_;
  std::vector<lane_state> lanes_;
  const instant start_{std::chrono::hours{1}};
  instant now_ = start_;
  instant ticks_at_ = instant::max();
  std::priority_queue<event> events_;
  uint64_t next_number_ = 0;
  uint64_t happened_ = 0;
  dispatcher broker_;
  std::vector<sent_job> sent_;
  std::unordered_set<uint64_t> disarmed_;
  std::vector<simulated_answer> answers_;
  size_t longest_queue_ = 0;
};

} // namespace texlex::test

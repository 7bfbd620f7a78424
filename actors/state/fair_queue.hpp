// Jobs that wait for a lane, so that no client can make the others wait for it. Clients take turns (deficit round
// robin, Shreedhar and Varghese, 1995): a turn earns a quantum of lane time, and a client's next job goes once it has
// earned what the job is expected to take. When its attempt has ended the client is charged what it took beyond that,
// or given back what it did not, also if it has nothing waiting by then: so that a client pays for time, whatever its
// documents look like. A short document passes the long ones of others, and a long one's turn comes after a bounded
// time. Within a client short documents pass long ones too, but after eight in a row a long one that waits is next.
// Both starve nobody. Bounded in all and per client; no memory is asked for while it has room.
//
// Of one client's jobs that are as short as each other interactive ones go first. Its background work takes turns as
// if it were another client's, whose time costs sixteen times as much: so it has what others leave, or a little. What
// waits there says nothing of how late the others are, and makes room for them.
//
//   returned (lost their lane)  ──▶ first, always
//   client 7   short ● ● ●   long ■      ┐
//   client 9   short ●                   ├─ take turns ──▶
//   client 4                 long ■ ■    ┘
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/job.hpp"
#include "actors/state/client_debts.hpp"
#include "actors/state/slot_heap.hpp"
#include "actors/state/slot_index.hpp"
#include "actors/state/slot_list.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct fair_queue_options {
  uint32_t count_max = 1024;
  uint32_t count_per_client_max = 256;
  duration quantum = std::chrono::microseconds{64};
  duration short_max = std::chrono::microseconds{128};
  duration lengthy_min = std::chrono::milliseconds{4};  ///< longer ones are left out by `pop` if it is told so
  uint32_t run_max = 8;                                 ///< of jobs of a client that pass longer ones of it
  duration job_overhead = std::chrono::microseconds{4}; ///< added to each: an empty document takes its turn too
  uint32_t background_price = 16;                       ///< of its time, for that of others
};

enum class push_verdict : uint8_t { queued, queue_full, client_full };
enum class pop_order : uint8_t { oldest_first, newest_first };
enum class pop_from : uint8_t { all, not_lengthy };
enum class expiry : uint8_t { waited_too_long, past_deadline };

struct expired_job {
  job_id job;
  expiry why = expiry::waited_too_long;
};

/// Whoever takes turns: a client, or the background work of one.
struct turn_taker {
  turn_taker(uint64_t its_client, request_priority priority = request_priority::normal) noexcept
    : client(its_client), background(priority == request_priority::background) {}

  uint64_t client;
  bool background;

  [[nodiscard]] uint64_t key() const noexcept { return client << 1 | uint64_t{background}; } ///< clients are counted
};

/// A job that is to wait.
struct waiting_job {
  uint64_t client = 0;
  job_id job{};
  duration expected{0}; ///< lane time
  bool patient = false; ///< may wait longer than others, and is not pushed out
  instant deadline = instant::max();
  request_priority priority = request_priority::normal;

  [[nodiscard]] turn_taker taker() const noexcept { return {client, priority}; }
};

class fair_queue {
public:
  explicit fair_queue(const fair_queue_options& options = {});

  /// `now` must not go back from one call to the next. Each job once.
  [[nodiscard]] push_verdict push_back(const waiting_job& job, instant now);

  /// For a job that had a lane and lost it: ahead of all others, and never refused, neither here nor for having waited,
  /// as it was let in before; only its own deadline still holds. Its client has paid for it.
  void push_front(job_id job, instant now, instant deadline = instant::max());

  /// The next job, which leaves the queue. The order is that of jobs of one client and band; clients take turns anyway.
  [[nodiscard]] std::optional<job_id> pop(pop_order order, pop_from from = pop_from::all) noexcept;

  /// An attempt that a client had paid for as expected took so much longer; less than zero: shorter.
  void charge(turn_taker whose, duration beyond_expected) noexcept;

  /// Removes those that have waited longer than `wait_max`, patient ones than `patient_wait_max`, or are past their
  /// deadline, and adds them to `out`.
  void expire(instant now, duration wait_max, duration patient_wait_max, std::vector<expired_job>& out);

  /// The newest job of background work, or else the newest, no patient one, of the client with the most time waiting:
  /// it leaves the queue to make room for another client's. Nothing if nobody has twice as much waiting as that client
  /// would have; and background work makes nobody leave.
  [[nodiscard]] std::optional<job_id> push_out(turn_taker newcomer, duration expected) noexcept;

  /// True if the job was waiting.
  bool remove(job_id job) noexcept;
  [[nodiscard]] bool holds(job_id job) const noexcept { return slot_of_job_.find(job.value) != no_slot; }

  [[nodiscard]] size_t size() const noexcept { return of_clients() + returned_.count; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] size_t size_of(turn_taker whose) const noexcept;
  [[nodiscard]] bool only_lengthy() const noexcept { return lengthy_ == of_clients(); }

  /// Of jobs that are neither patient nor in the background: how many clients have one, and for how long it takes to
  /// run those of one, or all.
  [[nodiscard]] size_t clients() const noexcept { return greediest_.count(); }
  [[nodiscard]] duration cost_of(uint64_t client) const noexcept;
  [[nodiscard]] duration cost() const noexcept { return cost_; }
  [[nodiscard]] bool only_patient() const noexcept { return waiting_.count + returned_.count == 0; }

  /// The same of patient ones, that are not in the background either.
  [[nodiscard]] duration patient_cost() const noexcept { return patient_cost_; }

  [[nodiscard]] duration cost_of_document(duration expected) const noexcept { return expected + options_.job_overhead; }
  /// Those neither patient nor in the background count; 0 if nobody waits.
  [[nodiscard]] duration longest_wait(instant now) const noexcept;

  void check_invariants() const;

private:
  enum band : uint8_t { brief, large, lengthy, band_count };

  struct entry {
    job_id job;
    duration cost{0};
    instant since;
    instant deadline;
    uint32_t client = no_slot; ///< none: it was returned
    band in = brief;
    bool patient = false;
    bool interactive = false;
  };
  /// Those that go first, and the others.
  using band_lists = std::array<slot_list, 2>;
  struct client_record {
    turn_taker whose{0};
    duration earned{0};  ///< not spent yet; less than zero: it owes that
    duration waiting{0}; ///< of its jobs, but for patient ones; none of what is in the background
    std::array<band_lists, band_count> bands{};
    uint32_t run = 0;        ///< of jobs that passed longer ones
    bool turn_begun = false; ///< it has had its quantum, and may go on while it can pay
    [[nodiscard]] bool has(band in) const noexcept { return !bands[in][0].empty() || !bands[in][1].empty(); }
    [[nodiscard]] uint32_t count() const noexcept {
      uint32_t jobs = 0;
      for (const band_lists& of_band : bands) jobs += of_band[0].count + of_band[1].count;
      return jobs;
    }
  };

  uint32_t place(job_id job, instant now, instant deadline);
  [[nodiscard]] size_t of_clients() const noexcept { return waiting_.count + patient_.count + background_.count; }
  uint32_t client_slot(turn_taker whose) noexcept;
  [[nodiscard]] duration price_of(turn_taker whose, duration time) const noexcept {
    return whose.background ? time * options_.background_price : time;
  }
  [[nodiscard]] duration price_of(const entry& e) const noexcept { return price_of(clients_[e.client].whose, e.cost); }
  [[nodiscard]] slot_list& band_list_of(const entry& e) noexcept {
    return clients_[e.client].bands[e.in][e.interactive ? 0 : 1];
  }
  [[nodiscard]] uint32_t candidate(const client_record& client, pop_order order, pop_from from) const noexcept;
  [[nodiscard]] uint32_t next_in_turn(pop_order order, pop_from from) noexcept;
  [[nodiscard]] uint32_t newest_of_greediest(turn_taker newcomer, duration expected) const noexcept;
  void end_turn(uint32_t client) noexcept;
  void earn(client_record& client, duration amount, pop_order order, bool passed_over) const noexcept;
  void skip_rounds(pop_order order, pop_from from) noexcept;
  void pay(uint32_t slot) noexcept;
  void count_in(uint32_t slot, int sign) noexcept;
  void take_out(uint32_t slot) noexcept;
  void leave_client(uint32_t slot) noexcept;
  [[nodiscard]] slot_list& list_of(const entry& e) noexcept;

  fair_queue_options options_;
  std::vector<entry> entries_;
  slot_links by_arrival_; ///< lists `free_`, `waiting_`, `patient_`, `background_`, `returned_`
  slot_list free_, waiting_, patient_, background_, returned_;
  slot_links in_band_; ///< lists of client_record::bands
  slot_index slot_of_job_;

  std::vector<client_record> clients_;
  slot_links in_turn_; ///< lists `free_clients_`, `turns_`
  slot_list free_clients_, turns_;
  slot_index slot_of_client_;
  client_debts debts_; ///< of clients that have nothing waiting
  duration cost_{0}, patient_cost_{0};
  uint32_t lengthy_ = 0; ///< of all that wait, without those that were returned
  duration earned_{0};   ///< by a client that always waited

  slot_heap by_deadline_; ///< only of jobs that have one
  slot_heap greediest_;   ///< clients, by what they have waiting
};

} // namespace texlex

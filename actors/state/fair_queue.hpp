// Jobs that wait for a lane, so that no client can make the others wait for it. Clients take turns (deficit round
// robin, Shreedhar and Varghese, 1995): a turn earns a quantum of bytes, and a client's next job goes once it has
// earned its size. So a small document passes the large ones of others, and a large one's turn comes after a bounded
// number of bytes. Within a client small documents pass large ones too, but after eight in a row a large one that waits
// is next. Both starve nobody. Bounded in all and per client; no memory is asked for while it has room.
//
//   returned (lost their lane)  ──▶ first, always
//   client 7   small ● ● ●   large ■     ┐
//   client 9   small ●                   ├─ take turns ──▶
//   client 4                 large ■ ■   ┘
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/job.hpp"
#include "actors/state/slot_heap.hpp"
#include "actors/state/slot_index.hpp"
#include "actors/state/slot_list.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct fair_queue_options {
  uint32_t count_max = 1024;
  uint32_t count_per_client_max = 256;
  uint32_t quantum_bytes = 64u << 10;
  uint32_t small_bytes_max = 64u << 10;
  uint32_t small_run_max = 8;             ///< small documents in a row while a large one of the same client waits
  uint32_t job_overhead_bytes = 4u << 10; ///< added to each size: an empty document takes its turn too
};

enum class push_verdict : uint8_t { queued, queue_full, client_full };
enum class pop_order : uint8_t { oldest_first, newest_first };
enum class expiry : uint8_t { waited_too_long, past_deadline };

struct expired_job {
  job_id job;
  expiry why = expiry::waited_too_long;
};

class fair_queue {
public:
  explicit fair_queue(const fair_queue_options& options = {});

  /// `now` must not go back from one call to the next. Each job once.
  [[nodiscard]] push_verdict push_back(uint64_t client, job_id job, uint64_t bytes, instant now,
                                       instant deadline = instant::max());

  /// For a job that had a lane and lost it: ahead of all others, and never refused, neither here nor for having waited,
  /// as it was let in before; only its own deadline still holds. Its client has paid for it.
  void push_front(job_id job, instant now, instant deadline = instant::max());

  /// The next job, which leaves the queue. The order is that of jobs of one client and band; clients take turns anyway.
  [[nodiscard]] std::optional<job_id> pop(pop_order order) noexcept;

  /// Removes those that have waited longer than `wait_max` or are past their deadline, and adds them to `out`.
  void expire(instant now, duration wait_max, std::vector<expired_job>& out);

  /// True if the job was waiting.
  bool remove(job_id job) noexcept;

  [[nodiscard]] size_t size() const noexcept { return waiting_.count + returned_.count; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] size_t clients() const noexcept { return turns_.count; }
  [[nodiscard]] size_t size_of(uint64_t client) const noexcept;

  /// The bytes of documents, and what is added to each, of all that a client has waiting.
  [[nodiscard]] uint64_t cost_of(uint64_t client) const noexcept;

  /// The same of all clients.
  [[nodiscard]] uint64_t cost() const noexcept { return cost_; }

  /// The same of one document.
  [[nodiscard]] uint64_t cost_of_document(uint64_t bytes) const noexcept { return bytes + options_.job_overhead_bytes; }
  [[nodiscard]] duration longest_wait(instant now) const noexcept; ///< 0 if nobody waits

  void check_invariants() const;

private:
  enum band : uint8_t { small, large, band_count };

  struct entry {
    job_id job;
    uint64_t cost = 0;
    instant since;
    instant deadline;
    uint32_t client = no_slot; ///< none: it was returned
    band in = small;
  };
  struct client_record {
    uint64_t id = 0;
    uint64_t earned = 0;  ///< bytes, not spent yet
    uint64_t waiting = 0; ///< bytes, of its jobs
    std::array<slot_list, band_count> bands{};
    uint32_t small_run = 0;
    [[nodiscard]] uint32_t count() const noexcept { return bands[small].count + bands[large].count; }
  };

  uint32_t place(job_id job, instant now, instant deadline);
  uint32_t client_slot(uint64_t id) noexcept;
  [[nodiscard]] uint32_t candidate(const client_record& client, pop_order order) const noexcept;
  void end_turn() noexcept;
  void skip_rounds(pop_order order) noexcept;
  void pay(uint32_t slot) noexcept;
  void take_out(uint32_t slot) noexcept;
  void leave_client(uint32_t slot) noexcept;

  fair_queue_options options_;
  std::vector<entry> entries_;
  slot_links by_arrival_; ///< lists `free_`, `waiting_`, `returned_`
  slot_list free_, waiting_, returned_;
  slot_links in_band_; ///< lists of client_record::bands
  slot_index slot_of_job_;

  std::vector<client_record> clients_;
  slot_links in_turn_; ///< lists `free_clients_`, `turns_`
  slot_list free_clients_, turns_;
  slot_index slot_of_client_;
  uint64_t cost_ = 0;          ///< of all that wait, without those that were returned
  bool quantum_given_ = false; ///< to the client whose turn it is

  slot_heap by_deadline_; ///< only of jobs that have one
};

} // namespace texlex

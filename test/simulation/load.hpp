// A house under load, without faults: clients that send at a rate whatever becomes of it, or that wait for answers.
// Attempts take as long as the load says, and lanes may stall or be slow. What tests ask of it is the tail, and who is
// refused; everything follows from one seed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "test/simulation/core_time.hpp"
#include "test/simulation/house.hpp"
#include "test/simulation/plan.hpp"
#include "test/simulation/surroundings.hpp"
#include "test/support/answer_watch.hpp"

namespace texlex::simulation {

/// Clients of one kind, and their documents, which are of one size.
struct load_stream {
  uint32_t clients = 16;
  uint64_t bytes = 4096;
  duration service = std::chrono::microseconds{200}; ///< of an attempt, at the mean
  bool random_bytes = false;
  double per_s = 0;   ///< of all clients, in turn: Poisson. 0: each sends again once it has an answer, or may
  uint32_t ahead = 1; ///< then: requests of each in flight
};

/// What is wrong with lanes, and when.
struct load_trouble {
  uint32_t stall_ppm = 0; ///< of the first lane's attempts
  duration stall = std::chrono::milliseconds{50};
  double slow_factor = 1;                 ///< of all lanes
  uint32_t starved = 0;                   ///< so many of the first lanes have their cores now and then only
  duration from{0}, to = duration::max(); ///< when they are slow or starved
  bool threads_told = true;               ///< the system tells of lanes' threads
};

struct load_answer {
  duration sent{0}; ///< since the start
  duration took{0};
  uint32_t stream = 0;
  status how = status::ok;
};

class load {
public:
  using choice = std::function<bool(const load_answer&)>;

  load(uint64_t seed, const dispatch_options& options, std::vector<load_stream> streams,
       const load_trouble& trouble = {}, uint32_t lanes = 2);

  /// Clients send for that long; ends when all is answered. Aborts if something is answered twice, wrongly or never.
  /// May be called again, to go on.
  void run(duration length);

  [[nodiscard]] uint64_t jobs() const noexcept { return sent_.size(); }
  [[nodiscard]] const hedge_counts& hedges() const noexcept { return house_.broker().hedges(); }
  [[nodiscard]] uint64_t ejections() const noexcept { return house_.broker().ejections(); }
  [[nodiscard]] uint64_t written_off() const noexcept { return house_.written_off(); } ///< lanes
  [[nodiscard]] size_t longest_queue() const noexcept { return longest_queue_; }

  [[nodiscard]] uint64_t count(const choice& chosen) const;
  /// The value below which so many thousandths of the chosen answers took; they must be enough to tell.
  [[nodiscard]] duration took(uint32_t permille, const choice& chosen) const;
  /// What the longest of the chosen answers took.
  [[nodiscard]] duration longest(const choice& chosen) const;

private:
  struct sent_job {
    instant when;
    uint32_t stream = 0;
    uint64_t client = 0; ///< of the stream
    test::answer_watch answers{};
  };

  void staff();
  void begin(uint32_t stream);
  void send_at_rate(uint32_t stream);
  void send(uint32_t stream, uint64_t client);
  void answered(job_id job, const outcome& result);
  [[nodiscard]] pace pace_of(uint32_t core, const job& work);
  [[nodiscard]] duration since_begun() const noexcept { return around_.time.now() - begun_; }
  [[nodiscard]] std::span<const uint8_t> document_of(const load_stream& from);

  std::vector<load_stream> streams_;
  load_trouble trouble_;
  world_plan plan_;
  surroundings around_;
  house house_;
  dice text_chance_{1};
  std::vector<uint8_t> prose_, random_bytes_;
  instant begun_{}, end_{};
  std::vector<core_time> cores_;
  std::vector<sent_job> sent_; ///< by job, from 1
  std::vector<load_answer> answers_;
  size_t longest_queue_ = 0;
};

} // namespace texlex::simulation

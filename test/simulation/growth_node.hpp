// A node of a cluster that grows: its dispatcher, its workers, and the loans that it gives and has. A part of
// growth.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/peers/node_frames.hpp"
#include "actors/peers/peer_book.hpp"
#include "actors/state/dispatcher.hpp"
#include "test/simulation/dice.hpp"
#include "test/simulation/growth.hpp"
#include "test/simulation/growth_loan.hpp"
#include "test/simulation/growth_network.hpp"
#include "test/simulation/timeline.hpp"

namespace texlex::simulation {

/// What a node has done and sent since this was set to nothing.
struct growth_counts {
  uint64_t attempts = 0, lent = 0;
  uint64_t beats = 0, control_bytes = 0; ///< frames other than chunks
};

/// All documents that are so long are alike.
[[nodiscard]] std::span<const uint8_t> document_of(uint64_t bytes);

/// What all nodes have in common.
struct growth_world {
  explicit growth_world(const growth_options& asked)
    : options(asked), network(time, asked.nodes, asked.latency, asked.gigabits), chance(asked.seed) {}

  growth_options options;
  timeline time;
  growth_network network;
  dice chance;
  std::unordered_map<uint64_t, duration> service{}; ///< by job of a client: what it takes a worker
  std::vector<std::unique_ptr<growth_node>> nodes{};
  std::vector<std::unique_ptr<growth_loan>> loans{}; ///< those that are over too, as words for them may be under way
  uint64_t suspicions = 0, losses = 0, returned = 0;
};

class growth_node final : dispatch_effects {
public:
  growth_node(growth_world& world, uint32_t number);

  /// Workers, and the addresses of all others.
  void start();
  void submit(job_id id, uint64_t client, std::span<const uint8_t> document);
  std::function<void(job_id, const outcome&, duration took)> on_answer; ///< once a job of a client

  // For loans.
  void submit_lent(uint64_t loan, uint64_t number, const link_order& order);
  void cancel_lent(uint64_t loan, uint64_t number);
  lane_id joined(growth_loan& loan, const lane_traits& traits);
  void takes(lane_id lane, uint32_t attempts);
  void suspected(lane_id lane);
  void finished(lane_id lane, job_id job, const outcome& result);
  void lost(growth_loan& loan);
  /// A frame goes to another node.
  void say(const growth_node& whom, uint64_t bytes, bool beat, std::function<void()> heard);
  void send_chunk(const growth_node& whom, uint64_t bytes, std::function<void()> heard);

  [[nodiscard]] const dispatcher& broker() const noexcept { return broker_; }
  [[nodiscard]] size_t peers() const noexcept { return borrowed_.size(); }
  [[nodiscard]] uint64_t lent_ok() const noexcept { return lent_ok_; } ///< jobs of others that were answered ok
  growth_counts counts;

private:
  struct worker {
    uint64_t turn = 0; ///< of the attempt at hand, so that a ring of an earlier one is known
  };

  // dispatch_effects
  void run(lane_id lane, const job_ptr& job, uint32_t attempt) override;
  void answer(const closed_job& closed) override;
  void arm(job_id id, duration delay) override;
  void disarm(job_id id) override { armed_.erase(id.value); }
  void drained(lane_id) override {}
  void stuck(lane_id, death) override {}

  void work(worker& who, lane_id lane, const job_ptr& job, uint32_t attempt);
  void end(worker& who, lane_id lane, job_id job, status how, duration took);
  void stop(lane_id lane, job_id job);
  void tick_later();
  void look_for_peers();
  void reached(const std::string& address, growth_node& there);

  growth_world& world_;
  uint32_t number_;
  dispatcher broker_;
  std::vector<worker> workers_;
  peer_book book_;
  node_hello self_;
  std::map<uint32_t, growth_loan*> lanes_;          ///< by lane
  std::map<std::string, growth_loan*> borrowed_;    ///< by address
  std::map<uint64_t, growth_loan*> lent_;           ///< by number
  std::unordered_map<uint64_t, uint64_t> armed_;    ///< by job: which ring counts
  std::unordered_map<uint64_t, uint64_t> lent_job_; ///< what it is at home, by job here
  uint32_t last_lane_ = 0;
  uint64_t last_ring_ = 0, lent_ok_ = 0;
  bool ticks_ = false;
};

} // namespace texlex::simulation

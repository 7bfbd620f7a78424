// One node's workers as another one has them: the giver's end and the lender's, as actors/gateway's remote_lane and
// lent_lane are, but for what is in the documents. A part of growth.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actors/peers/chunk_flow.hpp"
#include "actors/peers/lane_link.hpp"
#include "actors/peers/lane_port.hpp"

namespace texlex::simulation {

class growth_node;
struct growth_loan;
struct growth_world;

class giver_end final : lane_link_effects {
public:
  giver_end(growth_world& world, growth_loan& loan, uint64_t epoch_from);

  void start();
  void run(const job_ptr& job, uint32_t attempt);
  void abandon(job_id job);
  void heard(const lane_word& word);
  void chunk_came(uint64_t bytes, bool tell); ///< of an answer
  void taken(uint64_t bytes);
  [[nodiscard]] lane_id lane() const noexcept { return lane_; }

private:
  struct given {
    job_ptr job;
    uint64_t number = 0;
    bool abandoned = false;
  };

  void send(const giver_word& word) override;
  void up(uint32_t capacity, uint64_t document_bytes_max) override;
  void suspected() override;
  void cleared() override {}
  void down() override { down_ = true; }
  void finished(job_id job, const outcome& result) override;
  void lost(job_id) override {} // with its lane
  void handed_back(job_id job) override { finished(job, {.status = status::cancelled}); }
  void room_changed() override {} // looked at after each event

  void look();
  void look_later();
  void after_event();
  void tell_room();
  void send_chunks();

  growth_world& world_;
  growth_loan& loan_;
  lane_link link_;
  chunk_sender out_;
  chunk_receiver in_;
  lane_id lane_{};
  std::map<uint64_t, given> given_; ///< by job
  std::vector<std::pair<job_id, outcome>> results_;
  std::optional<uint32_t> room_told_;
  bool suspected_ = false, down_ = false;
};

class lender_end final : lane_port_effects {
public:
  lender_end(growth_world& world, growth_loan& loan, uint64_t number);

  void start() { look_later(); }
  void heard(const giver_word& word);
  void chunk_came(uint64_t number, uint64_t bytes, bool tell);
  void taken(uint64_t bytes);
  void answered(uint64_t number, const outcome& result);
  void end(); ///< nobody wants what it has

private:
  struct taken_on {
    link_order order;
    uint64_t came = 0;
    bool submitted = false;
    std::optional<outcome> result{}; ///< while its columns are under way
  };

  void send(const lane_word& word) override;
  void begin(const link_order& order) override { orders_[order.number] = {.order = order}; }
  void stop(uint64_t number) override { stopped_.push_back(number); }

  void look_later();
  void after_event();
  void abandon(uint64_t number);
  void finish(uint64_t number, outcome result); // a copy: it may be of the order that goes
  void send_chunks();

  growth_world& world_;
  growth_loan& loan_;
  uint64_t number_; ///< of this loan, at its lender
  lane_port port_;
  chunk_sender out_;
  chunk_receiver in_;
  std::map<uint64_t, taken_on> orders_; ///< by number
  std::vector<uint64_t> stopped_;
};

struct growth_loan {
  growth_loan(growth_world& world, growth_node& gives, growth_node& lends, uint64_t number)
    : giver_node(gives), lender_node(lends), giver(world, *this, number * 1000), lender(world, *this, number) {}

  growth_node& giver_node;
  growth_node& lender_node;
  giver_end giver;
  lender_end lender;
  bool over = false; ///< words that still come mean nothing
};

} // namespace texlex::simulation

#include "actors/gateway/lent_lane.hpp"

#include <cstring>
#include <map>
#include <new>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/gateway/incoming_columns.hpp"
#include "actors/peers/chunk_flow.hpp"
#include "actors/state/lending.hpp"
#include "kernels/regimes.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

/// For the first word of a giver that was let in.
constexpr duration greeting_time_max = 5s;

/// How long what is borrowed may wait for a worker. Where none is idle it is handed back, and soon: its giver may have
/// one.
constexpr duration lent_wait_max = 100ms;

/// Clients that are nodes are numbered apart from those that are connections.
constexpr uint64_t giver_clients_from = uint64_t{1} << 40;

class lent_lane final : public lent_lane_actor::base, private lane_port_effects {
public:
  lent_lane(caf::actor_config& config, lent_lane_options options, lent_lane_links links)
    : lent_lane_actor::base(config), options_(std::move(options)), links_(std::move(links)),
      port_(options_.port, *this), out_(window_between(options_.self, options_.giver), chunk_bytes_max),
      in_(window_between(options_.self, options_.giver)) {}
  const char* name() const override { return "texlex.lent_lane"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    // Nobody but the gateway ends it, which a peer could not pretend to be.
    set_exit_handler([](const caf::exit_msg&) {});
    set_down_handler([this](const caf::down_msg&) { end("the connection is gone"); });
    monitor(links_.giver);
    started_ = now();
    say(encode(node_answer{.said = options_.self}));
    look_later();
    return {
      [this](atom::frame, const std::string& frame) {
        hear(frame);
        after_event();
      },
      [this](atom::answered, const delivery& answer) {
        answered(answer);
        after_event();
      },
      [this](atom::look, local_word) {
        if (ended_) return;
        look();
        after_event();
        look_later();
      },
      [this](atom::leave, local_word) {
        leave();
        after_event();
      },
      [this](atom::finish, local_word) { end("this node ends"); },
    };
  }

  void on_exit() override {
    tell_end("it failed"); // if it has not been told
    orders_.clear();
    links_ = {};
  }

private:
  struct taken {
    link_order order;
    document_lease memory{};
    uint64_t came = 0;
    bool submitted = false;
    bool for_good = false;       ///< nobody waits for it any more where it has waited here as long as may be
    outcome result{};            ///< while its columns are on their way
    column_answer_ptr columns{}; ///< likewise
  };

  [[nodiscard]] instant now() { return clock().now(); }

  void hear(const std::string& frame) {
    if (ended_) return;
    const auto decoded = decode_node_frame(frame);
    if (!decoded) return end("it sent what is no frame");
    std::visit([this](const auto& each) { hear(each); }, *decoded);
  }

  // Each life of a giver has a lane of its own here: numbers of orders are used once.
  void hear(const link_greeting& word) {
    if (life_ && *life_ != word.epoch.giver) return end("it begins anew");
    if (!std::exchange(life_, word.epoch.giver))
      caf::anon_send(links_.gateway, atom::greeted_v, lent_lane_number{options_.number});
    port_.heard(giver_word{word}, now());
  }
  void hear(const link_order& word) { port_.heard(giver_word{word}, now()); }
  void hear(const link_abandon& word) { port_.heard(giver_word{word}, now()); }
  void hear(const giver_beat& word) { port_.heard(giver_word{word}, now()); }

  // What belongs to no order is of one that was abandoned, and counts all the same.
  void hear(const chunk& word) {
    if (word.epoch != port_.epoch()) return;
    if (!in_.came(word.bytes.size())) return end("it sends more than it may");
    if (word.tell) say(encode(bytes_taken{port_.epoch(), in_.tell()}));
    const auto found = orders_.find(word.number);
    if (found == orders_.end() || found->second.submitted) return;
    taken_in(found->first, found->second, word);
  }

  void taken_in(uint64_t number, taken& one, const chunk& word) {
    if (word.offset != one.came || word.bytes.size() > one.order.bytes - one.came)
      return end("it sends bytes that are not the document's");
    std::memcpy(one.memory->data() + one.came, word.bytes.data(), word.bytes.size());
    one.came += word.bytes.size();
    if (one.came == one.order.bytes) submit(number, one);
  }

  void hear(const bytes_taken& word) {
    if (word.epoch == port_.epoch() && !out_.taken(word.bytes, now())) end("it has taken more than there was");
  }

  void hear(const node_hello&) { end("it says hello twice"); }
  void hear(const node_answer&) { end("it says at its end what a lender says"); }
  void hear(const link_welcome&) { end("it says at its end what a lender says"); }
  void hear(const link_result&) { end("it says at its end what a lender says"); }
  void hear(const lane_beat&) { end("it says at its end what a lender says"); }
  void hear(const link_stranger&) { end("it says at its end what a lender says"); }
  void hear(const link_leaving&) { end("it says at its end what a lender says"); }
  void hear(const columns_begin&) { end("it says at its end what a lender says"); }
  void hear(const unknown_frame&) {} // of a newer minor version

  // lane_port_effects
  void send(const lane_word& word) override { say(encode(word)); }
  void begin(const link_order& order) override { begun_.push_back(order); }
  void stop(uint64_t number) override { stopped_.push_back(number); }

  void after_event() {
    if (ended_) return;
    for (const link_order& order : std::exchange(begun_, {})) take(order);
    for (const uint64_t number : std::exchange(stopped_, {})) abandon(number);
    for (const auto& [number, result] : std::exchange(endings_, {})) port_.ended(port_.epoch(), number, result, now());
    send_chunks();
    if (left_at_ <= now() && port_.held() == 0) return end("this node leaves");
    if (port_.overdrawn() > 0) end("it gives more than it was granted");
  }

  void take(const link_order& order) try {
    if (order.bytes > options_.port.document_bytes_max) return finish(order.number, {.status = status::internal_error});
    if (find_regime(order.wanted.regime) == nullptr) return finish(order.number, {.status = status::unknown_regime});
    document_lease memory = options_.memory.take(std::max<uint64_t>(order.bytes, 1));
    taken& one = orders_[order.number] = {.order = order, .memory = std::move(memory)};
    if (order.bytes == 0) submit(order.number, one);
  } catch (const std::bad_alloc&) {
    finish(order.number, {.status = status::overload});
  }

  void submit(uint64_t number, taken& one) try {
    const work_wanted& wanted = one.order.wanted;
    auto made = std::make_shared<job>();
    made->id = job_of(number);
    made->memory = one.memory;
    made->document = {one.memory->data(), static_cast<size_t>(one.order.bytes)};
    made->regime = find_regime(wanted.regime);
    if (wanted.columns != 0 || wanted.view != token_view::tex)
      made->order = std::make_shared<const column_order>(
        column_order{.columns = wanted.columns,
                     .view = wanted.view,
                     .unit = wanted.unit,
                     .issues_told_max = wanted.issues_told_max,
                     .memory = wanted.columns == 0 ? std::nullopt : std::optional{options_.memory}});
    made->received = now();
    made->client = giver_clients_from + options_.number;
    made->deadline = made->received + std::min<duration>(one.order.time_left, lent_wait_max);
    one.for_good = one.order.time_left <= lent_wait_max;
    made->priority = request_priority::background; // this node's own clients come first
    made->borrowed = true;
    made->trace = wanted.trace;
    caf::anon_send(links_.broker, atom::submit_v, job_batch{std::move(made)});
    one.submitted = true;
    ++options_.counts->running;
  } catch (const std::bad_alloc&) {
    finish(number, {.status = status::overload});
  }

  // Nobody wants it any more, or its giver's life is over.
  void abandon(uint64_t number) {
    const auto found = orders_.find(number);
    if (found == orders_.end()) return;
    if (found->second.submitted && !found->second.columns)
      return caf::anon_send(links_.broker, atom::cancel_v, job_of(number)); // which is answered, and ends it
    finish(number, {.status = status::cancelled});
  }

  void answered(const delivery& answer) {
    const uint64_t number = answer.job.value & ((uint64_t{1} << lent_job_bits) - 1);
    const auto found = orders_.find(number);
    if (found == orders_.end()) return; // it has ended, with its giver's life
    --options_.counts->running;
    if (answer.result.status == status::deadline_exceeded && !found->second.for_good)
      return finish(number, {.status = status::overload});
    const bool with_columns = answer.result.status == status::ok && answer.columns;
    if (!with_columns) return finish(number, answer.result);
    taken& one = found->second;
    one.result = answer.result;
    one.columns = answer.columns;
    const uint64_t name_bytes = answer.columns->column(column_id::name_byte).size();
    say(encode(columns_begin{
      port_.epoch(),
      number,
      {.tokens = answer.result.token_count, .issues = answer.result.issue_count, .name_bytes = name_bytes}}));
    const uint64_t bytes = bytes_of(*answer.columns);
    bytes > 0 ? out_.begin(number, bytes) : finish(number, one.result);
  }

  void send_chunks() {
    while (const auto part = out_.next(now())) {
      const taken& one = orders_.at(part->number);
      for (uint64_t sent = 0; sent < part->bytes;) {
        const std::string_view piece = piece_of(*one.columns, part->offset + sent, part->bytes - sent);
        sent += piece.size();
        say(encode(chunk{port_.epoch(), part->number, part->offset + sent - piece.size(),
                         part->tell && sent == part->bytes, piece}));
      }
      if (!part->last) continue;
      ++options_.counts->answered;
      port_.ended(port_.epoch(), part->number, forget(part->number), now());
    }
  }

  [[nodiscard]] outcome forget(uint64_t number) {
    const outcome result = orders_.at(number).result;
    orders_.erase(number);
    return result;
  }

  // `result` is a copy: it may be of the order that goes.
  void finish(uint64_t number, outcome result) {
    out_.drop(number);
    orders_.erase(number);
    options_.counts->answered += !hands_back(result.status);
    endings_.emplace_back(number, result);
  }

  void look() {
    port_.tick(now());
    if (port_.epoch().giver == 0 && (life_ || now() - started_ > greeting_time_max)) end("it is silent");
  }

  void look_later() {
    if (!ended_) delayed_anon_send(this, options_.port.beat, atom::look_v, local_word{});
  }

  // What has begun is carried out; of what is still on its way nothing is.
  void leave() {
    left_at_ = now() + 3 * options_.port.beat; // so that its giver hears of it first
    port_.leave();
    std::vector<uint64_t> coming;
    for (const auto& [number, one] : orders_)
      if (!one.submitted) coming.push_back(number);
    for (const uint64_t number : coming) finish(number, {.status = status::cancelled});
  }

  [[nodiscard]] job_id job_of(uint64_t number) const {
    return {lent_jobs_from + (options_.number << lent_job_bits) + number};
  }

  void say(std::string frame) {
    lent_lane_actor::base::send(links_.giver, atom::frame_v, std::move(frame)); // with this as the sender
  }

  void end(const char* reason) {
    tell_end(reason);
    quit();
  }

  void tell_end(const char* reason) {
    if (std::exchange(ended_, true)) return;
    spdlog::info("peer {} borrows no more: {}", options_.giver.name, reason);
    for (const auto& [number, one] : orders_)
      if (one.submitted && !one.columns) {
        caf::anon_send(links_.broker, atom::cancel_v, job_of(number));
        --options_.counts->running;
      }
    caf::anon_send(links_.gateway, atom::gone_v, lent_lane_number{options_.number});
  }

  lent_lane_options options_;
  lent_lane_links links_;
  lane_port port_;
  chunk_sender out_;
  chunk_receiver in_;
  std::map<uint64_t, taken> orders_; ///< by number
  std::vector<link_order> begun_;    ///< of the event at hand, as the two below
  std::vector<uint64_t> stopped_;
  std::vector<std::pair<uint64_t, outcome>> endings_;
  std::optional<uint64_t> life_; ///< of its giver
  instant started_{};
  instant left_at_ = instant::max();
  bool ended_ = false;
};

} // namespace

lent_lane_actor spawn_lent_lane(caf::actor_system& system, const lent_lane_options& options,
                                const lent_lane_links& links) {
  return system.spawn<lent_lane>(options, links);
}

} // namespace texlex

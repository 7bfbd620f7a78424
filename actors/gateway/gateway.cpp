#include "actors/gateway/gateway.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/gateway/lent_lane.hpp"
#include "actors/gateway/remote_lane.hpp"
#include "actors/state/warning_pace.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr duration look_interval = 100ms;
constexpr duration report_interval = 1s;
constexpr duration names_pause_min = 1s; ///< between two looks, however many peers are lost

/// Of one giver at a time: those it has lost, which may not have been noticed, and those it has at other addresses.
constexpr uint32_t lanes_of_one_max = 4;

/// Remote lanes are numbered apart from the supervisor's, which count from 1.
constexpr uint32_t remote_lanes_from = uint32_t{1} << 31;

class gateway final : public gateway_actor::base {
public:
  gateway(caf::actor_config& config, gateway_options options, gateway_links links)
    : gateway_actor::base(config), options_(std::move(options)), links_(std::move(links)),
      book_({.seed = options_.seed}) {}
  const char* name() const override { return "texlex.gateway"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    // Nobody but the house ends it, which a peer could not pretend to be.
    set_exit_handler([](const caf::exit_msg&) {});
    for (const std::string& address : options_.seeds) book_.configure(address, now());
    return {
      [this](atom::frame, const std::string& frame) { hear(frame); },
      [this](atom::news, const peer_news& news) { hear(news); },
      [this](atom::dialed, const dialed& attempt) { reached(attempt); },
      [this](atom::names, const names_found& found) { named(found); },
      [this](atom::greeted, const lent_lane_number& which) { used(which); },
      [this](atom::gone, const lent_lane_number& which) { forget(which); },
      [this](atom::answered, const delivery& answer) {
        const auto lane = lent_.find(lent_lane_of(answer.job));
        if (lane != lent_.end()) caf::anon_send(lane->second.lane, atom::answered_v, answer);
      },
      [this](atom::listens, const listens_at& where) {
        options_.self.address = where.address;
        look();
      },
      [this](atom::look, local_word) { look(); },
      [this](atom::leave, local_word) { leave(); },
      [this](atom::finish, local_word) { finish(); },
    };
  }

  void on_exit() override {
    lent_.clear();
    borrowed_.clear();
    links_ = {};
  }

private:
  struct lent_to {
    lent_lane_actor lane;
    node_hello giver;
    frame_listener listener; ///< its remote lane
  };
  struct borrowed_from {
    remote_lane_listener lane;
    frame_listener peer; ///< its gateway
    peer_report report{};
  };

  [[nodiscard]] instant now() { return clock().now(); }

  // A giver that says hello. What is said by anybody else finds nobody here.
  void hear(const std::string& frame) {
    const auto decoded = decode_node_frame(frame);
    const auto* const giver = decoded ? std::get_if<node_hello>(&*decoded) : nullptr;
    if (giver == nullptr || !current_sender()) {
      if (const auto left_out = pace_.due(now()))
        spdlog::warn("a peer sent the gateway what is no hello{}", left_out_text(*left_out));
      return;
    }
    const auto lane = caf::actor_cast<frame_listener>(current_sender());
    const node_refusal why = refusal_for(*giver);
    if (why == node_refusal::none) return lend(*giver, lane);
    if (const auto left_out = pace_.due(now()))
      spdlog::warn("peer {} at {} is refused: {}{}", giver->name, giver->address, name_of(why),
                   left_out_text(*left_out));
    send(lane, atom::frame_v, encode(node_answer{why, options_.self}));
  }

  // One that comes again has lost its connection, which may not have been noticed here, or has found this node at
  // another address, and will go on with one of the two. But two that have one id at different places are two, and
  // cannot be told apart: the first one stays.
  node_refusal refusal_for(const node_hello& giver) const {
    const node_refusal why = refusal_of(giver, options_.self);
    if (why != node_refusal::none) return why;
    std::set<node_id> givers;
    uint32_t same = 0;
    for (const auto& [number, other] : lent_) {
      givers.insert(other.giver.id);
      if (other.giver.id != giver.id) continue;
      if (other.giver.address != giver.address) return node_refusal::id_in_use;
      ++same;
    }
    const bool full = same > 0 ? same >= lanes_of_one_max : givers.size() >= options_.peers_max;
    return full ? node_refusal::too_many_peers : node_refusal::none;
  }

  // What it had before it uses no more.
  void used(const lent_lane_number& which) {
    const auto latest = lent_.find(which.lane);
    if (latest == lent_.end()) return;
    for (const auto& [number, other] : lent_)
      if (number < which.lane && other.giver.id == latest->second.giver.id)
        caf::anon_send(other.lane, atom::finish_v, local_word{});
  }

  void lend(const node_hello& giver, const frame_listener& lane) {
    const uint64_t number = ++last_lent_;
    lane_port_options port = options_.port;
    port.epoch_from = number;
    lent_[number] = {spawn_lent_lane(system(),
                                     {.number = number,
                                      .self = options_.self,
                                      .giver = giver,
                                      .port = port,
                                      .memory = options_.memory,
                                      .counts = counts_},
                                     {.giver = lane, .gateway = this, .broker = links_.broker}),
                     giver, lane};
    spdlog::info("peer {} at {} may borrow workers", giver.name, giver.address);
    book_.told(giver.address, now());
  }

  void forget(const lent_lane_number& which) {
    lent_.erase(which.lane);
    if (options_.self.draining && lent_.empty()) links_.left();
    quit_if_done();
  }

  void reached(const dialed& attempt) {
    if (ending_) return;
    if (!attempt.gateway) {
      note_failure(attempt.address, attempt.error);
      return book_.failed(attempt.address, attempt.error, now());
    }
    if (borrowed_.size() >= options_.peers_max || borrowed_.count(attempt.address) > 0) {
      if (!is_needed(attempt.gateway)) links_.disconnect(attempt.gateway);
      return book_.refused(attempt.address, node_refusal::too_many_peers, now());
    }
    remote_lane_options options{.lane = {remote_lanes_from + ++last_remote_},
                                .address = attempt.address,
                                .self = options_.self,
                                .link = options_.link,
                                .document_bytes_max = options_.document_bytes_max};
    options.link.epoch_from = uint64_t{last_remote_} * 1000;
    borrowed_[attempt.address] = {
      spawn_remote_lane(system(), options, {.peer = attempt.gateway, .gateway = this, .broker = links_.broker}),
      attempt.gateway};
  }

  void hear(const peer_news& news) {
    const auto found = borrowed_.find(news.address);
    if (found == borrowed_.end()) return;
    switch (news.what) {
      case peer_news::event::found:
        if (!book_.found(news.address, news.said.id, news.said.name, now())) // it is known at another address
          return caf::anon_send(found->second.lane, atom::finish_v, local_word{});
        caf::anon_send(found->second.lane, atom::start_v, local_word{});
        spdlog::info("peer {} at {} lends {} workers", news.said.name, news.address, news.said.capacity);
        break;
      case peer_news::event::refused:
        book_.refused(news.address, news.why, now());
        if (news.why != node_refusal::itself)
          spdlog::warn("peer at {} refuses to lend: {}", news.address, name_of(news.why));
        break;
      case peer_news::event::counts: found->second.report = news.report; break;
      case peer_news::event::ended: ended(found, news); break;
    }
    report();
  }

  // One that was refused, or is known elsewhere, waits already, or is forgotten. Its connection may be that of others.
  void ended(std::map<std::string, borrowed_from>::iterator found, const peer_news& news) {
    const auto known = book_.addresses().find(news.address);
    const bool joined = known != book_.addresses().end() && known->second.state == address_state::joined;
    const bool tried = known != book_.addresses().end() && known->second.state == address_state::trying;
    if (joined) {
      spdlog::warn("peer {} at {} is lost: {}", known->second.name, news.address, news.reason);
      book_.lost(news.address, news.reason, now());
      names_due_ = std::min(names_due_, std::max(now(), names_looked_ + names_pause_min));
    } else if (tried) {
      note_failure(news.address, news.reason);
      book_.failed(news.address, news.reason, now());
    }
    const frame_listener peer = std::move(found->second.peer);
    borrowed_.erase(found);
    if (joined || tried || !is_needed(peer)) links_.disconnect(peer);
    past_[news.address] = add_up(past_[news.address], news.report);
    quit_if_done();
  }

  // There is one connection to a node, for all that is lent and borrowed.
  [[nodiscard]] bool is_needed(const frame_listener& peer) const {
    const auto same = [&](const frame_listener& other) { return other->node() == peer->node(); };
    return std::any_of(borrowed_.begin(), borrowed_.end(), [&](const auto& each) { return same(each.second.peer); })
           || std::any_of(lent_.begin(), lent_.end(), [&](const auto& each) { return same(each.second.listener); });
  }

  void note_failure(const std::string& address, const std::string& reason) {
    const auto known = book_.addresses().find(address);
    if (known == book_.addresses().end() || known->second.reason == reason) return; // it was told
    if (const auto left_out = pace_.due(now()))
      spdlog::warn("no peer at {}: {}{}", address, reason, left_out_text(*left_out));
  }

  void named(const names_found& found) {
    looking_up_ = false;
    if (!found.error.empty() && found.error != names_error_) spdlog::warn("cluster.dns: {}", found.error);
    names_error_ = found.error;
    book_.named(found.addresses, now());
  }

  void look() {
    if (ending_) return;
    for (const std::string& address : book_.due(now())) links_.dial(address, this);
    if (links_.look_up && !looking_up_ && now() >= names_due_) {
      looking_up_ = true;
      names_looked_ = now();
      names_due_ = now() + options_.names_interval;
      links_.look_up(this);
    }
    if (now() >= report_due_) {
      links_.every_second();
      report();
    }
    delayed_anon_send(this, look_interval, atom::look_v, local_word{});
  }

  // The totals of a peer go on over its connections.
  static peer_report add_up(const peer_report& past, peer_report latest) {
    latest.attempts_given += past.attempts_given;
    latest.attempts_answered += past.attempts_answered;
    latest.attempts_handed_back += past.attempts_handed_back;
    latest.attempts_lost += past.attempts_lost;
    latest.bytes_given += past.bytes_given;
    return latest;
  }

  void report() {
    report_due_ = now() + report_interval;
    auto cluster = std::make_shared<cluster_report>();
    cluster->node = options_.self.name;
    cluster->cluster = options_.self.cluster;
    cluster->draining = options_.self.draining;
    cluster->lent_attempts_running = counts_->running;
    cluster->lent_attempts_answered = counts_->answered;
    std::erase_if(past_, [&](const auto& each) { return book_.addresses().count(each.first) == 0; });
    std::set<std::string> names;
    for (const auto& [address, record] : book_.addresses())
      if (record.refusal != node_refusal::itself && !record.reason.starts_with("known at"))
        cluster->peers.push_back(report_of(address, record, names));
    caf::anon_send(links_.metrics, atom::peers_v, cluster_report_ptr{std::move(cluster)});
  }

  peer_report report_of(const std::string& address, const address_record& record, std::set<std::string>& names) {
    peer_report told;
    if (const auto past = past_.find(address); past != past_.end()) told = past->second;
    if (const auto lane = borrowed_.find(address); lane != borrowed_.end() && record.state == address_state::joined)
      told = add_up(told, lane->second.report);
    else
      told.state = record.refusal != node_refusal::none ? peer_state::refused
                   : record.joins > 0                   ? peer_state::down
                                                        : peer_state::joining;
    if (told.state == peer_state::down || told.state == peer_state::refused || told.state == peer_state::joining)
      told.attempts_in_flight = told.attempts_granted = 0;
    told.name = record.name.empty() ? address : record.name;
    if (!names.insert(told.name).second) told.name += " at " + address; // a name is one peer's, in metrics
    told.address = address;
    told.reason = record.reason;
    told.connects = record.joins;
    return told;
  }

  void leave() {
    options_.self.draining = true;
    for (const auto& [number, other] : lent_) caf::anon_send(other.lane, atom::leave_v, local_word{});
    if (lent_.empty()) links_.left();
    report();
  }

  void finish() {
    ending_ = true;
    options_.self.draining = true; // who says hello now is told so
    for (const auto& [number, other] : lent_) caf::anon_send(other.lane, atom::finish_v, local_word{});
    for (const auto& [address, other] : borrowed_) caf::anon_send(other.lane, atom::finish_v, local_word{});
    quit_if_done();
  }

  void quit_if_done() {
    if (ending_ && lent_.empty() && borrowed_.empty()) quit();
  }

  gateway_options options_;
  gateway_links links_;
  peer_book book_;
  std::map<uint64_t, lent_to> lent_;              ///< by number
  std::map<std::string, borrowed_from> borrowed_; ///< by address
  std::map<std::string, peer_report> past_;       ///< of earlier connections, by address
  std::shared_ptr<lent_counts> counts_ = std::make_shared<lent_counts>();
  uint64_t last_lent_ = 0;
  uint32_t last_remote_ = 0;
  instant report_due_ = instant::min(), names_due_ = instant::min(), names_looked_ = instant::min();
  std::string names_error_;
  warning_pace pace_;
  bool looking_up_ = false, ending_ = false;
};

} // namespace

gateway_actor spawn_gateway(caf::actor_system& system, const gateway_options& options, const gateway_links& links) {
  return system.spawn<gateway>(options, links);
}

} // namespace texlex

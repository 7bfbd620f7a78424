// The stage for tests of nodes that lend each other workers: houses as texlexd has them (broker, hedge timer, metrics,
// supervisor, workers) with a gateway each, in one actor system under CAF's deterministic scheduler and virtual time.
// What a node says to another one goes through a `connection`. What must hold is a test's to say.
//
// Workers run on the scheduler; a job takes no time unless `work_time` says otherwise.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/broker.hpp"
#include "actors/fault/fault_channel.hpp"
#include "actors/gateway/gateway.hpp"
#include "actors/hedge_timer.hpp"
#include "actors/metrics.hpp"
#include "actors/supervisor.hpp"
#include "runtime/quota.hpp"
#include "test/unit/actors/virtual_time.hpp"
#include "test/unit/gateway/wire.hpp"

namespace texlex::test {

struct node_options {
  std::string name = "a"; ///< and its address is "a:1"
  std::vector<std::string> seeds{};
  uint32_t workers = 1;
  uint32_t capacity = 4; ///< attempts lent at one time
  uint32_t peers_max = 8;
  uint64_t window_bytes = 64 << 10;
  uint64_t document_bytes_min = 0;
  uint64_t document_bytes_max = 1 << 20;
  uint64_t lent_memory_bytes_max = 64 << 20;
  hedge_options hedge{.enabled = false, .delay = {}, .budget = {}};
  std::function<void(node_hello&)> introduce{}; ///< as whom, if not as it is
};

class town;

class house {
public:
  house(town& town, const node_options& options);

  void submit(const job_ptr& job);
  void cancel(uint64_t id);

  /// What a job's client was told; empty: nothing yet.
  [[nodiscard]] const std::vector<delivery>& answers(uint64_t id) { return answers_[id]; }
  /// The one answer to a job. Throws if there is not exactly one.
  [[nodiscard]] const delivery& answer(uint64_t id);

  [[nodiscard]] metrics_report stats();
  [[nodiscard]] cluster_report cluster();
  /// Of the other node, as this one sees it: by name, or address if it has told none. Throws if there is none.
  [[nodiscard]] peer_report peer(const std::string& called);
  /// Bytes of documents and columns that it holds for others.
  [[nodiscard]] uint64_t lent_bytes() const { return lent_memory_->taken(); }

  const std::string name, address;
  duration work_time{0};                          ///< of each attempt here
  std::function<duration(job_id)> work_time_of{}; ///< the same by job; null: `work_time`
  std::vector<job_id> worked;                     ///< attempts that ended here
  std::vector<std::string> disconnected;          ///< nodes whose connection this one has given up
  uint32_t left = 0;                              ///< how often nothing was left of what it lent

  gateway_actor gateway;
  broker_actor broker;
  supervisor_actor supervisor;
  hedge_timer_actor timer;
  metrics_actor metrics;

private:
  friend class town;
  void build(const node_options& options);
  [[nodiscard]] gateway_options gateway_of(const node_options& options);
  [[nodiscard]] gateway_links links();

  town& town_;
  std::shared_ptr<quota> lent_memory_;
  std::map<uint64_t, std::vector<delivery>> answers_;
  caf::actor finishes_;
  bool reachable_ = true, ended_ = false;
};

class town : public virtual_time {
public:
  town();
  ~town();
  town(const town&) = delete;
  town& operator=(const town&) = delete;

  house& add(const node_options& options);
  /// As `add`, of each; then time enough for all to find each other.
  std::vector<house*> settle(const std::vector<node_options>& all);

  /// Until so holds, a millisecond at a time. False: it does not in that time.
  bool pass_until(const std::function<bool()>& holds, duration at_most = std::chrono::seconds{10});

  /// The latest one that is not dead. Throws if there is none.
  [[nodiscard]] connection_ptr line(const std::string& giver, const std::string& lender);
  [[nodiscard]] const std::vector<connection_ptr>& lines() const noexcept { return lines_; }
  /// All that lead to and from a node, and those that will.
  void freeze(const std::string& node);
  void thaw(const std::string& node);

  /// The process is gone, with all its connections.
  void kill(house& node);
  /// Nobody reaches it any more, which nobody it has reached notices.
  void hide(house& node) noexcept { node.reachable_ = false; }
  void show(house& node) noexcept { node.reachable_ = true; }
  /// A gateway that only the test knows, at an address.
  void publish(const std::string& address, const frame_listener& gateway) { strangers_[address] = gateway; }

  /// What is done to each new connection.
  std::function<void(connection&)> connected{};

private:
  friend class house;
  void dial(house& from, const std::string& address, const gateway_actor& gateway);
  void disconnect(house& from, const frame_listener& peer);
  void end(house& node);

  std::vector<std::unique_ptr<house>> houses_;
  std::vector<connection_ptr> lines_;
  std::map<caf::actor_id, connection_ptr> line_of_; ///< by the wire to a gateway
  std::map<std::string, frame_listener> strangers_;
  std::map<std::string, bool> frozen_;
};

/// A job as a server makes it. Without columns: counts of the tex view.
[[nodiscard]] job_ptr town_job(uint64_t id, std::string_view text, instant received, uint32_t columns = 0,
                               token_view view = token_view::tex, position_unit unit = position_unit::bytes);

/// Text of so many bytes with all kinds of tokens and issues in it.
[[nodiscard]] std::string long_text(size_t bytes, uint64_t seed = 1);

} // namespace texlex::test

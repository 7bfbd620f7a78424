// Which request goes to which server, when it is tried again, and when its time is over. Belongs to its client's lock;
// never waits.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "clients/cpp/request.hpp"
#include "clients/cpp/retry_policy.hpp"
#include "clients/cpp/server_link.hpp"
#include "runtime/socket.hpp"

namespace texlex::client_core {

struct client_settings {
  std::vector<endpoint> servers; ///< from 1 to 64
  duration timeout{};            ///< of a request without one of its own
  duration connect_timeout{};
  uint32_t attempts_max = 1;
  uint32_t unreachable_attempts_max = 0; ///< of these where a server is not reached; 0: no bound of its own
  uint32_t pending_max = 1;
};

class dispatcher {
public:
  static constexpr size_t servers_max = 64;

  /// Nothing: the system has no descriptor for it; errno tells.
  [[nodiscard]] static std::unique_ptr<dispatcher> make(const client_settings& settings);

  /// Readable when `turn` has something to do.
  [[nodiscard]] int descriptor() const noexcept { return poll_.get(); }
  [[nodiscard]] size_t under_way() const noexcept { return live_.size(); }

  /// Throws std::bad_alloc, and then has not taken it.
  void submit(request_ptr made);
  /// Sends what can be sent, takes what has come, and looks at the time.
  void turn(instant now);
  /// Ends it, and tells its server.
  void cancel(const request_ptr& ended, answer why, instant now);
  /// Ends all of them, and the connections.
  void end_all(const answer& why) noexcept;
  /// Has `descriptor()` be readable once.
  void wake() noexcept;

  /// Requests that have ended since this was asked last.
  [[nodiscard]] ended_list take_ended() noexcept { return std::move(ended_); }

private:
  struct watched_link {
    server_link link;
    int socket = -1; ///< as it is watched
    uint32_t events = 0;
    int lookup = -1;
    uint32_t generation = 0; ///< of what is watched
  };

  dispatcher(const client_settings& settings, owned_fd poll, owned_fd timer, owned_fd wake);

  void look_at_events();
  void look_at_time();
  void serve(uint32_t server, uint32_t events);
  void end(const request_ptr& done, answer result) noexcept;
  void abandon(const request& ended);
  void failed_at(uint32_t server, const request_ptr& failed, answer failure);
  void settle(uint32_t server, std::vector<settled>& all);

  void answer_inquiries();
  [[nodiscard]] bool answer_inquiry(const request_ptr& asked);
  [[nodiscard]] bool fail_inquiries(uint32_t server, const answer& why);
  void dispatch();
  [[nodiscard]] bool place(const request_ptr& asked);
  [[nodiscard]] std::optional<uint32_t> choose(const request& asked) const noexcept;
  void send(uint32_t server, const request_ptr& first);
  [[nodiscard]] std::vector<request_ptr> gather(const connection& open, const request_ptr& first);
  void lose(uint32_t server, const answer& why);

  void flush();
  void watch(uint32_t server) noexcept;
  void unwatch(uint32_t server) noexcept;
  void set_timer() noexcept;

  retry_policy policy_;
  std::vector<watched_link> links_;
  owned_fd poll_, timer_, wake_;
  std::set<std::pair<instant, request_ptr>> live_; ///< by deadline
  std::deque<request_ptr> waiting_;
  std::vector<request_ptr> inquiries_; ///< for offers
  std::multimap<instant, request_ptr> delayed_;
  ended_list ended_;
  std::minstd_rand random_;
  double chance_ = 0; ///< the same for a turn, so that a batch that failed together stays together
  instant now_{};     ///< of this turn
};

} // namespace texlex::client_core

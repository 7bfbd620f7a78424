// One connection to another node, as all threads see it that have to do with it: the one that makes connections, CAF's,
// and whoever gives one up. Only one of them owns the socket, but each may end it, and the first to do so says why.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <caf/node_id.hpp>

#include "actors/cluster/tls_session.hpp"

namespace texlex {

/// Why a connection ended. Those from `tls` on are refusals: they are counted and told.
enum class ending : uint8_t { by_peer, by_owner, tls, oversized, late, not_basp, crowded };
inline constexpr size_t ending_count = 7;

/// What happened to connections. From any thread.
class connection_tally {
public:
  using listener = std::function<void(const std::string&)>;
  explicit connection_tally(listener refused) : refused_(std::move(refused)) {}

  void note_accepted() noexcept { accepted_.fetch_add(1, std::memory_order_relaxed); }
  void note(ending why, const std::string& text);
  [[nodiscard]] uint64_t accepted() const noexcept { return accepted_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t ended(ending why) const noexcept {
    return ended_[static_cast<size_t>(why)].load(std::memory_order_relaxed);
  }

private:
  listener refused_;
  std::atomic<uint64_t> accepted_ = 0;
  std::array<std::atomic<uint64_t>, ending_count> ended_{};
};

class peer_connection {
public:
  /// `whom` is the peer for a person: an address, or host and port.
  peer_connection(std::shared_ptr<connection_tally> tally, connection_side side, int socket, std::string whom);

  /// Ends it, unless it has ended: whoever owns the socket reads its end next.
  void end(ending why, const std::string& text) noexcept;
  [[nodiscard]] bool has_ended() const noexcept { return ended_.load(std::memory_order_acquire); }
  /// Why it ended. Empty if it has not.
  [[nodiscard]] std::string text() const;

  /// Its owner closes the socket next, whose number may then be another's.
  void forget_socket() noexcept;

  /// Both know who the other is.
  void establish(const caf::node_id& peer);
  [[nodiscard]] bool is_established() const noexcept { return established_.load(std::memory_order_acquire); }
  /// Not known before it is established.
  [[nodiscard]] caf::node_id peer() const;

  [[nodiscard]] connection_side side() const noexcept { return side_; }
  /// The peer, for a person.
  [[nodiscard]] const std::string& whom() const noexcept { return whom_; }

private:
  const std::shared_ptr<connection_tally> tally_;
  const connection_side side_;
  const std::string whom_;
  std::atomic<bool> ended_ = false, established_ = false;
  mutable std::mutex mutex_;
  int socket_;
  std::string text_;
  caf::node_id peer_;
};

} // namespace texlex

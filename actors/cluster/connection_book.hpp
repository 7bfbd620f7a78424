// All connections there are, so that there are never too many, and so that those to one node can be found. From any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <caf/node_id.hpp>

#include "actors/cluster/peer_connection.hpp"

namespace texlex {

struct connection_limits {
  uint32_t connections_max = 0; ///< of all kinds
  uint32_t handshakes_max = 0;  ///< accepted, and not established yet
};

class connection_book;

/// A connection's place among all: as long as somebody has its socket, which is to be closed after this.
class connection_place {
public:
  connection_place() = default;
  connection_place(std::shared_ptr<connection_book> book, std::shared_ptr<peer_connection> connection)
    : book_(std::move(book)), connection_(std::move(connection)) {}
  connection_place(connection_place&&) noexcept = default;
  connection_place& operator=(connection_place&&) = delete;
  ~connection_place();

  peer_connection* operator->() const noexcept { return connection_.get(); }
  peer_connection& operator*() const noexcept { return *connection_; }
  [[nodiscard]] const std::shared_ptr<peer_connection>& get() const noexcept { return connection_; }

private:
  std::shared_ptr<connection_book> book_;
  std::shared_ptr<peer_connection> connection_;
};

class connection_book : public std::enable_shared_from_this<connection_book> {
public:
  explicit connection_book(connection_limits limits) : limits_(limits) {}

  /// Nothing: there are too many. An accepted one pushes out the oldest that is not established where there are too
  /// many of those: a peer that means it takes a few milliseconds, so that one waits for longer than it should.
  [[nodiscard]] std::optional<connection_place> enter(const std::shared_ptr<peer_connection>& connection);

  /// Ends all connections to a node.
  void end_all_to(const caf::node_id& peer, const std::string& text);
  /// Ends all there are, and lets nobody in from now on.
  void close(const std::string& text);

  [[nodiscard]] size_t size() const;

private:
  friend class connection_place;
  void leave(const peer_connection& connection) noexcept;
  using entries = std::vector<std::shared_ptr<peer_connection>>;
  [[nodiscard]] std::shared_ptr<peer_connection> oldest_if_crowded() const;
  [[nodiscard]] entries all() const;

  const connection_limits limits_;
  mutable std::mutex mutex_;
  bool is_closed_ = false;
  entries entries_; ///< the oldest first
};

} // namespace texlex

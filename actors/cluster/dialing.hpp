// A connection by TCP that is being made: one address after the other, none for longer than its share of the time.
#pragma once

#include "actors/cluster/handshake_room.hpp"

namespace texlex {

class dialing final : public room_watcher {
public:
  dialing(handshake_room& room, handshake_room::destination to, instant due, handshake_end done)
    : room_(room), to_(std::move(to)), due_(due), done_(std::move(done)) {}
  ~dialing() override { forget_socket(); }

  void begin() { try_next(); }
  void ready(uint32_t events) noexcept override;

private:
  void try_next();
  [[nodiscard]] bool try_address(const peer_address& address);
  void connected();
  void gave_up();
  void forget_socket() noexcept;
  void note(const peer_address& address, int error);

  handshake_room& room_;
  const handshake_room::destination to_;
  const instant due_;
  handshake_end done_;
  size_t next_ = 0; ///< address
  owned_fd socket_;
  std::string reason_ = "it has no address"; ///< of the last address
  bool was_late_ = false;
};

} // namespace texlex

// A handshake by TLS that is under way, and the wait for a server's first words. It ends with the socket ready, or with
// its connection ended, by whomever.
//
// CAF is given a connection to a server only once there is something to read. It takes one that it has heard nothing of
// yet for one that it has heard nothing of for ever, and ends it at its next heartbeat.
#pragma once

#include "actors/cluster/handshake_room.hpp"

namespace texlex {

class greeting final : public room_watcher {
public:
  greeting(handshake_room& room, ready_socket socket, handshake_end done)
    : room_(room), socket_(std::move(socket)), done_(std::move(done)) {}
  ~greeting() override;

  void begin() noexcept;
  void ready(uint32_t events) noexcept override;

private:
  void go_on() noexcept;
  void greeted() noexcept;
  void wait_for(uint32_t events) noexcept;
  void succeed() noexcept;
  void fail() noexcept;

  handshake_room& room_;
  ready_socket socket_;
  handshake_end done_;
  uint32_t watched_ = 0; ///< for these events; none: not watched
  bool is_greeted_ = false;
};

} // namespace texlex

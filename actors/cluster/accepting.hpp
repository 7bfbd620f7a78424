// A socket that listens for other nodes.
#pragma once

#include <functional>

#include "actors/cluster/handshake_room.hpp"

namespace texlex {

class accepting final : public room_watcher {
public:
  accepting(handshake_room& room, owned_fd socket, std::function<void(ready_socket)> arrived)
    : room_(room), socket_(std::move(socket)), number_(socket_.get()), arrived_(std::move(arrived)) {}
  ~accepting() override { stop_watching(); }

  void begin() noexcept;
  /// Nobody is accepted anymore.
  void end() noexcept;
  [[nodiscard]] int socket() const noexcept { return number_; }

  void ready(uint32_t events) noexcept override;

private:
  enum class taken : uint8_t { one, none, failed };
  [[nodiscard]] taken take_one();
  void pause() noexcept;
  void stop_watching() noexcept;

  handshake_room& room_;
  owned_fd socket_;
  const int number_;
  std::function<void(ready_socket)> arrived_;
  bool is_watched_ = false;
};

} // namespace texlex

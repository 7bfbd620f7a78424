// A wire between two nodes that can be cut without either end being told.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

#include "test/unit/cluster/strangers.hpp"

namespace texlex::test {

class relay {
public:
  explicit relay(uint16_t to) : to_(to), thread_([this] { work(); }) {}
  ~relay() {
    stops_ = true;
    thread_.join();
  }
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  [[nodiscard]] uint16_t port() const noexcept { return listener_.port(); }

  /// From now on nothing goes by the connections there are; those that come later are another matter.
  void freeze() {
    const std::lock_guard guard{mutex_};
    for (wire& each : wires_) each.is_frozen = true;
  }

  /// Both ends hear that their frozen connections are gone.
  void drop_frozen() {
    const std::lock_guard guard{mutex_};
    wires_.remove_if([](const wire& each) { return each.is_frozen; });
  }

private:
  struct wire {
    owned_fd near;
    stranger far;
    bool is_frozen = false;
  };

  void work() {
    while (!stops_) {
      pollfd at_door{listener_.socket(), POLLIN, 0};
      if (::poll(&at_door, 1, 1) == 1) {
        const std::lock_guard guard{mutex_};
        wires_.push_back({listener_.accept(), stranger{to_}});
      }
      const std::lock_guard guard{mutex_};
      wires_.remove_if([](const wire& each) {
        return !each.is_frozen
               && (!pass(each.near.get(), each.far.socket()) || !pass(each.far.socket(), each.near.get()));
      });
    }
  }

  /// False: the one it comes from is gone.
  static bool pass(int from, int to) {
    std::vector<char> bytes(1 << 16);
    const ssize_t received = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (received < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    for (ssize_t sent = 0; sent < received;) {
      const ssize_t result = ::send(to, bytes.data() + sent, static_cast<size_t>(received - sent), MSG_NOSIGNAL);
      if (result <= 0) return false;
      sent += result;
    }
    return received > 0;
  }

  const uint16_t to_;
  silent_listener listener_{8};
  std::mutex mutex_;
  std::list<wire> wires_;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
};

} // namespace texlex::test

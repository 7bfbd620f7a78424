#include "actors/cluster/accepting.hpp"

#include <cerrno>
#include <exception>

#include <fcntl.h>

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_failure = 50ms;

// So many at once, and then those who shake hands have their turn.
constexpr int accepted_a_turn_max = 16;

} // namespace

void accepting::begin() noexcept {
  if (!socket_.is_open()) return;
  ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
  is_watched_ = room_.loop().watch(socket_.get(), EPOLLIN, *this);
  if (!is_watched_) pause();
}

void accepting::end() noexcept {
  if (!socket_.is_open()) return;
  stop_watching();
  socket_.close();
  arrived_ = nullptr;
  room_.retire(*this);
}

void accepting::ready(uint32_t) noexcept {
  try {
    for (int i = 0; i < accepted_a_turn_max && socket_.is_open(); ++i) {
      switch (take_one()) {
        case taken::one: break;
        case taken::none: return;
        case taken::failed: return pause();
      }
    }
  } catch (const std::exception&) {
    pause();
  }
}

accepting::taken accepting::take_one() {
  sockaddr_storage from{};
  socklen_t bytes = sizeof from;
  owned_fd accepted{::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&from), &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!accepted.is_open() && (errno == EAGAIN || errno == EWOULDBLOCK)) return taken::none;
  if (!accepted.is_open()) return errno == EINTR || errno == ECONNABORTED ? taken::one : taken::failed;
  room_.tally().note_accepted();
  room_.greet(std::move(accepted), connection_side::accepted, text_of(from), {},
              [arrived = arrived_](std::variant<ready_socket, std::string> result) {
                if (auto* const socket = std::get_if<ready_socket>(&result)) arrived(std::move(*socket));
              });
  return taken::one;
}

// Where the process has no file left, the socket would tell at once again that somebody waits.
void accepting::pause() noexcept {
  stop_watching();
  try {
    room_.loop().call_at(now() + pause_after_failure, [weak = weak_from_this()] {
      if (const auto there = weak.lock()) static_cast<accepting&>(*there).begin();
    });
  } catch (const std::exception&) { // better often than never
    is_watched_ = room_.loop().watch(socket_.get(), EPOLLIN, *this);
  }
}

void accepting::stop_watching() noexcept {
  if (is_watched_) room_.loop().unwatch(socket_.get(), *this);
  is_watched_ = false;
}

} // namespace texlex

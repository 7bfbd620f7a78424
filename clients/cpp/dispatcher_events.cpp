// What the dispatcher waits for: its sockets, names that resolve, the next point in time.
#include <array>
#include <new>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clients/cpp/dispatcher.hpp"

namespace texlex::client_core {
namespace {

enum class watched : uint8_t { timer, wake, lookup, socket };

constexpr uint64_t told_of(watched what, uint32_t server = 0, uint32_t generation = 0) noexcept {
  return uint64_t{generation} << 32 | uint64_t{server} << 8 | static_cast<uint64_t>(what);
}

bool add(int poll, int descriptor, uint32_t events, uint64_t told) noexcept {
  epoll_event wanted{};
  wanted.events = events;
  wanted.data.u64 = told;
  return ::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &wanted) == 0;
}

void drain(int descriptor) noexcept {
  uint64_t count = 0;
  (void)!::read(descriptor, &count, sizeof count);
}

} // namespace

std::unique_ptr<dispatcher> dispatcher::make(const client_settings& settings) {
  owned_fd poll{::epoll_create1(EPOLL_CLOEXEC)};
  owned_fd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  owned_fd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!poll.is_open() || !timer.is_open() || !wake.is_open()) return nullptr;
  if (!add(poll.get(), timer.get(), EPOLLIN, told_of(watched::timer))) return nullptr;
  if (!add(poll.get(), wake.get(), EPOLLIN, told_of(watched::wake))) return nullptr;
  return std::unique_ptr<dispatcher>{new dispatcher{settings, std::move(poll), std::move(timer), std::move(wake)}};
}

dispatcher::dispatcher(const client_settings& settings, owned_fd poll, owned_fd timer, owned_fd wake)
  : policy_(settings.attempts_max, settings.unreachable_attempts_max, static_cast<uint32_t>(settings.servers.size())),
    poll_(std::move(poll)), timer_(std::move(timer)), wake_(std::move(wake)), random_(std::random_device{}()) {
  for (const endpoint& each : settings.servers)
    links_.push_back(
      {.link = server_link{each, settings.connect_timeout}, .socket = -1, .events = 0, .lookup = -1, .generation = 0});
}

void dispatcher::look_at_events() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& each = events[static_cast<size_t>(i)];
    const uint64_t told = each.data.u64;
    const auto server = static_cast<uint32_t>(told >> 8 & 0xFF);
    switch (static_cast<watched>(told & 0xFF)) {
      case watched::timer: drain(timer_.get()); break;
      case watched::wake: drain(wake_.get()); break;
      case watched::lookup: break; // looked at with the time
      case watched::socket:
        if (links_[server].generation == static_cast<uint32_t>(told >> 32)) serve(server, each.events);
        break;
    }
  }
}

void dispatcher::serve(uint32_t server, uint32_t events) {
  server_link& link = links_[server].link;
  connection* const open = link.open_connection();
  if (open == nullptr) return;
  std::vector<settled> all;
  std::optional<answer> over;
  try {
    if ((events & ~uint32_t{EPOLLIN}) != 0 || !open->is_connected()) over = open->write();
    if (over && !open->is_connected() && link.has_further_address()) {
      unwatch(server);
      over = link.try_next_address();
      if (!over) return;
    } else if (!over && (events & ~uint32_t{EPOLLOUT}) != 0) {
      over = open->read(all);
    }
  } catch (const std::bad_alloc&) {
    over = failed(TEXLEX_CLIENT_NO_MEMORY, "no memory is left for what the server sends");
  }
  settle(server, all);
  if (over) return lose(server, *over);
  if (open->is_spent()) return lose(server, failed(TEXLEX_CLIENT_UNREACHABLE, "the server is shutting down"));
  if (open->is_open()) link.opened();
}

// What was queued since, such as releases.
void dispatcher::flush() {
  for (uint32_t i = 0; i < links_.size(); ++i) {
    connection* const open = links_[i].link.open_connection();
    if (open == nullptr || !open->is_open()) continue;
    std::optional<answer> over;
    try {
      over = open->write();
    } catch (const std::bad_alloc&) {
      over = failed(TEXLEX_CLIENT_NO_MEMORY, "no memory is left for what is to be sent");
    }
    if (over) lose(i, *over);
  }
}

void dispatcher::watch(uint32_t server) noexcept {
  watched_link& one = links_[server];
  if (const int lookup = one.link.lookup_descriptor(); lookup != one.lookup) {
    one.lookup = lookup; // the one before is closed, and so no longer watched
    if (lookup >= 0) (void)add(poll_.get(), lookup, EPOLLIN, told_of(watched::lookup, server));
  }
  const connection* const open = one.link.open_connection();
  if (open == nullptr) return;
  const uint32_t wanted = EPOLLIN | (open->wants_to_write() ? uint32_t{EPOLLOUT} : 0);
  if (one.socket < 0) {
    if (!add(poll_.get(), open->socket(), wanted, told_of(watched::socket, server, ++one.generation))) return;
  } else if (one.events != wanted) {
    epoll_event changed{};
    changed.events = wanted;
    changed.data.u64 = told_of(watched::socket, server, one.generation);
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, one.socket, &changed) != 0) return;
  }
  one.socket = open->socket();
  one.events = wanted;
}

void dispatcher::unwatch(uint32_t server) noexcept {
  watched_link& one = links_[server];
  if (one.socket >= 0) (void)::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, one.socket, nullptr);
  one.socket = -1;
  one.events = 0;
  one.lookup = -1;
  ++one.generation;
}

void dispatcher::set_timer() noexcept {
  instant next = instant::max();
  if (!live_.empty()) next = live_.begin()->first;
  if (!delayed_.empty()) next = std::min(next, delayed_.begin()->first);
  for (const watched_link& each : links_) {
    next = std::min(next, each.link.due());
    if (!waiting_.empty() && each.link.down_until() > now_) next = std::min(next, each.link.down_until());
  }
  itimerspec at{};
  if (next != instant::max()) {
    // A point in time of 0 would stop the timer.
    const int64_t ns = std::max<int64_t>(next.time_since_epoch().count(), 1);
    at.it_value.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    at.it_value.tv_nsec = static_cast<long>(ns % 1'000'000'000); // NOLINT(google-runtime-int)
  }
  (void)::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

void dispatcher::wake() noexcept { (void)::eventfd_write(wake_.get(), 1); }

} // namespace texlex::client_core

#include "actors/cluster/name_lookup.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

#include <netdb.h>
#include <netinet/in.h>

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr auto idle_max = 5s;

name_lookup::found resolve(const std::string& host, uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first); error != 0)
    return std::string{error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> release{first, &::freeaddrinfo};
  std::vector<peer_address> addresses;
  for (const addrinfo* next = first; next != nullptr; next = next->ai_next) {
    peer_address& address = addresses.emplace_back();
    std::memcpy(&address.bytes, next->ai_addr, next->ai_addrlen);
    address.byte_count = next->ai_addrlen;
  }
  return addresses;
}

} // namespace

struct name_lookup::desk {
  struct question {
    std::string host;
    uint16_t port = 0;
    answer done;
  };

  const uint32_t threads_max;
  const size_t waiting_max;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<question> waiting;
  uint32_t threads = 0, idle = 0;
  bool is_closed = false;
};

std::optional<peer_address> numeric_address(const std::string& host, uint16_t port) {
  auto found = resolve(host, port, AI_NUMERICHOST);
  if (auto* const addresses = std::get_if<std::vector<peer_address>>(&found)) return addresses->front();
  return std::nullopt;
}

std::string text_of(const sockaddr_storage& address) {
  char host[NI_MAXHOST] = {}, port[NI_MAXSERV] = {};
  const socklen_t bytes = address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), bytes, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV)
      != 0)
    return "an unknown address";
  return address.ss_family == AF_INET6 ? "[" + std::string{host} + "]:" + port : std::string{host} + ":" + port;
}

name_lookup::name_lookup(uint32_t threads_max, size_t waiting_max)
  : desk_(new desk{.threads_max = threads_max,
                   .waiting_max = waiting_max,
                   .mutex = {},
                   .changed = {},
                   .waiting = {},
                   .threads = 0,
                   .idle = 0,
                   .is_closed = false}) {}

name_lookup::~name_lookup() {
  std::deque<desk::question> dropped; // what they hold may end only after the lock
  const std::lock_guard guard{desk_->mutex};
  desk_->is_closed = true;
  dropped.swap(desk_->waiting);
  desk_->changed.notify_all();
}

bool name_lookup::look_up(std::string host, uint16_t port, answer done) {
  const std::lock_guard guard{desk_->mutex};
  if (desk_->waiting.size() >= desk_->waiting_max) return false;
  if (desk_->idle <= desk_->waiting.size() && desk_->threads < desk_->threads_max) {
    try {
      std::thread{&name_lookup::work, desk_}.detach();
      ++desk_->threads;
    } catch (const std::system_error&) {
      if (desk_->threads == 0) return false;
    }
  }
  desk_->waiting.push_back({std::move(host), port, std::move(done)});
  desk_->changed.notify_one();
  return true;
}

void name_lookup::work(const std::shared_ptr<desk>& at) {
  std::unique_lock lock{at->mutex};
  for (;;) {
    ++at->idle;
    at->changed.wait_for(lock, idle_max, [&] { return at->is_closed || !at->waiting.empty(); });
    --at->idle;
    if (at->waiting.empty()) break;
    auto question = std::move(at->waiting.front());
    at->waiting.pop_front();
    lock.unlock();
    question.done(resolve(question.host, question.port, AI_ADDRCONFIG));
    question.done = nullptr;
    lock.lock();
  }
  --at->threads;
}

} // namespace texlex

#include "clients/cpp/address_lookup.hpp"

#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/un.h>

namespace texlex::client_core {
namespace {

constexpr size_t addresses_max = 8; // of those a name has

std::variant<address_list, std::string> ask(const endpoint& where, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found);
  if (error != 0) return where.host + ": " + ::gai_strerror(error);
  address_list addresses;
  for (const addrinfo* each = found; each != nullptr && addresses.size() < addresses_max; each = each->ai_next) {
    socket_address& made = addresses.emplace_back();
    std::memcpy(&made.storage, each->ai_addr, each->ai_addrlen);
    made.bytes = each->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}

} // namespace

std::optional<address_list> known_addresses(const endpoint& where) {
  if (where.is_unix()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, where.path.data(), where.path.size());
    socket_address made;
    std::memcpy(&made.storage, &address, sizeof address);
    made.bytes = sizeof address;
    return address_list{made};
  }
  auto numeric = ask(where, AI_NUMERICHOST | AI_NUMERICSERV);
  if (auto* const addresses = std::get_if<address_list>(&numeric)) return std::move(*addresses);
  return std::nullopt;
}

struct address_lookup::shared_state {
  std::mutex mutex;
  std::optional<std::variant<address_list, std::string>> found;
};

std::variant<address_lookup, std::string> address_lookup::begin(const endpoint& where) {
  owned_fd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  owned_fd for_thread{wake.is_open() ? ::fcntl(wake.get(), F_DUPFD_CLOEXEC, 3) : -1};
  if (!for_thread.is_open()) return "no descriptor is left to ask for the addresses of " + where.host;
  auto state = std::make_shared<shared_state>();
  try {
    std::thread{[where, state, done = std::move(for_thread)] {
      std::optional<std::variant<address_list, std::string>> found;
      try {
        found = ask(where, 0);
      } catch (const std::bad_alloc&) {
        found = std::string{}; // its few bytes need no memory
      }
      const std::scoped_lock lock{state->mutex};
      state->found = std::move(found);
      (void)::eventfd_write(done.get(), 1);
    }}.detach();
  } catch (const std::system_error&) {
    return "no thread is left to ask for the addresses of " + where.host;
  }
  return address_lookup{std::move(wake), std::move(state)};
}

std::optional<std::variant<address_list, std::string>> address_lookup::take() {
  const std::scoped_lock lock{state_->mutex};
  return std::move(state_->found);
}

} // namespace texlex::client_core

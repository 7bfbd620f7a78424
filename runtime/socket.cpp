#include "runtime/socket.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "runtime/limits.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

std::string reason(int error) { return std::generic_category().message(error); }

socket_error cannot_listen(const std::string& where, const std::string& why) {
  return {"Cannot listen on " + where + ": " + why + "."};
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// A lock on the folder itself leaves no file behind, and the system lets go of it however the process ends.
std::variant<owned_fd, socket_error> lock_folder_of(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  owned_fd fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd.is_open()) return cannot_listen(path, "its folder cannot be opened: " + reason(errno));
  // Others hold it for a moment only; who holds it longer must not keep a server from saying why it does not start.
  const auto give_up = std::chrono::steady_clock::now() + 2s;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return cannot_listen(path, "its folder cannot be locked: " + reason(errno));
    if (std::chrono::steady_clock::now() >= give_up)
      return cannot_listen(path, "another process keeps its folder locked");
    std::this_thread::sleep_for(5ms);
  }
  return fd;
}

// Removes what a dead server left. Nothing: the path is free now.
std::optional<socket_error> clear(const std::string& path, const sockaddr_un& address) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return cannot_listen(path, reason(errno));
  }
  if (!S_ISSOCK(there.st_mode)) return cannot_listen(path, "there is a file that is not a socket");
  const owned_fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!probe.is_open()) return cannot_listen(path, reason(errno));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN)
    return cannot_listen(path, "another server is listening there"); // EAGAIN: its queue is full
  if (errno != ECONNREFUSED && errno != ENOENT)
    return cannot_listen(path, "the socket there cannot be tried: " + reason(errno));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return cannot_listen(path, "the socket a dead server left there cannot be removed: " + reason(errno));
  return std::nullopt;
}

} // namespace

void owned_fd::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

unix_socket_path& unix_socket_path::operator=(unix_socket_path&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

void unix_socket_path::remove() noexcept {
  if (path_.empty()) return;
  struct stat there {};
  if (::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

std::variant<unix_listener, socket_error> listen_unix(const std::string& path, uint32_t mode) {
  if (path.empty() || path.find('\0') != std::string::npos)
    return socket_error{"Cannot listen on a Unix socket whose path is empty or holds a NUL."};
  if (path.size() > limits::unix_socket_path_max)
    return cannot_listen(path, "the path is " + std::to_string(path.size()) + " bytes long; the system takes up to "
                                 + std::to_string(limits::unix_socket_path_max));
  auto lock = lock_folder_of(path);
  if (auto* error = std::get_if<socket_error>(&lock)) return std::move(*error);
  const sockaddr_un address = address_of(path);
  if (auto error = clear(path, address)) return std::move(*error);

  owned_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!fd.is_open()) return cannot_listen(path, reason(errno));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return cannot_listen(path, reason(errno));
  struct stat made {};
  if (::lstat(path.c_str(), &made) != 0) return cannot_listen(path, reason(errno));
  unix_socket_path place{path, made.st_dev, made.st_ino};
  // The mode is set before anybody can connect: until `listen`, every attempt is refused.
  if (::chmod(path.c_str(), mode) != 0) return cannot_listen(path, "its mode cannot be set: " + reason(errno));
  if (::listen(fd.get(), SOMAXCONN) != 0) return cannot_listen(path, reason(errno));
  return unix_listener{std::move(fd), std::move(place)};
}

std::variant<tcp_listener, socket_error> listen_tcp(const std::string& address, uint16_t port) {
  const std::string where =
    (address.find(':') == std::string::npos ? address : "[" + address + "]") + " port " + std::to_string(port);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0)
    return cannot_listen(where, std::string{"it is no numeric IPv4 or IPv6 address ("} + ::gai_strerror(error) + ")");
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> release{found, &::freeaddrinfo};

  owned_fd fd{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  if (!fd.is_open() || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
      || ::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), SOMAXCONN) != 0)
    return cannot_listen(where, reason(errno));
  sockaddr_storage bound{};
  socklen_t bound_bytes = sizeof bound;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &bound_bytes) != 0)
    return cannot_listen(where, reason(errno));
  const auto network_port = bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                                        : reinterpret_cast<const sockaddr_in&>(bound).sin_port;
  return tcp_listener{std::move(fd), address, ntohs(network_port)};
}

std::string default_socket() {
  const char* directory = std::getenv("XDG_RUNTIME_DIR");
  if (directory != nullptr && *directory != '\0') return std::string{directory} + "/texlexd.sock";
  return "/tmp/texlexd-" + std::to_string(::getuid()) + ".sock";
}

uint64_t raise_open_files_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

} // namespace texlex

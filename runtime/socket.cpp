#include "runtime/socket.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
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

// The right to look at a path and to put a socket there: a locked file beside it that nobody else may open, unlike the
// folder itself. The system lets go of the lock however the process ends; the file is removed by whoever has it locked.
class path_lock {
public:
  static std::variant<path_lock, socket_error> take(const std::string& path) {
    path_lock lock{path + ".lock"};
    // Others hold it for a moment only; who holds it longer must not keep a server from saying why it does not start.
    const auto give_up = std::chrono::steady_clock::now() + 2s;
    for (;; std::this_thread::sleep_for(5ms)) {
      const auto refused = lock.try_to_take();
      if (!refused) return lock;
      if (!refused->passes || std::chrono::steady_clock::now() >= give_up) return cannot_listen(path, refused->why);
    }
  }

  path_lock(path_lock&& other) noexcept : path_(std::move(other.path_)), file_(std::move(other.file_)) {}
  ~path_lock() {
    if (file_.is_open()) ::unlink(path_.c_str()); // while it is locked: who waits for it will see that it is gone
  }

private:
  struct refusal {
    std::string why;
    bool passes; ///< by itself, perhaps
  };

  explicit path_lock(std::string path) : path_(std::move(path)) {}

  std::optional<refusal> try_to_take() {
    // A link is not followed, and a pipe not waited for: whoever may write the folder may have put one there.
    owned_fd file{::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)};
    if (!file.is_open()) {
      const int error = errno; // EACCES: another user's server is starting, or left it
      if (error == ENOENT || error == ENOTDIR) return refusal{"its folder cannot be used: " + reason(error), false};
      return refusal{"its lock file " + path_ + " cannot be opened: " + reason(error), error == EACCES};
    }
    struct stat opened {
    }, there{};
    if (::fstat(file.get(), &opened) != 0 || !S_ISREG(opened.st_mode))
      return refusal{"there is something that is no lock file: " + path_, false};
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
      return refusal{"another process keeps its lock file " + path_ + " locked",
                     errno == EWOULDBLOCK || errno == EINTR};
    const bool still_there =
      ::lstat(path_.c_str(), &there) == 0 && there.st_dev == opened.st_dev && there.st_ino == opened.st_ino;
    if (!still_there) return refusal{"its lock file " + path_ + " is removed again and again", true};
    file_ = std::move(file);
    return std::nullopt;
  }

  std::string path_;
  owned_fd file_; ///< open: it is ours
};

// Removes what a dead server left. Nothing: the path is free now.
std::optional<socket_error> clear(const std::string& path, const sockaddr_un& address) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return cannot_listen(path, reason(errno));
  }
  if (S_ISDIR(there.st_mode)) return cannot_listen(path, "there is a folder; it must be the path of a socket in one");
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

struct socket_folder {
  std::string path;
  bool ours = false; ///< made by texlexd, in a place where everybody may make one
};

socket_folder default_folder() {
  const char* directory = std::getenv("XDG_RUNTIME_DIR");
  if (directory != nullptr && *directory != '\0') return {directory, false};
  return {"/tmp/texlexd-" + std::to_string(::geteuid()), true};
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
  if (path.ends_with('/')) return cannot_listen(path, "it is a folder; it must be the path of a socket in one");
  auto lock = path_lock::take(path);
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

std::string default_socket() { return default_folder().path + "/texlexd.sock"; }

std::optional<socket_error> prepare_own_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return std::nullopt;
  if (errno == EEXIST) return check_own_folder(path);
  return cannot_listen(path, "the folder cannot be made: " + reason(errno));
}

// Whoever made it first has it: in a folder of another user's, anybody might answer.
std::optional<socket_error> check_own_folder(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return std::nullopt; // what is not there is found out soon enough
  if (!S_ISDIR(there.st_mode)) return socket_error{path + " is no folder."};
  if (there.st_uid != ::geteuid()) return socket_error{"The folder " + path + " belongs to another user."};
  if ((there.st_mode & 022) != 0) return socket_error{"The folder " + path + " may be written by others."};
  return std::nullopt;
}

std::optional<socket_error> prepare_default_folder() {
  const auto [path, ours] = default_folder();
  return ours ? prepare_own_folder(path) : std::nullopt;
}

std::optional<socket_error> check_default_folder() {
  const auto [path, ours] = default_folder();
  return ours ? check_own_folder(path) : std::nullopt;
}

uint64_t raise_open_files_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

} // namespace texlex

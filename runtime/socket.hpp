// The sockets of a server, made the way Boost.Asio does not: with a mode nobody can slip past, over a dead server's
// leftover but never over a live one, and with errors that name the path or address. Blocking calls, all of them short;
// for the time before serving begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <variant>

namespace texlex {

/// A file descriptor, closed with its owner.
class owned_fd {
public:
  owned_fd() = default;
  explicit owned_fd(int fd) noexcept : fd_(fd) {}
  owned_fd(owned_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  owned_fd& operator=(owned_fd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~owned_fd() { close(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  /// Hands the descriptor over to someone else who closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void close() noexcept;

private:
  int fd_ = -1;
};

struct socket_error {
  std::string sentence; ///< for a person, with the path or address
};

/// A Unix socket's place in the file system. Its end removes the file, unless another file lies there by then; so it
/// must come before the socket is closed, which keeps the file's inode number from being given to another.
class unix_socket_path {
public:
  unix_socket_path() = default;
  unix_socket_path(std::string path, dev_t device, ino_t inode)
    : path_(std::move(path)), device_(device), inode_(inode) {}
  unix_socket_path(unix_socket_path&& other) noexcept { *this = std::move(other); }
  unix_socket_path& operator=(unix_socket_path&& other) noexcept;
  ~unix_socket_path() { remove(); }

  void remove() noexcept;
  [[nodiscard]] const std::string& text() const noexcept { return path_; }

private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// A socket that listens.
struct unix_listener {
  owned_fd fd;
  unix_socket_path path;
};

struct tcp_listener {
  owned_fd fd;
  std::string address;
  uint16_t port = 0; ///< the real one
};

/// Listens on a Unix socket with these permission bits. A socket nobody listens on is replaced; one that a server
/// answers on, or a file that is no socket, is an error. Two servers that start at once cannot take each other's path
/// away: from the look at the path until the new socket listens, a file beside it, `<path>.lock`, is locked, which only
/// this user may open; then it is removed.
[[nodiscard]] std::variant<unix_listener, socket_error> listen_unix(const std::string& path, uint32_t mode);

/// Listens on a numeric IPv4 or IPv6 address; port 0 takes any free one.
[[nodiscard]] std::variant<tcp_listener, socket_error> listen_tcp(const std::string& address, uint16_t port);

/// Where texlexd listens and its clients look unless told otherwise: `texlexd.sock` in XDG_RUNTIME_DIR, or in a folder
/// of its user's own, /tmp/texlexd-UID.
[[nodiscard]] std::string default_socket();

/// Makes a folder in a place where everybody may make one, for its user only, if it is not there yet. An error if it
/// cannot be made, or is not safe.
[[nodiscard]] std::optional<socket_error> prepare_own_folder(const std::string& path);

/// An error if somebody else has made it, or may write it: for clients, who would send their documents there.
[[nodiscard]] std::optional<socket_error> check_own_folder(const std::string& path);

/// The same of the folder of `default_socket`, if it is the one in /tmp.
[[nodiscard]] std::optional<socket_error> prepare_default_folder();
[[nodiscard]] std::optional<socket_error> check_default_folder();

/// Lets this process open as many files as the system permits it. Returns how many that is.
uint64_t raise_open_files_limit() noexcept;

} // namespace texlex

#include "runtime/client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <system_error>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/time.hpp"

namespace texlex {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

client_error timed_out(const char* what) {
  return {client_fault::timed_out, std::string{"The time to "} + what + " is up."};
}

client_error failed(int error) {
  if (error == EPIPE || error == ECONNRESET)
    return {client_fault::broken, "The server has closed the connection: " + reason(error) + "."};
  return {client_fault::system, "The connection failed: " + reason(error) + "."};
}

// False: the time is up.
bool wait_for(int fd, short events, instant until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now()).count();
    pollfd watched{fd, events, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::clamp<int64_t>(left, 0, INT32_MAX)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true; // the call that follows tells what is wrong
    if (ready == 0 && now() >= until) return false;
  }
}

std::optional<client_error> connect_fd(int fd, const sockaddr* address, socklen_t address_bytes,
                                       const std::string& where, instant until) {
  const auto no_server = [&](int error) {
    return client_error{client_fault::no_server, "Cannot connect to " + where + ": " + reason(error) + "."};
  };
  // A Unix socket whose queue is full says EAGAIN and cannot be waited for: try again until the time is up.
  while (::connect(fd, address, address_bytes) != 0) {
    if (errno == EINPROGRESS) {
      if (!wait_for(fd, POLLOUT, until)) return timed_out("connect");
      int error = 0;
      socklen_t error_bytes = sizeof error;
      if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) != 0) error = errno;
      if (error != 0) return no_server(error);
      return std::nullopt;
    }
    if (errno != EAGAIN && errno != EINTR) return no_server(errno);
    if (now() >= until) return timed_out("connect");
    ::poll(nullptr, 0, 1);
  }
  return std::nullopt;
}

} // namespace

std::variant<client, client_error> client::connect(const std::string& address, timeout limit) {
  if (address == default_socket())
    if (auto error = check_default_folder()) return client_error{client_fault::bad_address, std::move(error->sentence)};
  if (is_unix_address(address)) return connect_unix(address, limit);
  const auto parts = split_host_port(address);
  if (!parts)
    return client_error{client_fault::bad_address, "\"" + address + "\" " + std::string{address_fault(address)} + "."};
  return connect_tcp(parts->host, parts->port, limit);
}

std::variant<client, client_error> client::connect_unix(const std::string& path, timeout limit) {
  if (path.empty() || path.size() > limits::unix_socket_path_max)
    return client_error{client_fault::bad_address, "\"" + path + "\" is no path of a Unix socket: those have 1 to "
                                                     + std::to_string(limits::unix_socket_path_max) + " bytes."};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  owned_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.is_open()) return failed(errno);
  if (auto error =
        connect_fd(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address, path, now() + limit))
    return std::move(*error);
  return client{std::move(fd), limit};
}

std::variant<client, client_error> client::connect_tcp(const std::string& host, uint16_t port, timeout limit) {
  const instant until = now() + limit;
  const std::string where = host + " port " + std::to_string(port);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0)
    return client_error{client_fault::bad_address, "Cannot find " + where + ": " + ::gai_strerror(error) + "."};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> release{found, &::freeaddrinfo};
  client_error last{client_fault::no_server, "Cannot connect to " + where + "."};
  for (const addrinfo* at = found; at; at = at->ai_next) {
    owned_fd fd{::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd.is_open()) return failed(errno);
    if (auto error = connect_fd(fd.get(), at->ai_addr, at->ai_addrlen, where, until)) {
      last = std::move(*error);
      continue;
    }
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return client{std::move(fd), limit};
  }
  return last;
}

instant client::time_for(uint64_t bytes) const noexcept {
  return now() + limit_ + std::chrono::milliseconds{bytes * 1000 / slowest_bytes_a_second};
}

std::optional<client_error> client::send_until(instant until, std::span<const uint8_t> head,
                                               std::span<const uint8_t> body) {
  // sendmsg writes the head and the document in one go and from where they lie, as writev does, and raises no SIGPIPE.
  while (!head.empty() || !body.empty()) {
    iovec parts[2] = {{const_cast<uint8_t*>(head.data()), head.size()},
                      {const_cast<uint8_t*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return failed(errno);
      if (!wait_for(fd_.get(), POLLOUT, until)) return timed_out("send");
      continue;
    }
    const size_t of_head = std::min(static_cast<size_t>(sent), head.size());
    head = head.subspan(of_head);
    body = body.subspan(static_cast<size_t>(sent) - of_head);
  }
  return std::nullopt;
}

std::optional<client_error> client::send_request(uint64_t id, std::span<const uint8_t> document) {
  if (document.size() > limits::document_bytes_max)
    return client_error{client_fault::malformed, "A frame cannot carry a document of more than "
                                                   + std::to_string(limits::document_bytes_max) + " bytes."};
  return send(encode_request_head(id, static_cast<uint32_t>(document.size())), document);
}

std::optional<client_error> client::send_request(uint64_t id, std::string_view document) {
  return send_request(id, std::span{reinterpret_cast<const uint8_t*>(document.data()), document.size()});
}

std::optional<client_error> client::send_cancel(uint64_t id) {
  return send(encode({static_cast<uint32_t>(frame_type::cancel), id, 0}), {});
}

std::optional<client_error> client::send_bytes(std::span<const uint8_t> bytes) { return send(bytes, {}); }

void client::end_sending() noexcept { ::shutdown(fd_.get(), SHUT_WR); }

// Receives until so many bytes lie in the buffer.
std::optional<client_error> client::fill(size_t bytes) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (buffer_.size() - begin_ < bytes) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  const instant until = now() + limit_;
  while (end_ - begin_ < bytes) {
    auto got = receive_some(std::span{buffer_}.subspan(end_), until, begin_ != end_);
    if (auto* error = std::get_if<client_error>(&got)) return std::move(*error);
    end_ += std::get<size_t>(got);
  }
  return std::nullopt;
}

// Waits for bytes and takes some; never none.
std::variant<size_t, client_error> client::receive_some(std::span<uint8_t> into, instant until,
                                                        bool within_frame) const {
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), into.data(), into.size(), 0);
    if (got > 0) return static_cast<size_t>(got);
    if (got == 0 && !within_frame) return client_error{client_fault::closed, "The server has ended the connection."};
    if (got == 0)
      return client_error{client_fault::broken, "The server has ended the connection in the middle of a frame."};
    if (errno == EAGAIN) {
      if (!wait_for(fd_.get(), POLLIN, until)) return timed_out("receive a response");
    } else if (errno != EINTR) {
      return failed(errno);
    }
  }
}

frame_header client::next_header() const noexcept {
  return decode_header(std::span{buffer_}.subspan(begin_).first<frame_header_bytes>());
}

std::optional<client_error> client::send_frame(frame_type type, uint64_t id, std::string_view head,
                                               std::span<const uint8_t> body) {
  const uint64_t payload_bytes = head.size() + body.size();
  if (payload_bytes > limits::frame_payload_bytes_max)
    return client_error{client_fault::malformed, "A frame cannot carry more than "
                                                   + std::to_string(limits::frame_payload_bytes_max) + " bytes."};
  const auto header = encode({static_cast<uint32_t>(type), id, static_cast<uint32_t>(payload_bytes)});
  std::vector<uint8_t> beginning(header.size() + head.size());
  std::ranges::copy(head, std::ranges::copy(header, beginning.begin()).out);
  return send_until(time_for(payload_bytes), beginning, body);
}

std::variant<frame_header, client_error> client::receive_header() {
  if (auto error = fill(frame_header_bytes)) return std::move(*error);
  const frame_header header = next_header();
  begin_ += frame_header_bytes;
  return header;
}

std::optional<client_error> client::receive_payload(std::span<uint8_t> into) {
  const instant until = time_for(into.size());
  const size_t here = std::min(into.size(), end_ - begin_);
  std::copy_n(buffer_.begin() + static_cast<ptrdiff_t>(begin_), here, into.begin());
  begin_ += here;
  for (auto rest = into.subspan(here); !rest.empty();) {
    auto got = receive_some(rest, until, true);
    if (auto* error = std::get_if<client_error>(&got)) return std::move(*error);
    rest = rest.subspan(std::get<size_t>(got));
  }
  return std::nullopt;
}

std::variant<client_response, client_error> client::receive() {
  if (auto error = fill(frame_header_bytes)) return std::move(*error);
  const frame_header header = next_header();
  if (header.type != static_cast<uint32_t>(frame_type::response) || header.payload_bytes != response_payload_bytes)
    return client_error{client_fault::malformed, "What the server sent is not a response of protocol version 1."};
  if (auto error = fill(response_frame_bytes)) return std::move(*error);
  const auto payload = std::span{buffer_}.subspan(begin_ + frame_header_bytes).first<response_payload_bytes>();
  begin_ += response_frame_bytes;
  return client_response{header.id, decode_response(payload)};
}

std::variant<std::string, client_error> client::ask_stats(uint64_t id) {
  if (auto error = send(encode({static_cast<uint32_t>(frame_type::stats), id, 0}), {})) return std::move(*error);
  if (auto error = fill(frame_header_bytes)) return std::move(*error);
  const frame_header header = next_header();
  if (header.type == static_cast<uint32_t>(frame_type::response)) {
    auto received = receive();
    if (auto* error = std::get_if<client_error>(&received)) return std::move(*error);
    const status given = std::get<client_response>(received).result.status;
    return client_error{client_fault::refused, "The server tells no figures: " + std::string{name_of(given)} + "."};
  }
  if (header.type != static_cast<uint32_t>(frame_type::stats_response) || header.id != id)
    return client_error{client_fault::malformed, "What the server sent does not answer a question for its figures."};
  if (header.payload_bytes > limits::stats_payload_bytes_max)
    return client_error{client_fault::malformed, "The server's figures are longer than "
                                                   + std::to_string(limits::stats_payload_bytes_max) + " bytes."};
  begin_ += frame_header_bytes;
  std::string text;
  while (text.size() < header.payload_bytes) {
    if (auto error = fill(1)) return std::move(*error);
    const size_t taken = std::min(end_ - begin_, header.payload_bytes - text.size());
    text.append(reinterpret_cast<const char*>(buffer_.data() + begin_), taken);
    begin_ += taken;
  }
  return text;
}

} // namespace texlex

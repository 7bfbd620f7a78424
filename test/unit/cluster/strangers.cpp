#include "test/unit/cluster/strangers.hpp"

#include <cstring>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <caf/binary_serializer.hpp>
#include <caf/io/basp/version.hpp>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

namespace texlex::test {
namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// So that a test fails and does not hang.
void be_patient(int socket) {
  const timeval longest{.tv_sec = stranger_waits_s, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
}

template <class... Parts>
std::string serialized(Parts&&... parts) {
  std::vector<char> bytes;
  caf::binary_serializer sink{nullptr, bytes};
  if (sink(parts...)) throw std::runtime_error{"cannot be written"};
  return {bytes.begin(), bytes.end()};
}

std::string greet(int socket, const identity* with, const SSL_METHOD* method, int (*shake_hands)(SSL*)) {
  const std::unique_ptr<SSL_CTX, freed_with<&SSL_CTX_free>> context{SSL_CTX_new(method)};
  if (with != nullptr) {
    SSL_CTX_use_certificate(context.get(), with->certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), with->key.get());
  }
  const std::unique_ptr<SSL, freed_with<&SSL_free>> session{SSL_new(context.get())};
  SSL_set_fd(session.get(), socket);
  ERR_clear_error();
  char byte = 0;
  if (shake_hands(session.get()) == 1 && SSL_read(session.get(), &byte, 1) == 1) return {};
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  return error == 0 ? "the connection ended" : ERR_reason_error_string(error);
}

} // namespace

stranger::stranger(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  be_patient(socket_.get());
  const sockaddr_in address = loopback(port);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error{std::string{"a stranger cannot connect: "} + std::strerror(errno)};
}

void stranger::send(const std::string& bytes) const {
  if (::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error{std::string{"a stranger cannot send: "} + std::strerror(errno)};
}

std::string stranger::receive(size_t byte_count) const {
  std::string bytes(byte_count, '\0');
  size_t received = 0;
  while (received < byte_count) {
    const ssize_t result = ::recv(socket_.get(), bytes.data() + received, byte_count - received, 0);
    if (result <= 0) break;
    received += static_cast<size_t>(result);
  }
  bytes.resize(received);
  return bytes;
}

bool stranger::sees_the_end() const {
  char bytes[4096];
  for (;;) {
    const ssize_t result = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    if (result == 0 || (result < 0 && errno == ECONNRESET)) return true;
    if (result < 0) return false;
  }
}

silent_listener::silent_listener(int backlog) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  be_patient(socket_.get());
  sockaddr_in address = loopback(0);
  socklen_t bytes = sizeof address;
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
      || ::listen(socket_.get(), backlog) != 0
      || ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &bytes) != 0)
    throw std::runtime_error{"nobody can listen"};
  port_ = ntohs(address.sin_port);
}

owned_fd silent_listener::accept() const {
  owned_fd accepted{::accept(socket_.get(), nullptr, nullptr)};
  if (!accepted.is_open()) throw std::runtime_error{"nobody connects"};
  be_patient(accepted.get());
  return accepted;
}

// As CAF has them valid: who sends it, who is to get it.
std::string basp_header(caf::io::basp::message_type type, uint32_t payload_bytes, uint8_t flags) {
  using caf::io::basp::message_type;
  const bool is_message = type == message_type::direct_message || type == message_type::routed_message;
  const uint64_t version = type == message_type::server_handshake ? caf::io::basp::version : 0;
  const caf::actor_id source = is_message || type == message_type::down_message ? 1 : 0;
  const caf::actor_id target = is_message || type == message_type::monitor_message ? 1 : 0;
  caf::io::basp::header header{type, flags, payload_bytes, version, source, target};
  return serialized(header);
}

std::string client_handshake(const caf::node_id& of, uint8_t flags) {
  caf::node_id node = of;
  const std::string payload = serialized(node);
  return basp_header(caf::io::basp::message_type::client_handshake, static_cast<uint32_t>(payload.size()), flags)
         + payload;
}

void read_server_handshake(const stranger& from) {
  const std::string header = from.receive(caf::io::basp::header_size);
  uint32_t payload_bytes = 0;
  if (header.size() == caf::io::basp::header_size) std::memcpy(&payload_bytes, header.data() + 4, sizeof payload_bytes);
  payload_bytes = ntohl(payload_bytes);
  if (payload_bytes == 0 || from.receive(payload_bytes).size() != payload_bytes)
    throw std::runtime_error{"the server says nothing"};
}

std::string greet_as_client(int socket, const identity* with) {
  return greet(socket, with, TLS_client_method(), &SSL_connect);
}

std::string greet_as_server(int socket, const identity& with) {
  return greet(socket, &with, TLS_server_method(), &SSL_accept);
}

} // namespace texlex::test

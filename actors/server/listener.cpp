#include "actors/server/listener.hpp"

#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <spdlog/spdlog.h>

namespace texlex {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr auto pause_after_failure = 50ms;

} // namespace

listener::listener(server_core& core, owned_fd fd, int family)
  : core_(core), family_(family), acceptor_(core.io), pause_(core.io) {
  acceptor_.assign(asio::generic::stream_protocol(family, 0), fd.get());
  [[maybe_unused]] const int owned_by_acceptor = fd.release();
}

void listener::accept_on() {
  acceptor_.async_accept(
    [this](const boost::system::error_code& error, stream_socket socket) { accepted(error, std::move(socket)); });
}

void listener::accepted(const boost::system::error_code& error, stream_socket socket) {
  if (error && !acceptor_.is_open()) return;
  if (error) {
    if (const auto left_out = warnings_.due(now()))
      spdlog::warn("cannot accept connections, trying again: {}{}", error.message(), left_out_text(*left_out));
    pause_.expires_after(pause_after_failure);
    pause_.async_wait([this](const boost::system::error_code& ended) {
      if (!ended) accept_on();
    });
    return;
  }
  take(std::move(socket));
  if (acceptor_.is_open()) accept_on();
}

void listener::take(stream_socket socket) {
  if (family_ != AF_UNIX) { // responses are small and written whole: waiting for more only delays them
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  core_.connected(std::move(socket));
}

void listener::close() {
  boost::system::error_code ignored;
  acceptor_.non_blocking(true, ignored);
  for (;;) { // who has connected shall hear that we end, not find the connection broken
    boost::system::error_code none_left;
    stream_socket socket{core_.io};
    acceptor_.accept(socket, none_left);
    if (none_left) break;
    take(std::move(socket));
  }
  acceptor_.close(ignored);
  pause_.cancel();
}

} // namespace texlex

#include "actors/cluster/peer_scribe.hpp"

#include <chrono>
#include <utility>

namespace texlex {
namespace {

using namespace std::chrono_literals;

/// For the last bytes, of a connection that CAF closes; it would wait for the peer to close it too.
constexpr auto closing_max = 1s;

} // namespace

peer_scribe::peer_scribe(std::shared_ptr<transport_core> core, ready_socket socket)
  : scribe(caf::io::network::conn_hdl_from_socket(socket.fd.get())), core_(std::move(core)),
    watch_(socket.connection->side(), core_->options().frame_bytes_max),
    stream_(core_->multiplexer(), socket.fd.release(), std::move(socket.tls), socket.connection.get()),
    place_(std::move(socket.connection)) {}

void peer_scribe::configure_read(caf::io::receive_policy::config config) {
  stream_.configure_read(config);
  if (is_launched_) return;
  is_launched_ = true;
  stream_.start(this);
}

// A connection that is ended here fails at its next read, which is how CAF hears of it: this call has no way to say so.
bool peer_scribe::consume(caf::execution_unit* context, const void* bytes, size_t byte_count) {
  if (place_->has_ended()) return true;
  const auto verdict = watch_.take(context, static_cast<const char*>(bytes), byte_count);
  if (watch_.introduced()) place_->establish(*watch_.introduced());
  switch (verdict) {
    case basp_watch::verdict::pass: return scribe::consume(context, bytes, byte_count);
    case basp_watch::verdict::withhold:
      withheld_.emplace_back(rd_buf().begin(), rd_buf().begin() + static_cast<ptrdiff_t>(byte_count));
      stream_.configure_read(caf::io::receive_policy::exactly(watch_.next_bytes()));
      return true;
    case basp_watch::verdict::release:
      withheld_.emplace_back(rd_buf().begin(), rd_buf().begin() + static_cast<ptrdiff_t>(byte_count));
      return release(context);
    case basp_watch::verdict::oversized:
      place_->end(ending::oversized,
                  "it announced a message longer than " + std::to_string(core_->options().frame_bytes_max) + " bytes");
      return true;
    case basp_watch::verdict::not_basp: break;
  }
  place_->end(ending::not_basp, "it does not speak CAF's protocol");
  return true;
}

// CAF takes what lies in the buffer for reading.
bool peer_scribe::release(caf::execution_unit* context) {
  for (const auto& piece : std::exchange(withheld_, {})) {
    rd_buf() = piece;
    if (!scribe::consume(context, rd_buf().data(), piece.size())) return false;
  }
  return true;
}

void peer_scribe::graceful_shutdown() {
  stream_.graceful_shutdown();
  detach(&stream_.backend(), false);
  core_->room().end_at(now() + closing_max, place_.get(), ending::by_owner, "closed");
}

std::string peer_scribe::addr() const {
  const auto found = caf::io::network::remote_addr_of_fd(stream_.fd());
  return found ? *found : std::string{};
}

uint16_t peer_scribe::port() const {
  const auto found = caf::io::network::remote_port_of_fd(stream_.fd());
  return found ? *found : uint16_t{0};
}

} // namespace texlex

#include "clients/cpp/outgoing.hpp"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

#include "runtime/passed_descriptor.hpp"

namespace texlex::client_core {
namespace {

std::span<const uint8_t> bytes_of(const std::string& text) noexcept {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

} // namespace

void outgoing::put(std::string bytes, owned_fd descriptor) {
  part& made = parts_.emplace_back();
  made.owned = std::move(bytes);
  made.rest = bytes_of(made.owned);
  made.descriptor = std::move(descriptor);
}

void outgoing::put_document(const request& owner) {
  if (owner.document.empty()) return;
  part& made = parts_.emplace_back();
  made.rest = owner.document;
  made.owner = &owner;
}

void outgoing::detach(const request& owner) {
  for (part& each : parts_) {
    if (each.owner != &owner) continue;
    each.owned.assign(reinterpret_cast<const char*>(each.rest.data()), each.rest.size());
    each.rest = bytes_of(each.owned);
    each.owner = nullptr;
  }
}

outgoing::event outgoing::write(int socket) noexcept {
  while (!parts_.empty()) {
    std::array<iovec, 64> gathered{};
    passed_descriptor beside;
    msghdr message{};
    message.msg_iov = gathered.data();
    for (const part& each : parts_) {
      const bool is_first = message.msg_iovlen == 0;
      if (message.msg_iovlen == gathered.size() || (each.descriptor.is_open() && !is_first)) break;
      // sendmsg does not write to it.
      gathered[message.msg_iovlen++] = {const_cast<uint8_t*>(each.rest.data()), each.rest.size()};
    }
    if (const auto& first = parts_.front().descriptor; first.is_open()) beside.send_with(message, first.get());
    const ssize_t count = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? event::blocked : event::failed;
    written(static_cast<size_t>(count));
  }
  return event::all_written;
}

void outgoing::written(size_t bytes) noexcept {
  if (bytes > 0) parts_.front().descriptor.close();
  while (bytes > 0) {
    part& first = parts_.front();
    if (bytes < first.rest.size()) {
      first.rest = first.rest.subspan(bytes);
      return;
    }
    bytes -= first.rest.size();
    parts_.pop_front();
  }
}

} // namespace texlex::client_core

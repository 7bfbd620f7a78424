#include "clients/cpp/frame_receiver.hpp"

#include <cerrno>
#include <new>

#include <sys/socket.h>
#include <sys/uio.h>

#include "runtime/tokenize_frame.hpp"

namespace texlex::client_core {

// No read goes beyond a frame: so a descriptor that comes while its header is read is this frame's.
frame_receiver::event frame_receiver::receive(int socket, bool with_descriptors) noexcept {
  for (;;) {
    const bool in_header = got_ < frame_header_bytes;
    if (!in_header && !has_room_) return event::header;
    if (!in_header && got_ == frame_header_bytes + payload_.bytes) return event::frame;
    const std::span<uint8_t> rest =
      in_header ? std::span<uint8_t>{head_}.subspan(got_)
                : std::span<uint8_t>{payload_.memory.get(), payload_.bytes}.subspan(got_ - frame_header_bytes);
    const ssize_t count = read(socket, rest, with_descriptors);
    if (unexpected_) return event::unexpected;
    if (count == 0) return event::ended;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? event::blocked : event::failed;
    got_ += static_cast<size_t>(count);
    read_bytes_ += static_cast<size_t>(count);
    if (in_header && got_ == frame_header_bytes) header_ = decode_header(head_);
  }
}

void frame_receiver::take_payload() {
  constexpr std::align_val_t alignment{column_alignment_bytes};
  payload_ = {};
  if (header_.payload_bytes > 0) {
    auto* const bytes = static_cast<uint8_t*>(::operator new(header_.payload_bytes, alignment));
    payload_.memory = std::shared_ptr<uint8_t>(bytes, [](uint8_t* memory) { ::operator delete(memory, alignment); });
  }
  payload_.bytes = header_.payload_bytes;
  has_room_ = true;
}

received_payload frame_receiver::take_frame() noexcept {
  got_ = 0;
  has_room_ = false;
  lost_descriptor_ = false;
  descriptor_.close();
  return std::exchange(payload_, {});
}

ssize_t frame_receiver::read(int socket, std::span<uint8_t> into, bool with_descriptors) noexcept {
  if (!with_descriptors) return ::recv(socket, into.data(), into.size(), 0);
  passed_descriptor beside;
  iovec part{into.data(), into.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  beside.receive_with(message);
  const ssize_t count = ::recvmsg(socket, &message, close_on_exec);
  if (count >= 0 && !keep_descriptor(passed_descriptor::of(message))) unexpected_ = true;
  return count;
}

// False: it is none that may come.
bool frame_receiver::keep_descriptor(passed_descriptor::received came) noexcept {
  if (!came.fd.is_open() && !came.lost) return true;
  const bool begins_frame = got_ == 0;
  if (came.lost) lost_descriptor_ = true;
  if (came.fd.is_open()) descriptor_ = std::move(came.fd);
  return begins_frame && !came.several;
}

} // namespace texlex::client_core

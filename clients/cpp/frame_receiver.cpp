#include "clients/cpp/frame_receiver.hpp"

#include <cerrno>
#include <cstring>
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
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 4)> control{};
  iovec part{into.data(), into.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (count >= 0 && !keep_descriptors(&message)) unexpected_ = true;
  return count;
}

// False: they are none that may come. All that came are closed then, with this or at once.
bool frame_receiver::keep_descriptors(const void* given) noexcept {
  auto message = *static_cast<const msghdr*>(given);
  const bool begins_frame = got_ == 0;
  bool right = true;
  if ((message.msg_flags & MSG_CTRUNC) != 0) {
    lost_descriptor_ = true;
    right = begins_frame;
  }
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(each) + i * sizeof(int), sizeof descriptor);
      owned_fd owned{descriptor};
      if (!begins_frame || descriptor_.is_open()) right = false;
      descriptor_ = std::move(owned);
    }
  }
  return right;
}

} // namespace texlex::client_core

// Frames out of a socket that never blocks, each into memory of its own, with the descriptor that came with it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/frame.hpp"
#include "runtime/passed_descriptor.hpp"
#include "runtime/socket.hpp"

namespace texlex::client_core {

struct received_payload {
  std::shared_ptr<uint8_t> memory; ///< aligned for columns
  size_t bytes = 0;

  [[nodiscard]] std::span<const uint8_t> span() const noexcept { return {memory.get(), bytes}; }
};

class frame_receiver {
public:
  enum class event : uint8_t {
    header,     ///< `header()` is there: `take_payload` or the end is to follow
    frame,      ///< all of it is
    blocked,    ///< nothing more for now
    ended,      ///< by the server, between frames or within one
    failed,     ///< errno tells
    unexpected, ///< a descriptor came where none may
  };

  /// Reads what there is of the next frame. `with_descriptors`: descriptors may come.
  [[nodiscard]] event receive(int socket, bool with_descriptors) noexcept;

  [[nodiscard]] const frame_header& header() const noexcept { return header_; }
  /// Makes room for its payload, which was found to be no longer than it may. Throws std::bad_alloc.
  void take_payload();

  /// Of a frame that is complete. The next begins.
  [[nodiscard]] received_payload take_frame() noexcept;
  [[nodiscard]] owned_fd take_descriptor() noexcept { return std::move(descriptor_); }
  /// Whether one came and this process could not have it.
  [[nodiscard]] bool has_lost_descriptor() const noexcept { return lost_descriptor_; }
  /// Bytes read since this was asked last.
  [[nodiscard]] size_t take_read_bytes() noexcept { return std::exchange(read_bytes_, 0); }

private:
  [[nodiscard]] ssize_t read(int socket, std::span<uint8_t> into, bool with_descriptors) noexcept;
  [[nodiscard]] bool keep_descriptor(passed_descriptor::received came) noexcept;

  std::array<uint8_t, frame_header_bytes> head_{};
  frame_header header_;
  size_t got_ = 0; ///< of the frame
  bool has_room_ = false;
  received_payload payload_;
  owned_fd descriptor_;
  bool lost_descriptor_ = false;
  bool unexpected_ = false;
  size_t read_bytes_ = 0;
};

} // namespace texlex::client_core

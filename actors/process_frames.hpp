// What a worker's process and its lane say to each other, as packets of fixed length over a socket pair: `start` down,
// `ready` up, then `attempt` down and `result` up in turns, with `columns` down before an attempt whose columns lie in
// memory that the process has not mapped yet. Both ends run the same program, so a packet is a struct's
// bytes; yet one that makes no sense is told from one that does, as a process gone wrong may send anything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "runtime/arena.hpp"
#include "runtime/outcome.hpp"

namespace texlex {

/// A short text in a packet, with zeros behind. What is too long is cut.
template <size_t capacity>
class packet_text {
public:
  packet_text() = default;
  explicit packet_text(std::string_view text) noexcept { text.copy(bytes_.data(), capacity - 1); }

  [[nodiscard]] std::string_view view() const noexcept { return bytes_.data(); }
  [[nodiscard]] bool valid() const noexcept { return bytes_.back() == '\0'; }

private:
  std::array<char, capacity> bytes_{};
};

using packet_name = packet_text<64>;

/// What a worker's process is to be. A page of `common_memory` is passed along, which begins with a
/// `scan_progress`.
struct start_frame {
  static constexpr uint32_t wanted_kind = 1;
  uint32_t kind = wanted_kind;
  uint32_t lane = 0;
  uint32_t core = 0;
  uint32_t lock_memory = 0;
  uint64_t document_bytes_max = 0;
  uint64_t resident_bytes = 0;
  uint64_t stall_seed = 0;
  uint64_t stall_ns = 0;
  uint32_t stall_ppm = 0;
  uint32_t stall_after = 0;
  uint32_t stall_deaf = 0;
  packet_name kernel;
  packet_name regime; ///< that most documents will be read under: made before the first comes

  [[nodiscard]] bool valid() const noexcept;
};

/// It has settled on its core, with its memory in place.
struct ready_frame {
  static constexpr uint32_t wanted_kind = 2;
  uint32_t kind = wanted_kind;
  uint32_t locked = 0;
  uint64_t resident_bytes = 0; ///< of its arenas
  packet_text<160> unpinned;   ///< why it is not bound to its core; empty: it is

  [[nodiscard]] bool valid() const noexcept;
};

/// Memory for columns, which is passed along: attempts from now on may name its slot. Not answered.
struct columns_frame {
  static constexpr uint32_t wanted_kind = 5;
  uint32_t kind = wanted_kind;
  uint32_t slot = 0;
  uint64_t forget = 0; ///< as in `mapping_verdict`
  uint64_t memory_bytes = 0;

  [[nodiscard]] bool valid() const noexcept;
};

/// One document, and what is wanted of it. If `fresh`, the memory it lies in is passed along.
struct attempt_frame {
  static constexpr uint32_t wanted_kind = 3;
  uint32_t kind = wanted_kind;
  uint32_t slot = 0;
  uint64_t number = 0;       ///< its result has the same
  uint64_t forget = 0;       ///< as in `mapping_verdict`
  uint64_t forget_after = 0; ///< likewise, once the attempt is over
  uint64_t memory_bytes = 0;
  uint64_t document_offset = 0; ///< in the memory, which begins with a `shared_document_header`
  uint64_t document_bytes = 0;
  uint32_t fresh = 0;
  uint32_t crash = 0;       ///< it is to die half way (crash_hook.hpp)
  uint32_t columns = 0;     ///< bits of `column_set`; none: counts only
  uint32_t column_slot = 0; ///< where the memory for them is, if there are any
  uint32_t view = 0;
  uint32_t unit = 0;
  uint32_t issues_told_max = 0;
  uint32_t reserved = 0; ///< so that all its bytes are written
  packet_name regime;

  [[nodiscard]] bool valid() const noexcept;
};

/// How it ended, and what the process has used since it started.
struct result_frame {
  static constexpr uint32_t wanted_kind = 4;
  uint32_t kind = wanted_kind;
  uint32_t status = 0;
  uint64_t number = 0;
  uint32_t token_count = 0;
  uint32_t issue_count = 0;
  uint64_t name_bytes = 0; ///< of the column of names, if it was wanted
  uint64_t bytes_handed_out = 0;
  uint64_t trims = 0;
  uint32_t interrupted = 0; ///< as in `attempt_result`
  uint32_t reserved = 0;    ///< so that all its bytes are written

  [[nodiscard]] bool valid() const noexcept;
};

/// A frame's packet.
template <class Frame>
[[nodiscard]] std::array<uint8_t, sizeof(Frame)> to_packet(const Frame& frame) noexcept {
  static_assert(std::is_trivially_copyable_v<Frame>);
  std::array<uint8_t, sizeof(Frame)> bytes;
  std::memcpy(bytes.data(), &frame, sizeof frame);
  return bytes;
}

/// A packet's frame; nothing if it is another frame's, or holds what cannot be.
template <class Frame>
[[nodiscard]] std::optional<Frame> from_packet(std::span<const uint8_t> bytes) noexcept {
  static_assert(std::is_trivially_copyable_v<Frame>);
  if (bytes.size() != sizeof(Frame)) return std::nullopt;
  Frame frame;
  std::memcpy(static_cast<void*>(&frame), bytes.data(), sizeof frame);
  if (frame.kind != Frame::wanted_kind || !frame.valid()) return std::nullopt;
  return frame;
}

} // namespace texlex

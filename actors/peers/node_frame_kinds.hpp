// How frames of nodes begin. Only for what encodes and decodes them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "actors/peers/node_frames.hpp"

namespace texlex::node_frame_kinds {

enum class kind : uint8_t {
  hello = 1,
  answer = 2,
  greeting = 3,
  order = 4,
  abandon = 5,
  giver_beat = 6,
  welcome = 7,
  result = 8,
  lane_beat = 9,
  stranger = 10,
  leaving = 11,
  columns_begin = 12,
  chunk = 13,
  bytes_taken = 14,
};

/// So that a text which happens to come this way is not taken for a hello.
inline constexpr uint64_t hello_magic = 0x31'65'64'6f'6e'78'6c'74; // "tlxnode1"

inline constexpr size_t regime_bytes_max = node_text_bytes_max;

} // namespace texlex::node_frame_kinds

// A tokenize response whose columns lie in a descriptor's memory: its head and directory, taken apart and checked. No
// sockets, no mapping.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "runtime/tokenize_frame.hpp"

namespace texlex::client_core {

/// Nothing if it contradicts itself: every column it yields lies in `mapped` and has as many entries as the head says.
[[nodiscard]] std::optional<tokenized> decode_mapped(std::span<const uint8_t> payload, std::span<const uint8_t> mapped);

} // namespace texlex::client_core

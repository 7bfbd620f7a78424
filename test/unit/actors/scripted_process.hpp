// A worker's process that goes wrong as a test has it: it answers what cannot be, or not at all, or writes on where it
// was once let.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "actors/process_frames.hpp"
#include "runtime/child_process.hpp"
#include "runtime/packet_socket.hpp"
#include "runtime/shared_memory.hpp"

namespace texlex::test {

/// Where a process finds its script; empty: it does as texlexd's do.
inline constexpr const char* script_variable = "TEXLEX_TEST_WORKER";

template <class Frame>
std::optional<Frame> receive_frame(owned_fd* passed = nullptr) {
  std::array<uint8_t, 512> room;
  received_packet got = receive_packet(passed_descriptor, room);
  if (got.verdict != packet_verdict::received) return std::nullopt;
  if (passed != nullptr) *passed = std::move(got.passed);
  return from_packet<Frame>({room.data(), got.bytes});
}

/// What it says of an attempt.
[[nodiscard]] inline result_frame lie(std::string_view script, const attempt_frame& attempt) {
  result_frame said{.number = attempt.number, .token_count = 1};
  if (script == "too many tokens") said.token_count = static_cast<uint32_t>(attempt.document_bytes + 2);
  if (script == "too many issues") said.issue_count = static_cast<uint32_t>(2 * attempt.document_bytes + 3);
  if (script == "too long names") said.name_bytes = 3 * attempt.document_bytes + 1;
  if (script == "another attempt") ++said.number;
  return said;
}

/// Serves its lane as the script says. Returns the status to exit with.
inline int run_scripted_process(std::string_view script) {
  owned_fd page;
  if (!receive_frame<start_frame>(&page)) return 1;
  if (send_packet(passed_descriptor, to_packet(ready_frame{})) != 0) return 1;
  std::vector<common_memory> scribbled_on;
  for (;;) {
    std::array<uint8_t, 512> room;
    received_packet got = receive_packet(passed_descriptor, room);
    if (got.verdict != packet_verdict::received) return 0;
    const std::span<const uint8_t> packet{room.data(), got.bytes};
    if (const auto columns = from_packet<columns_frame>(packet)) {
      auto memory = common_memory::map(got.passed, columns->memory_bytes);
      if (!memory) return 1;
      scribbled_on.push_back(std::move(*memory));
      continue;
    }
    const auto attempt = from_packet<attempt_frame>(packet);
    if (!attempt) return 1;
    if (script == "scribbles") {
      (void)send_packet(passed_descriptor, to_packet(lie("one token", *attempt)));
      for (;;)
        for (common_memory& each : scribbled_on) std::memset(each.data(), 0xEE, each.bytes());
    }
    if (script == "is silent")
      for (;;) std::this_thread::sleep_for(std::chrono::seconds{1});
    if (script == "no frame") {
      (void)send_packet(passed_descriptor, std::array<uint8_t, 3>{1, 2, 3});
      continue;
    }
    (void)send_packet(passed_descriptor, to_packet(lie(script, *attempt)));
  }
}

} // namespace texlex::test

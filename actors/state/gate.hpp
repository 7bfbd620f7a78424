// Whether a request that has only shown its header is taken, held back or refused, before a byte of its document is
// read. Asked by every connection of the I/O thread. Knows how much is taken on already (`admission`) and how the queue
// ahead of the workers stands (`queue_pressure`), which its owner keeps up to date on the same thread.
//
// Held back: the connection is not read until there is room, or until it has waited long enough. That is for clients
// with nothing else in flight, who would only come back; whoever pipelines is refused, and hears when to come back.
#pragma once

#include <cstdint>
#include <optional>

#include "actors/state/admission.hpp"
#include "actors/state/queue_pressure.hpp"

namespace texlex {

enum class gate_verdict : uint8_t { take, hold, refuse };

/// A request as its header tells of it.
struct gate_request {
  uint64_t document_bytes = 0;
  size_t in_flight = 0;     ///< requests of the same client that are open
  duration waited{0};       ///< in its socket, as far as is known
  bool more_behind = false; ///< its client has sent more already
};

class gate {
public:
  struct answer {
    gate_verdict verdict = gate_verdict::refuse;
    admission::place place{};    ///< with `take`
    uint32_t retry_after_ms = 0; ///< with `refuse`; 0: not known
  };

  /// Both must outlive this.
  gate(admission& places, const queue_pressure& pressure) noexcept : places_(places), pressure_(pressure) {}

  [[nodiscard]] answer ask(const gate_request& request) noexcept;

  /// While the process is short of memory all are refused, those who come as those who wait.
  void short_of_memory(bool yes) noexcept { short_of_memory_ = yes; }

  /// It has waited as long as anybody may: what it is told.
  [[nodiscard]] uint32_t retry_after_ms() const noexcept { return pressure_.retry_after_ms; }

private:
  admission& places_;
  const queue_pressure& pressure_;
  bool short_of_memory_ = false;
};

} // namespace texlex

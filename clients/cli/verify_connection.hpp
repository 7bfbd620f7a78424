// A running texlexd, as `texlex verify` speaks to it: one document after another over one connection, by version 1 of
// the protocol, which tells whose attempt was the first.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "runtime/client.hpp"
#include "runtime/outcome.hpp"

namespace texlex::cli {

/// A healthy server answers within milliseconds; this is for one that is overloaded or gone.
inline constexpr std::chrono::milliseconds usual_answer_timeout{30'000};

struct verify_answer {
  outcome result;
  std::string error;    ///< a sentence; empty if the status is ok
  bool answered = true; ///< by the server, if only by a refusal
};

class verify_connection {
public:
  /// Connects to a Unix socket or host:port. A sentence if that failed, else nothing.
  [[nodiscard]] std::string connect(const std::string& address,
                                    std::chrono::milliseconds answer_timeout = usual_answer_timeout);

  /// Sends a document and waits for its response.
  [[nodiscard]] verify_answer tokenize(std::span<const uint8_t> document);

private:
  std::optional<client> client_;
  uint64_t next_id_ = 1;
};

} // namespace texlex::cli

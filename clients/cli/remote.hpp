// A running texlexd, as the command line speaks to it: one document after another over one connection.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "runtime/client.hpp"
#include "runtime/outcome.hpp"

namespace texlex::cli {

struct remote_answer {
  outcome result;
  std::string error; ///< a sentence; empty if the status is ok
};

class remote {
public:
  /// Connects to a Unix socket or host:port. A sentence if that failed, else nothing.
  [[nodiscard]] std::string connect(const std::string& address);

  /// Sends a document and waits for its response.
  [[nodiscard]] remote_answer tokenize(std::span<const uint8_t> document);

private:
  std::optional<client> client_;
  uint64_t next_id_ = 1;
};

} // namespace texlex::cli

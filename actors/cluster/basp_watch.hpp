// Looks at what a peer sends before CAF does. CAF takes the memory for whatever a header announces, from anyone who
// connects, and answers messages of those who have not said who they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <caf/execution_unit.hpp>
#include <caf/io/basp/header.hpp>
#include <caf/node_id.hpp>

#include "actors/cluster/tls_session.hpp"

namespace texlex {

class basp_watch {
public:
  basp_watch(connection_side side, uint64_t frame_bytes_max) : side_(side), frame_bytes_max_(frame_bytes_max) {}

  enum class verdict : uint8_t { pass, oversized, not_basp };

  /// What arrived, in the pieces that CAF asks for: a header, then its payload if it announces one.
  [[nodiscard]] verdict take(caf::execution_unit* context, const char* bytes, size_t byte_count);

  /// The node that has said for the first time who it is, with the piece that was taken last.
  [[nodiscard]] const std::optional<caf::node_id>& introduced() const noexcept { return introduced_; }

private:
  [[nodiscard]] verdict take_header(caf::execution_unit* context, const char* bytes, size_t byte_count);
  [[nodiscard]] verdict take_introduction(caf::execution_unit* context, const char* bytes, size_t byte_count);

  [[nodiscard]] bool may_introduce(const caf::io::basp::header& header) const noexcept;

  enum class piece : uint8_t { header, introduction, payload };

  const connection_side side_;
  const uint64_t frame_bytes_max_;
  piece expected_ = piece::header;
  std::optional<caf::node_id> node_; ///< the peer, once it is known
  std::optional<caf::node_id> introduced_;
};

} // namespace texlex

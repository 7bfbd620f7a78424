// Looks at what a peer sends before CAF does. CAF takes the memory for whatever a header announces, from anyone who
// connects, and answers messages of those who have not said who they are.
//
// A client of CAF's introduces itself, and then either does so again, to say that it stays, or is gone: it had another
// connection to this node. CAF would believe in the first introduction. Where two nodes connect to each other at once,
// each would then find itself connected by the other and end its own connection, and both would be gone. So nothing
// of a client is passed on before it has said that it stays.
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

  enum class verdict : uint8_t {
    pass,
    withhold, ///< not to be passed on yet; `next_bytes` come next
    release,  ///< to be passed on after those that were withheld
    oversized,
    not_basp
  };

  /// What arrived, in the pieces that CAF asks for: a header, then its payload if it announces one.
  [[nodiscard]] verdict take(caf::execution_unit* context, const char* bytes, size_t byte_count);

  [[nodiscard]] size_t next_bytes() const noexcept { return next_bytes_; }

  /// The node that has said who it is, with the piece that was taken last.
  [[nodiscard]] const std::optional<caf::node_id>& introduced() const noexcept { return introduced_; }

private:
  [[nodiscard]] verdict take_header(caf::execution_unit* context, const char* bytes, size_t byte_count);
  [[nodiscard]] verdict take_introduction(caf::execution_unit* context, const char* bytes, size_t byte_count);

  [[nodiscard]] bool may_introduce(const caf::io::basp::header& header) const noexcept;

  enum class piece : uint8_t { header, introduction, payload };

  const connection_side side_;
  const uint64_t frame_bytes_max_;
  piece expected_ = piece::header;
  size_t next_bytes_ = caf::io::basp::header_size;
  bool stays_ = false, is_known_ = false;
  std::optional<caf::node_id> node_; ///< that has introduced itself once
  std::optional<caf::node_id> introduced_;
};

} // namespace texlex

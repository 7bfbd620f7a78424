// Every way a request can end. One enum, one table of texts: what goes over the wire, into logs and into counters.
// docs/protocol.md lists the same statuses for clients; a test holds the two together.
#pragma once

#include <cstdint>
#include <string_view>

namespace texlex {

/// The status of a response. The numbers are part of the wire protocol: never renumber, only add.
enum class status : uint32_t {
  ok = 0,
  malformed_frame = 1,       ///< the frame's lengths contradict each other or its type's form
  unknown_type = 2,          ///< framing is lost: last response, then the connection is closed
  document_too_large = 3,    ///< refused from its header; the connection goes on
  frame_too_large = 4,       ///< a length over the hard limit: last response, then the connection is closed
  duplicate_id = 5,          ///< the id is in flight on this connection
  overload = 6,              ///< a limit on requests or bytes in flight is reached
  cancelled = 7,             ///< the client cancelled it
  worker_lost = 8,           ///< two workers died on it
  shutting_down = 9,         ///< the server drains
  frame_timeout = 10,        ///< the rest of the frame did not arrive in time: last response, then close
  frame_cut_short = 11,      ///< the client ended its side in the middle of a frame: last response, then close
  too_many_connections = 12, ///< request id 0, then close
  no_worker = 13,            ///< no worker is left, and none can be started
  internal_error = 14,       ///< a fault of the server's own; its log says more
  condemned_document = 15,   ///< workers died of this document before: it is not tried for a while
  deadline_exceeded = 16,    ///< it waited past its deadline, and was not begun
  unknown_regime = 17,       ///< no regime has the name asked for
  unsupported_option = 18,   ///< an option, view, unit or column that this server does not know
  bad_descriptor = 19,       ///< what was passed is no sealed memory with the document
  descriptor_lost = 20,      ///< a descriptor was to come with the request, and did not
};

inline constexpr uint32_t status_count = 21;

/// Short name, such as `too-many-connections`.
[[nodiscard]] std::string_view name_of(status s) noexcept;

/// One sentence for a person: what happened and what to do.
[[nodiscard]] std::string_view explain(status s) noexcept;

/// Which attempt's result a response carries.
enum class origin : uint8_t { none = 0, primary = 1, hedge = 2 };

/// How a request ended: one value a request, whatever happened to its attempts.
struct outcome {
  texlex::status status = texlex::status::internal_error;
  uint32_t token_count = 0; ///< tokens of the tex view; of an overload: after how many ms to try again
  uint32_t issue_count = 0;
  texlex::origin origin = texlex::origin::none;

  friend bool operator==(const outcome&, const outcome&) = default;
};

} // namespace texlex

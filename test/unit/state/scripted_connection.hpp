// A connection without a socket, as Boost's tests use it: one to a server that has room for it, and small limits.
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>

#include "test/support/printed_status.hpp"
#include "test/support/scripted_session.hpp"

namespace texlex {

inline std::ostream& operator<<(std::ostream& out, read_step step) { return out << static_cast<int>(step); }
inline std::ostream& operator<<(std::ostream& out, tick_verdict verdict) { return out << static_cast<int>(verdict); }

} // namespace texlex

namespace texlex::test {

/// Limits that a test reaches with a few bytes.
inline constexpr session_limits small_limits{.document_bytes_max = 10,
                                             .requests_in_flight_max = 3,
                                             .idle_timeout = std::chrono::milliseconds{100},
                                             .read_timeout = std::chrono::milliseconds{20},
                                             .write_timeout = std::chrono::milliseconds{30},
                                             .column_bytes_held_max = 100};

/// One connection to a server that has room for it.
struct connected_client {
  admission desk{100, 1000};
  scripted_connection client{small_limits, desk};

  /// The one response that waits.
  response only() {
    const auto got = client.receive();
    BOOST_REQUIRE(got.size() == 1u);
    return got.front();
  }
};

/// Columns that hold so many bytes.
inline column_answer_ptr columns_of(uint64_t held) {
  const auto answer = std::make_shared<column_answer>();
  answer->bytes = held;
  return answer;
}

} // namespace texlex::test

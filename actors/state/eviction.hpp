// Who goes first when connections or bytes run out: whoever does least with what it holds, and never the newcomer as
// such. A frame that trickles goes before a connection that was never served, that before one that has been idle for
// long; what is in flight, and frames that come in quickly, stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "runtime/time.hpp"

namespace texlex {

/// What a connection is at, and since when.
struct standing {
  enum class kind : uint8_t {
    busy,    ///< something is in flight or unwritten, and no frame under way
    reading, ///< a frame is under way
    idle,    ///< neither
  };
  kind at = kind::busy;
  duration since{};         ///< of a frame: of the time that counts against the client
  uint64_t bytes = 0;       ///< of the frame
  bool served = false;      ///< it has had a response before
  bool gives_bytes = false; ///< a part of a document is there, whose bytes would be free
};

/// Looks at connections one by one and keeps the one that goes first.
class eviction {
public:
  enum class want : uint8_t { connection, bytes };
  explicit eviction(want what) noexcept : want_(what) {}

  void look(const standing& one, size_t index) noexcept;
  /// None: all of them deserve what they hold.
  [[nodiscard]] std::optional<size_t> victim() const noexcept { return victim_; }

private:
  struct rank {
    int order = 0; ///< 0: stays
    double weight = 0;
    friend auto operator<=>(const rank&, const rank&) = default;
  };
  [[nodiscard]] rank rank_of(const standing& one) const noexcept;

  want want_;
  rank highest_;
  std::optional<size_t> victim_;
};

} // namespace texlex

// Which connection the next request of an open loop goes to: the one with the fewest in flight, and among equals the
// one that has waited longest for its turn. A list for each number in flight, so that a choice costs the same however
// many connections there are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace texlex::load {

class least_busy {
public:
  least_busy(uint32_t members, uint32_t in_flight_each_max);

  /// This one takes requests and has so many in flight now, fewer than the most there can be.
  void offer(uint32_t member, uint32_t in_flight);
  /// This one takes none for now.
  void withdraw(uint32_t member);

  [[nodiscard]] std::optional<uint32_t> first() noexcept;

private:
  static constexpr uint32_t nobody = UINT32_MAX;
  struct list {
    uint32_t first = nobody;
    uint32_t last = nobody;
  };
  struct membership {
    uint32_t before = nobody;
    uint32_t behind = nobody;
    uint32_t in_flight = nobody; ///< that: in no list
  };

  std::vector<list> lists_; ///< by requests in flight
  std::vector<membership> members_;
  uint32_t lowest_ = 0; ///< the lists before are empty
};

} // namespace texlex::load

// What one turn of the I/O loop may cost, in all and for each connection, so that whoever pipelines keeps nobody
// waiting: sockets are looked at again in between. A cost is counted in bytes; a frame counts as many as are read in
// the time it takes to see it through the house.
#pragma once

#include <cstddef>
#include <cstdint>

namespace texlex {

/// Of the whole turn.
class turn_budget {
public:
  static constexpr size_t frame_cost = 16u << 10;      ///< about 3 us
  static constexpr size_t connection_max = 256u << 10; ///< of one connection: 16 empty documents, or a quarter of 1 MiB
  static constexpr size_t turn_max = 8 * connection_max; ///< of all together: well below a millisecond

  void begin() noexcept {
    ++number_;
    spent_ = 0;
  }
  [[nodiscard]] uint64_t number() const noexcept { return number_; }
  [[nodiscard]] bool used_up() const noexcept { return spent_ >= turn_max; }

private:
  friend class turn_share;
  uint64_t number_ = 0;
  size_t spent_ = 0;
};

/// Of one connection. Starts anew with each turn.
class turn_share {
public:
  /// Whether it may begin something more in this turn. What it has begun may go beyond its share.
  [[nodiscard]] bool left(const turn_budget& turn) noexcept {
    if (number_ != turn.number()) {
      number_ = turn.number();
      spent_ = 0;
    }
    return spent_ < turn_budget::connection_max && (!turn.used_up() || guaranteed_);
  }
  void charge(turn_budget& turn, size_t cost) noexcept {
    spent_ += cost;
    turn.spent_ += cost;
  }
  /// It has waited for its turn, and gets its share even if the turn has cost enough.
  void guarantee(bool yes) noexcept { guaranteed_ = yes; }

private:
  uint64_t number_ = 0;
  size_t spent_ = 0;
  bool guaranteed_ = false;
};

} // namespace texlex

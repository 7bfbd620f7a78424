// The lane's end of a link: each order is carried out once however often it comes, and its result is said again until
// the giver is known to have it. What the giver may give is granted here: at first one attempt, then twice as many each
// time as many were carried out in time, up to the lane's capacity (a slow start, as in Envoy and TCP: a lane that just
// came shall not get all at once), half as many once one is abandoned as too late. Results are kept until they are
// known to have come, so that no more is granted while very many are not.
//
// Time goes in, words and orders come out. No I/O, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "actors/peers/lane_words.hpp"

namespace texlex {

struct lane_port_options {
  uint64_t epoch_from = 1; ///< of its first life; each further one has the next. Not used by another start of it
  uint32_t capacity = 1;   ///< attempts at one time
  uint64_t document_bytes_max = uint64_t{8} << 20; ///< of one; what is granted allows for it
  duration beat = std::chrono::milliseconds{100};
  duration resend = std::chrono::milliseconds{200}; ///< a result that may have been lost is sent again after that
  duration orphaned = std::chrono::seconds{3};      ///< the giver was not heard for so long: its work is dropped
};

/// Called in the middle of an event: must not call the port back.
class lane_port_effects {
public:
  virtual ~lane_port_effects() = default;
  virtual void send(const lane_word& word) = 0;
  virtual void begin(const link_order& order) = 0; ///< say `ended` once it has
  virtual void stop(uint64_t number) = 0;          ///< nobody wants it; `ended` may still be said, and need not be
};

class lane_port {
public:
  lane_port(const lane_port_options& options, lane_port_effects& effects);

  void heard(const giver_word& word, instant now);
  /// The order of that number has ended; of a life that is over it means nothing.
  void ended(const link_epoch& epoch, uint64_t number, const outcome& result, instant now);
  /// From now on what has not come yet is handed back, and every giver is told so. For good.
  void leave();
  void tick(instant now);
  /// When to say `tick`; `instant::max()` while there is no giver.
  [[nodiscard]] instant next_tick() const noexcept { return next_tick_; }

  [[nodiscard]] const link_epoch& epoch() const noexcept { return epoch_; }
  [[nodiscard]] size_t running() const noexcept { return running_; }
  /// Running, or their results not known to have come.
  [[nodiscard]] size_t held() const noexcept { return orders_.size(); }
  /// The giver gave more than it was granted, and was turned away: so often.
  [[nodiscard]] uint64_t overdrawn() const noexcept { return overdrawn_; }
  [[nodiscard]] uint64_t doubled() const noexcept { return doubled_; } ///< orders that had come before

  void check_invariants() const;

private:
  struct taken {
    job_id job;
    uint64_t bytes = 0;
    std::optional<outcome> result{};
    instant sent{}; ///< the result
    bool abandoned = false;
  };

  void hear(const link_greeting& word, instant now);
  void hear(const link_order& word, instant now);
  void hear(const link_abandon& word, instant now);
  void hear(const giver_beat& word, instant now);
  /// False: the word is of another life, whose giver is told so.
  bool ours(const link_epoch& epoch, instant now);
  void welcome();
  void turn_away(const link_epoch& epoch);
  void tell();
  void end_life();
  void grow_credit(bool in_time);
  [[nodiscard]] lane_credit credit() const noexcept;
  lane_credit grant() noexcept;
  [[nodiscard]] uint64_t held_max() const noexcept { return seen_numbers::window + options_.capacity; }
  void send_result(uint64_t number, taken& one, instant now);

  lane_port_options options_;
  lane_port_effects& effects_;
  link_epoch epoch_{}; ///< `giver` 0: there is none
  uint64_t next_epoch_;
  seen_numbers orders_seen_;
  std::map<uint64_t, taken> orders_; ///< by number
  size_t running_ = 0;
  lane_credit ended_{};   ///< attempts that have, and their bytes
  lane_credit granted_{}; ///< at most so far
  lane_credit given_{};
  std::optional<uint64_t> last_; ///< the last order that is carried out, as it leaves
  uint64_t known_ = 0;           ///< results of which the giver has told that they came
  uint32_t allowance_ = 1;       ///< attempts at one time
  uint32_t in_time_ = 0;         ///< ended since the allowance changed
  instant heard_{};
  instant next_tick_ = instant::max();
  uint64_t doubled_ = 0;
  bool leaving_ = false;
  uint64_t overdrawn_ = 0;
};

} // namespace texlex

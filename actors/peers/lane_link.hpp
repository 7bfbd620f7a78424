// The giver's end of a link to a lane elsewhere: makes of a carrier that loses, doubles, delays and reorders words a
// lane that says of each attempt once how it ended. An order goes out again until the lane is known to have it; the
// lane does the same with results. Nothing is queued here: what may be given is what the lane has granted.
//
// Who is not heard for a while is suspected and gets no more work; who is not heard for longer is down: what it had is
// lost, and a new life begins with a greeting. Whoever looks too late himself judges nobody, as he may just not have
// listened (the failure detector's usual mistake).
//
// Time goes in, words and news come out. No I/O, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "actors/peers/lane_words.hpp"

namespace texlex {

struct lane_link_options {
  uint64_t epoch_from = 1; ///< of this giver's first life; each further one has the next. Not used by another giver
  duration beat = std::chrono::milliseconds{100};
  duration resend = std::chrono::milliseconds{200};  ///< an order of which nothing is known is sent again after that
  duration suspect = std::chrono::milliseconds{500}; ///< nothing was heard for so long
  duration down = std::chrono::seconds{1};
  duration late = std::chrono::milliseconds{200}; ///< a look that comes later than planned by so much judges nobody
  duration greet_min = std::chrono::milliseconds{100}; ///< between greetings at first; doubles up to
  duration greet_max = std::chrono::seconds{10};
};

enum class link_state : uint8_t { greeting, up, suspect };

/// Called in the middle of an event: must not call the link back.
class lane_link_effects {
public:
  virtual ~lane_link_effects() = default;
  virtual void send(const giver_word& word) = 0;
  virtual void up(uint32_t capacity, uint64_t document_bytes_max) = 0; ///< a life has begun
  virtual void suspected() = 0;
  virtual void cleared() = 0;                                   ///< it is heard again
  virtual void down() = 0;                                      ///< after all it had was `lost`
  virtual void finished(job_id job, const outcome& result) = 0; ///< there may be other room too
  virtual void lost(job_id job) = 0;                            ///< whether it was carried out is not known
  virtual void handed_back(job_id job) = 0;                     ///< it was not carried out, and will not be
  virtual void room_changed() = 0;                              ///< otherwise than by what is given or finished
};

class lane_link {
public:
  lane_link(const lane_link_options& options, lane_link_effects& effects) : options_(options), effects_(effects) {}

  void start(instant now);
  void heard(const lane_word& word, instant now);

  /// How many attempts may be given now, each at a document as long as may be. 0 unless it is up.
  [[nodiscard]] uint32_t room() const noexcept;
  /// Only with room. A job has one attempt here at a time.
  void order(job_id job, uint32_t attempt, uint64_t bytes, instant deadline, instant now, work_wanted wanted = {});
  /// Something is wrong there although it is heard: as if it were down.
  void give_up(instant now);
  /// Nobody wants it any more. It still ends, with whatever the lane makes of it.
  void abandon(job_id job);

  void tick(instant now);
  /// When to say `tick`; later than that counts as late.
  [[nodiscard]] instant next_tick() const noexcept { return next_tick_; }

  /// The lane ends: nothing more is to be given to it.
  [[nodiscard]] bool leaving() const noexcept { return leaving_; }
  [[nodiscard]] link_state state() const noexcept { return state_; }
  [[nodiscard]] const link_epoch& epoch() const noexcept { return epoch_; }
  [[nodiscard]] size_t in_flight() const noexcept { return in_flight_.size(); }
  [[nodiscard]] uint64_t resent() const noexcept { return resent_; } ///< orders

  void check_invariants() const;

private:
  struct given {
    link_order order;
    instant deadline;
    instant sent;
    bool taken = false; ///< the lane has it
    bool abandoned = false;
  };

  void hear(const link_welcome& word, instant now);
  void hear(const link_result& word, instant now);
  void hear(const lane_beat& word, instant now);
  void hear(const link_stranger& word, instant now);
  void hear(const link_leaving& word, instant now);
  [[nodiscard]] bool ours(const link_epoch& epoch) const noexcept {
    return state_ != link_state::greeting && epoch == epoch_;
  }
  void heard_at(instant now);
  void credited(const lane_credit& credit);
  void judge(instant now);
  void greet(instant now);
  void send_order(given& one, instant now);
  void resend_orders(instant now);
  void tell_results();
  void go_down(instant now);

  lane_link_options options_;
  lane_link_effects& effects_;
  link_state state_ = link_state::greeting;
  link_epoch epoch_{};
  bool leaving_ = false;
  uint64_t document_bytes_max_ = 0;
  lane_credit credit_{};
  lane_credit used_{};
  uint64_t last_number_ = 0;
  std::map<uint64_t, given> in_flight_; ///< by number: few, and looked through in that order
  seen_numbers results_;
  uint32_t results_untold_ = 0; ///< since the last beat
  instant heard_{};
  instant next_tick_ = instant::min();
  instant next_greeting_{};
  duration greet_again_{};
  uint64_t resent_ = 0;
};

} // namespace texlex

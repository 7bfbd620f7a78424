// The requests of one connection that are not answered: each in a place, which its number on the wire tells, so that an
// answer finds it at once, in whatever order answers come. Plain bookkeeping; nothing is allocated for a request once
// there have been as many at one time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "clients/cli/bench/due_request.hpp"
#include "clients/cli/bench/load_plan.hpp"
#include "clients/cli/bench/load_result.hpp"
#include "runtime/frame.hpp"

namespace texlex::load {

struct flight {
  uint64_t id = 0; ///< 0: this place is free
  due_request request{};
  uint32_t lateness_us = never_sent;
  std::array<uint8_t, frame_header_bytes + document_length_bytes> head{};
};

class flight_table {
public:
  using place = uint32_t;

  explicit flight_table(uint32_t places_max) : places_max_(places_max) { places_.reserve(places_max); }

  [[nodiscard]] uint32_t count() const noexcept { return count_; }
  [[nodiscard]] bool is_full() const noexcept { return count_ == places_max_; }

  /// Only if not full. Its number is not 0, which a refusal at the door carries, and no other's before it.
  [[nodiscard]] place add(const due_request& request);
  void remove(place at);

  [[nodiscard]] flight& operator[](place at) noexcept { return places_[at]; }

  /// The place of the request with this number; `none` if there is none.
  [[nodiscard]] place find(uint64_t id) const noexcept;
  static constexpr place none = UINT32_MAX;

  /// Those due at `until` or before are handed out with their places. Costs nothing where none can be.
  template <class Call>
  void for_each_due(instant until, Call&& call) {
    if (count_ == 0 || earliest_ > until) return;
    earliest_ = instant::max();
    for (place at = 0; at < places_.size(); ++at) {
      if (places_[at].id == 0) continue;
      if (places_[at].request.intended <= until) {
        call(at);
      } else if (places_[at].request.intended < earliest_) {
        earliest_ = places_[at].request.intended;
      }
    }
  }

private:
  static constexpr uint32_t place_bits = 12;
  static_assert(in_flight_max <= 1u << place_bits);

  const uint32_t places_max_;
  uint32_t count_ = 0;
  std::vector<flight> places_;
  std::vector<place> free_;
  uint64_t last_number_ = 0;
  instant earliest_ = instant::max(); ///< none of them was due before
};

} // namespace texlex::load

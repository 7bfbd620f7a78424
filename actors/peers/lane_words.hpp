// What the two ends of a link to a lane elsewhere say to each other. All of it is values: whoever carries them may
// lose, double, delay and reorder them, and neither end may be the worse for it. `lane_link` is the end of whoever
// gives work, `lane_port` that of the lane.
//
//   giver                        lane
//     greeting ──────────────▶            until it is welcomed
//              ◀────────────── welcome
//     order    ──────────────▶            again until it is known to have come
//     abandon  ──────────────▶
//              ◀────────────── result     again until it is known to have come
//     giver_beat ────────────▶            which results have come
//              ◀────────────── lane_beat  which orders have come, and what may be given
//              ◀────────────── leaving    again and again: no order above a number is carried out any more
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "actors/job.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// Which numbers have come: all below `before`, and those of `after` whose bit is set, of `before + 1` the lowest.
struct seen_numbers {
  static constexpr uint64_t window = 64; ///< numbers from `before` on that can be told of

  uint64_t before = 1;
  uint64_t after = 0;

  [[nodiscard]] bool has(uint64_t number) const noexcept;
  /// False: it was seen, or is beyond what can be told of: nothing has happened.
  bool add(uint64_t number) noexcept;
  /// The highest; 0: there is none.
  [[nodiscard]] uint64_t last() const noexcept { return after == 0 ? before - 1 : before + std::bit_width(after); }
  friend bool operator==(const seen_numbers&, const seen_numbers&) = default;
};

/// How much may have been given in all since the welcome. Absolute, so that one that is lost or comes twice or late
/// does no harm: the largest one holds.
struct lane_credit {
  uint64_t attempts = 0;
  uint64_t bytes = 0; ///< of their documents
  friend bool operator==(const lane_credit&, const lane_credit&) = default;
};

/// One life of a link: numbers of both ends that neither uses again. Words of another life mean nothing.
struct link_epoch {
  uint64_t giver = 0;
  uint64_t lane = 0; ///< 0 in a greeting: not known yet
  friend bool operator==(const link_epoch&, const link_epoch&) = default;
};

/// What is to be made of a document. A regime goes by its name, which both ends must know.
struct work_wanted {
  std::string regime{};
  uint32_t columns = 0; ///< bits of `column_set`; none: counts only
  token_view view = token_view::tex;
  position_unit unit = position_unit::bytes;
  uint32_t issues_told_max = 0;
  std::optional<trace_context> trace{}; ///< that it is part of
  friend bool operator==(const work_wanted&, const work_wanted&) = default;
};

/// What is wanted of a job with a regime.
[[nodiscard]] work_wanted work_wanted_of(const job& job);

// The giver's.
struct link_greeting {
  link_epoch epoch{};
};
struct link_order {
  link_epoch epoch{};
  uint64_t number = 0; ///< from 1, of the link's life
  job_id job{};
  uint32_t attempt = 1;
  uint64_t bytes = 0;
  duration time_left = duration::max(); ///< until it is of no use to its client
  work_wanted wanted{};
};
struct link_abandon {
  link_epoch epoch{};
  uint64_t number = 0;
};
struct giver_beat {
  link_epoch epoch{};
  seen_numbers results{};
};
using giver_word = std::variant<link_greeting, link_order, link_abandon, giver_beat>;

// The lane's.
struct link_welcome {
  link_epoch epoch{};
  uint32_t capacity = 1; ///< attempts at one time, once its credit has grown
  uint64_t document_bytes_max = 0;
  lane_credit credit{};
};
struct link_result {
  link_epoch epoch{};
  uint64_t number = 0; ///< of the order
  job_id job{};
  outcome result{};
  lane_credit credit{}; ///< so that what has ended makes room at once
};
struct lane_beat {
  link_epoch epoch{};
  seen_numbers orders{};
  lane_credit credit{};
};
/// The lane knows no such life: it has begun anew, or has given the giver up.
struct link_stranger {
  link_epoch epoch{};
};
/// The lane ends: of what it was given it carries out no number above that: those are handed back.
struct link_leaving {
  link_epoch epoch{};
  uint64_t last = 0;
};
using lane_word = std::variant<link_welcome, link_result, lane_beat, link_stranger, link_leaving>;

} // namespace texlex

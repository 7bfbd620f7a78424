// Who may say what to whom, of the actors by which nodes lend each other workers. A peer reaches those that it has a
// handle of with frames and nothing else: whatever is said within the process has a part that no other process can
// make, as CAF does not write it to a network.
//
//   giver                                               lender
//   gateway ── spawns ─▶ remote_lane ── hello ────────▶ gateway ── spawns ─▶ lent_lane ── submit ─▶ broker
//   broker ── run ─────▶ remote_lane ◀── frames ──────▶ lent_lane ◀── answered ── gateway ◀── answer ──┘
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <caf/typed_actor.hpp>

#include "actors/gateway/node_messages.hpp"
#include "actors/interfaces.hpp"
#include "actors/peers/node_frames.hpp"
#include "actors/reports.hpp"

namespace texlex {

/// Shows that a word is of this process.
struct local_word {};

/// Whoever hears frames of another node.
using frame_listener = caf::typed_actor<takes<atom::frame, std::string>>;

/// What became of an attempt to reach a peer's gateway.
struct dialed {
  std::string address;
  frame_listener gateway; ///< null: the error says why
  std::string error;
};

/// The addresses that a name stands for.
struct names_found {
  std::vector<std::string> addresses;
  std::string error; ///< why there are none
};

/// What a remote lane has to tell of its peer.
struct peer_news {
  enum class event : uint8_t { found, refused, ended, counts };

  std::string address; ///< it was reached at
  event what = event::counts;
  node_hello said{};                     ///< `found`
  node_refusal why = node_refusal::none; ///< `refused`
  std::string reason{};                  ///< `ended`
  peer_report report{};                  ///< `counts`, and last ones with `ended`
};

using lent_lane_actor = frame_listener::extend<takes<atom::answered, delivery>, takes<atom::look, local_word>,
                                               takes<atom::leave, local_word>, takes<atom::finish, local_word>>;

using remote_lane_listener =
  remote_lane_actor::extend_with<frame_listener>::extend<takes<atom::start, local_word>, takes<atom::look, local_word>,
                                                         takes<atom::finish, local_word>>;

/// Which of the lanes that were lent: one whose giver has begun to use it, or one that is gone.
struct lent_lane_number {
  uint64_t lane = 0;
};

/// It can be reached now, at the address that peers are told.
struct listens_at {
  std::string address;
};

using gateway_actor = frame_listener::extend<takes<atom::news, peer_news>, takes<atom::dialed, dialed>,
                                             takes<atom::names, names_found>, takes<atom::greeted, lent_lane_number>,
                                             takes<atom::gone, lent_lane_number>, takes<atom::answered, delivery>,
                                             takes<atom::listens, listens_at>, takes<atom::look, local_word>,
                                             takes<atom::leave, local_word>, takes<atom::finish, local_word>>;

/// Jobs that are carried out for peers are numbered apart from those of sessions. The number holds that of its lane.
inline constexpr uint64_t lent_jobs_from = uint64_t{1} << 63;
inline constexpr uint32_t lent_job_bits = 32;
[[nodiscard]] constexpr bool is_lent(job_id id) noexcept { return id.value >= lent_jobs_from; }
[[nodiscard]] constexpr uint64_t lent_lane_of(job_id id) noexcept {
  return (id.value - lent_jobs_from) >> lent_job_bits;
}

} // namespace texlex

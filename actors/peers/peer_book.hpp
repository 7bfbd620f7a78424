// Where other nodes may be, and when to look for them there: addresses that were configured, that a name stood for, or
// that nodes told of themselves. Each is tried again after a pause that doubles and is never quite the same, so that
// nodes which lost each other at one time do not all come back at one time. A node that is found at two addresses is
// worked with at the first.
//
//   waiting ── due ──▶ trying ── found ──▶ joined ── lost ──▶ waiting
//      ▲◀── failed, refused ──┘  └─ it is known, or oneself ─▶ waiting, long
//
// Time goes in, verdicts come out. No I/O, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "actors/peers/node_frames.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct peer_book_options {
  uint32_t addresses_max = 256; ///< in all
  duration pause_min = std::chrono::milliseconds{100};
  duration pause_max = std::chrono::seconds{10};
  duration refused_pause = std::chrono::seconds{30}; ///< after a refusal, which mostly stays one
  duration known_pause = std::chrono::seconds{5};    ///< after a node was found that is joined elsewhere
  duration told_max = std::chrono::seconds{60};      ///< an address that a node told is forgotten after so long in vain
  uint64_t seed = 1;                                 ///< of the dice
};

enum class address_state : uint8_t { waiting, trying, joined };

/// What is known of an address.
struct address_record {
  address_state state = address_state::waiting;
  bool configured = false;       ///< it stays, whatever happens
  bool named = false;            ///< the name stands for it
  std::optional<node_id> node{}; ///< that was found there last
  std::string name{};            ///< of that node, once it is known
  std::string reason{};          ///< why it is not worked with
  node_refusal refusal = node_refusal::none;
  uint64_t joins = 0;
  instant next{};  ///< to try again, while it waits
  instant since{}; ///< it is tried in vain, or joined
  duration pause{0};
};

class peer_book {
public:
  explicit peer_book(const peer_book_options& options);

  /// An address that stays. False: there are too many.
  bool configure(const std::string& address, instant now);
  /// What the name stands for now, in place of what it stood for. Nothing: it could not be told, and all stays. An
  /// address that is gone is not tried again, but who is joined there goes on.
  void named(const std::vector<std::string>& addresses, instant now);
  /// A node has told where it can be reached.
  void told(const std::string& address, instant now);

  /// Addresses to try now: each is `trying` from now on, until one of the four below is said.
  [[nodiscard]] std::vector<std::string> due(instant now);
  void failed(const std::string& address, const std::string& reason, instant now);
  void refused(const std::string& address, node_refusal why, instant now);
  /// Who is there. False: it is joined at another address already, and is to be left alone here.
  [[nodiscard]] bool found(const std::string& address, const node_id& node, const std::string& name, instant now);
  /// Who was joined there is gone.
  void lost(const std::string& address, const std::string& reason, instant now);

  /// By address.
  [[nodiscard]] const std::map<std::string, address_record>& addresses() const noexcept { return addresses_; }

  void check_invariants() const;

private:
  address_record* add(const std::string& address, instant now);
  void wait(address_record& one, duration pause, instant now);

  peer_book_options options_;
  std::map<std::string, address_record> addresses_;
  std::mt19937_64 dice_;
};

} // namespace texlex

// A connection between two nodes of a town, which all live in one actor system: frames go through wires, actors that
// look like who is at the other end. As over TCP nothing is lost, doubled or reordered in mid-stream; but a connection
// may be slow, frozen for a while, or die with all that is on its way. Who is at an end hears that the other one is
// gone when the wire is, as through CAF's middleman.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <caf/actor_system.hpp>

#include "actors/gateway/node_words.hpp"
#include "runtime/time.hpp"

namespace texlex::test {

/// What becomes of a frame, and of the connection with it.
enum class fate : uint8_t { pass, freeze, die };

class connection : public std::enable_shared_from_this<connection> {
public:
  /// Between nodes of these names.
  connection(caf::actor_system& system, std::string from, std::string to)
    : giver(std::move(from)), lender(std::move(to)), system_(system) {}

  /// Whoever that is, as the other end sees him.
  [[nodiscard]] caf::strong_actor_ptr end_for(const caf::strong_actor_ptr& whom, bool to_lender);

  /// Nothing passes until it is thawed.
  void freeze() noexcept { frozen_ = true; }
  void thaw();
  /// All that is on its way is lost.
  void die();
  [[nodiscard]] bool dead() const noexcept { return dead_; }
  [[nodiscard]] bool frozen() const noexcept { return frozen_; }

  const std::string giver, lender;
  duration latency{0};
  /// Asked of every frame; null: all pass.
  std::function<fate(bool to_lender, const std::string& frame)> rule{};
  /// What a frame is replaced by, once it may pass; null: nothing.
  std::function<std::string(bool to_lender, std::string frame)> change{};

private:
  caf::actor_system& system_;
  std::map<caf::actor_id, caf::actor> wires_; ///< by who they stand in front of
  bool frozen_ = false, dead_ = false;
};

using connection_ptr = std::shared_ptr<connection>;

} // namespace texlex::test

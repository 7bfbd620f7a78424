// A channel that may lose, double, delay or reorder what passes. It stands in front of any actor and looks like it: it
// keeps the sender and the message id, so that questions and typed handles work through it. Exit and down messages,
// errors and timeouts are the channel's own and do not pass.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/stateful_actor.hpp>

#include "runtime/time.hpp"

namespace texlex::fault {

struct verdict {
  enum kind : uint8_t {
    deliver,
    drop,
    duplicate,
    delay, ///< by `time`, while others pass
    hold,  ///< until the next message has passed, or a `release` came
    kill,  ///< the actor behind the channel ends, by exit_reason::kill, and the message is lost
  };
  kind what = deliver;
  duration time{0};
};

/// What happens to the nth message of a channel, counted from 0.
using fault_rule = std::function<verdict(size_t nth, const caf::message&)>;

/// What a message is replaced by before it passes.
using rewrite = std::function<caf::message(caf::message)>;

struct parked {
  caf::strong_actor_ptr sender;
  caf::message_id id;
  caf::message content;
};
using parked_ptr = std::shared_ptr<parked>;

} // namespace texlex::fault

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::fault::parked_ptr)

namespace texlex::fault {

/// A delayed message, to the channel itself; or from outside: let go of what is held.
using release_atom = caf::atom_constant<caf::atom("fc_release")>;

struct channel_state {
  static inline const char* name = "fault_channel";
  size_t passed = 0;
  std::deque<parked> held;
};

inline caf::behavior fault_channel(caf::stateful_actor<channel_state>* self, const caf::strong_actor_ptr& target,
                                   const fault_rule& rule, const rewrite& change) {
  const auto push = [self, target](const parked& m) { target->enqueue(m.sender, m.id, m.content, self->context()); };
  const auto push_held = [self, push] {
    for (const parked& m : std::exchange(self->state.held, {})) push(m);
  };
  self->set_default_handler([=](caf::scheduled_actor*, caf::message_view& view) -> caf::result<caf::message> {
    caf::message content = view.move_content_to_message();
    const verdict fate = rule ? rule(self->state.passed++, content) : verdict{};
    if (change) content = change(std::move(content));
    parked message{self->current_sender(), self->current_message_id(), std::move(content)};
    switch (fate.what) {
      case verdict::drop: break;
      case verdict::kill: self->send_exit(caf::actor_cast<caf::actor>(target), caf::exit_reason::kill); break;
      case verdict::hold: self->state.held.push_back(std::move(message)); break;
      case verdict::delay:
        self->delayed_send(self, fate.time, release_atom::value, std::make_shared<parked>(std::move(message)));
        break;
      case verdict::duplicate: push(message); [[fallthrough]];
      case verdict::deliver:
        push(message);
        push_held();
        break;
    }
    return caf::delegated<caf::message>{}; // no answer of its own
  });
  return {
    [push](release_atom, const parked_ptr& message) { push(*message); },
    [push_held](release_atom) { push_held(); },
  };
}

/// The channel as the actor it stands in front of.
template <class Handle>
Handle interpose(caf::actor_system& system, const Handle& target, fault_rule rule, rewrite change = {}) {
  return caf::actor_cast<Handle>(
    system.spawn(fault_channel, caf::actor_cast<caf::strong_actor_ptr>(target), std::move(rule), std::move(change)));
}

} // namespace texlex::fault

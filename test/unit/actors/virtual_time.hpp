// An actor system that moves only when told to: messages run one by one on the test's own thread, and time passes when
// the test says so.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "actors/interfaces.hpp"
#include "runtime/time.hpp"

namespace texlex::test {

class virtual_time {
public:
  virtual_time() { system.await_actors_before_shutdown(false); }

  /// Until nobody has a message left.
  void run() { scheduler().run(); }

  /// Lets time pass at once, and then all happen that is due.
  void pass(duration time) {
    run();
    scheduler().advance_time(time);
    run();
  }

  /// The same in small steps, so that what is planned on the way happens in its time.
  void pass_slowly(duration time, duration step = std::chrono::milliseconds{1}) {
    for (; time > duration{0}; time -= step) pass(std::min(time, step));
  }

  [[nodiscard]] instant now() { return scheduler().clock().now(); }

  /// Puts a question; the answer is there once somebody has given it.
  template <class Answer, class Handle, class Atom>
  std::shared_ptr<std::optional<Answer>> ask(const Handle& whom, Atom question) {
    auto answer = std::make_shared<std::optional<Answer>>();
    // The place is an argument: spawning a functor without any, CAF dereferences a null pointer, to which libstdc++'s
    // assertions object.
    const auto asker = [whom, question](caf::event_based_actor* self, std::shared_ptr<std::optional<Answer>> place) {
      self->request(whom, caf::infinite, question)
        .then([place](const Answer& given) { *place = given; }, [](const caf::error&) {});
    };
    system.spawn(asker, answer);
    run();
    return answer;
  }

  [[nodiscard]] caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

private:
  struct testing : caf::actor_system_config {
    testing() {
      set("scheduler.policy", caf::atom("testing"));
      add_message_types<caf::id_block::texlex_messages>();
    }
  };

  testing config_;

public:
  caf::actor_system system{config_};
};

} // namespace texlex::test

// An actor with a thread of its own, for which the system may have none. CAF 0.17.6 counts actor and thread before it
// starts the thread, and keeps the actor for it: where that fails, its system would wait for both for ever at its end.
#pragma once

#include <functional>
#include <memory>
#include <system_error>
#include <utility>

#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/detail/private_thread.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>

namespace texlex {

/// A base for classes of actors, around the one they would have.
template <class Base>
class own_thread : public Base {
public:
  explicit own_thread(caf::actor_config& config) : Base(config) {}

  /// Throws std::system_error if there is no thread; then all is as if the actor had never been.
  void launch(caf::execution_unit* unit, bool lazy, bool hide) override {
    try {
      Base::launch(unit, lazy, hide);
    } catch (const std::system_error&) {
      if (this->private_thread_ != nullptr) take_back();
      throw;
    }
  }

private:
  void take_back() {
    this->cleanup(caf::exit_reason::unreachable, nullptr);
    const std::unique_ptr<caf::detail::private_thread> never_ran{std::exchange(this->private_thread_, nullptr)};
    this->system().dec_detached_threads();
    intrusive_ptr_release(this->ctrl()); // who spawns it still holds it
  }
};

/// Does one thing and is gone.
class own_thread_task final : public own_thread<caf::event_based_actor> {
public:
  own_thread_task(caf::actor_config& config, std::function<void()> task) : own_thread(config), task_(std::move(task)) {}

protected:
  caf::behavior make_behavior() override {
    std::exchange(task_, nullptr)();
    return {};
  }

private:
  std::function<void()> task_;
};

} // namespace texlex

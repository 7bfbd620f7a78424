// Lets scheduled actors run on the thread of an event loop that is not CAF's. The broker and the hedge timer run on the
// I/O thread: a request then wakes two threads on its way, its worker's and the I/O thread again, instead of four. An
// actor opts in by handing its messages to the unit (`on_loop` below); all others stay on the scheduler.
//
//   I/O thread   session ─ submit ─▶ broker ─ run ─┐             ┌─▶ broker ─ answer ─▶ session
//   worker                                         └─▶ finished ─┘
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>

namespace texlex {

/// Calls a function on the loop's thread soon; from any thread.
using post_function = std::function<void(std::function<void()>)>;

class loop_unit final : public caf::execution_unit {
public:
  explicit loop_unit(caf::actor_system& system) : caf::execution_unit(&system) {}

  /// From now on actors run where `post` has it. To be called before there are other threads that send.
  void attach(post_function post);

  /// The loop has ended: what is left, and what comes, runs on the scheduler.
  void detach();

  /// Runs the actor soon. From any thread, unlike other units'.
  void exec_later(caf::resumable* actor) override;

private:
  void run();
  void resume(caf::resumable* actor);

  std::mutex mutex_; // guards all below except `running_`; held for a push or a swap
  post_function post_;
  std::vector<caf::resumable*> ready_;
  bool posted_ = false;
  std::vector<caf::resumable*> running_; ///< the loop thread's; kept for its memory
};

/// An actor that runs on a unit, if there is one; else on the scheduler, as usual. To be spawned with `caf::lazy_init`:
/// else it first runs on the scheduler, whatever there is.
template <class Base>
class on_loop : public Base {
public:
  template <class... Arguments>
  explicit on_loop(caf::actor_config& config, loop_unit* unit, Arguments&&... arguments)
    : Base(config, std::forward<Arguments>(arguments)...), unit_(unit) {}

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr message, caf::execution_unit* host) override {
    Base::enqueue(std::move(message), unit_ ? unit_ : host);
  }

private:
  loop_unit* unit_;
};

} // namespace texlex

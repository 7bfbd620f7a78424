// Lets scheduled actors run on the thread of an event loop that is not CAF's. The broker and the hedge timer run on the
// I/O thread: a request then wakes two threads on its way, its worker's and the I/O thread again, instead of four. An
// actor opts in by handing its messages to the unit (`on_loop` below); all others stay on the scheduler.
//
//   I/O thread   session ─ submit ─▶ broker ─ run ─┐             ┌─▶ broker ─ answer ─▶ session
//   worker                                         └─▶ finished ─┘
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduled_actor.hpp>

#include "runtime/time.hpp"

namespace texlex {

/// Has the loop's thread call `loop_unit::run` soon; from any thread, this one too.
using wake_function = std::function<void()>;

class loop_unit final : public caf::execution_unit {
public:
  explicit loop_unit(caf::actor_system& system) : caf::execution_unit(&system) {}
  ~loop_unit() override;

  /// From now on actors run in `run`. Waits for those that run on the scheduler meanwhile, so that none runs on two
  /// threads. Not to be called by an actor.
  void attach(wake_function wake);

  /// Makes the calls that are due and runs the actors that are ready, each for some messages. `at`: the loop's latest
  /// look at the clock. Returns when it is to be called next at the latest: `instant::min()` at once, `instant::max()`
  /// only once it is woken. On the loop's thread, which must be always the same one.
  instant run(instant at);

  /// Whether this is the loop's thread.
  [[nodiscard]] bool runs_here() const noexcept;

  /// The latest look at the clock in this turn, which is near enough for who runs on the loop: a look costs as much as
  /// a message. Does not go back. On the
  /// loop's thread.
  [[nodiscard]] instant time() const noexcept { return time_; }
  /// Somebody on the loop has looked again.
  void looked(instant at) noexcept { time_ = std::max(time_, at); }

  /// Has `run` make this call whenever no actor is ready, before it returns: for what would often be taken back in the
  /// same turn, or found no memory. False: something is left to do, and the call is made again in a moment. One for
  /// each owner. For actors that run on the loop; null ends it.
  void at_rest(const void* owner, std::function<bool()> call);
  [[nodiscard]] bool attached() const noexcept { return attached_; }

  /// Has `run` make this call at that time. False: this is not the loop's thread. For actors that run on it.
  bool call_at(instant due, std::function<void()> call);

  /// The loop has ended: what is left, and what comes, runs on the scheduler. Calls that are not due are made now.
  void detach();

  /// Runs the actor soon. From any thread, unlike other units'.
  void exec_later(caf::resumable* actor) override;

  /// An actor has run on the scheduler, as there was no loop.
  void ran_as_guest(caf::resumable* actor, caf::resumable::resume_result how);

  /// Hands the actor that message in the next `run`: for what is sent on the loop's thread to an actor on the loop.
  /// Messages of one thread to one actor stay in order, as all of them go this way. It spares the way through a mailbox
  /// that other threads may write to, which costs more than most handlers; CAF's I/O brokers are served so too.
  /// False: there is no memory for that, and the message is as it was.
  bool deliver_later(caf::strong_actor_ptr self, caf::scheduled_actor& to, caf::mailbox_element_ptr& message);

private:
  void resume(caf::resumable* actor);
  void settle(caf::resumable* actor, caf::resumable::resume_result how);
  void run_on_scheduler(caf::resumable* actor);
  void wait_for_guests();

  void make_calls();
  [[nodiscard]] bool all_rest();
  [[nodiscard]] bool any_ready() const noexcept {
    return !deliveries_.empty() || !ready_here_.empty() || has_ready_.load();
  }
  void take_ready();
  bool make_deliveries();

  wake_function wake_;
  // Guards `ready_`, that nothing gets there without a loop, and `guests_`; held for a push or a swap.
  std::mutex mutex_;
  size_t guests_ = 0; ///< actors handed to the scheduler that have not run yet
  std::condition_variable guests_gone_;
  std::vector<caf::resumable*> ready_;  ///< by other threads
  std::atomic<bool> has_ready_ = false; ///< there are any; so that the lock is taken only then
  std::atomic<bool> attached_ = false;
  // The loop thread's.
  struct delivery {
    caf::strong_actor_ptr keeps; ///< it alive
    caf::scheduled_actor* to;
    caf::mailbox_element_ptr message;
  };
  std::vector<delivery> deliveries_, being_made_;
  std::vector<caf::resumable*> ready_here_;
  std::vector<caf::resumable*> running_; ///< kept for its memory
  instant time_ = instant::min();
  std::multimap<instant, std::function<void()>> calls_;
  std::vector<std::pair<const void*, std::function<bool()>>> at_rest_;
};

/// An actor that runs on a unit, if there is one; else on the scheduler, as usual. To be spawned by `spawn_on_loop`.
template <class Base>
class on_loop : public Base {
public:
  template <class... Arguments>
  explicit on_loop(caf::actor_config& config, loop_unit* unit, Arguments&&... arguments)
    : Base(config, std::forward<Arguments>(arguments)...), unit_(unit) {}

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr message, caf::execution_unit* host) override {
    if (!unit_) return Base::enqueue(std::move(message), host);
    // A request has to be answered even if the actor has ended, which its mailbox sees to.
    const bool late = unit_->runs_here() && !message->mid.is_request();
    if (late && unit_->deliver_later(caf::strong_actor_ptr{this->ctrl()}, *this, message)) return;
    Base::enqueue(std::move(message), unit_); // which takes no memory
  }

protected:
  [[nodiscard]] loop_unit* on_unit() const noexcept { return unit_; }

  /// A message to itself at that time. By the loop if there is one, which wakes no other thread; else by CAF's clock.
  template <class... Words>
  void send_at(instant due, Words... words) {
    const auto ring = [self = caf::strong_actor_ptr{this->ctrl()}, words...] {
      self->enqueue(nullptr, caf::make_message_id(), caf::make_message(words...), nullptr);
    };
    if (!unit_ || !unit_->call_at(due, ring)) this->delayed_send(this, due - this->clock().now(), words...);
  }

private:
  loop_unit* unit_;
};

/// The actor is made ready here: its first message, which may find the loop's thread without memory, takes none for
/// that. Without `lazy_init` it would first run on the scheduler, whatever there is. Throws what `make_behavior` does.
template <class Actor, class... Arguments>
auto spawn_on_loop(caf::actor_system& system, loop_unit* unit, Arguments&&... arguments) {
  auto spawned = system.spawn<Actor, caf::lazy_init>(unit, std::forward<Arguments>(arguments)...);
  static_cast<Actor*>(caf::actor_cast<caf::abstract_actor*>(spawned))->initialize();
  return spawned;
}

} // namespace texlex

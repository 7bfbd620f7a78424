#include "actors/loop_unit.hpp"

#include <caf/actor_system.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

namespace texlex {
namespace {

// Messages an actor may take in one go, so that sockets get their turn.
constexpr size_t messages_in_a_row_max = 64;

} // namespace

void loop_unit::attach(wake_function wake) {
  wake_ = std::move(wake);
  attached_ = true;
}

void loop_unit::detach() {
  std::vector<caf::resumable*> left;
  {
    const std::lock_guard guard{mutex_};
    attached_ = false;
    std::swap(left, ready_);
  }
  for (caf::resumable* const actor : left) system().scheduler().enqueue(actor);
  for (const auto& [due, call] : std::exchange(calls_, {})) call();
}

void loop_unit::exec_later(caf::resumable* actor) {
  bool attached = false;
  {
    const std::lock_guard guard{mutex_};
    attached = attached_;
    if (attached) ready_.push_back(actor);
  }
  // Without the lock, which the woken thread needs.
  if (attached)
    wake_();
  else
    system().scheduler().enqueue(actor);
}

instant loop_unit::run() {
  make_calls();
  {
    const std::lock_guard guard{mutex_};
    std::swap(running_, ready_);
  }
  if (running_.empty()) {
    if (at_rest_) at_rest_();
    if (any_ready()) return instant::min();
    return calls_.empty() ? instant::max() : calls_.begin()->first;
  }
  for (caf::resumable* const actor : running_) resume(actor);
  running_.clear();
  return instant::min();
}

bool loop_unit::any_ready() {
  const std::lock_guard guard{mutex_};
  return !ready_.empty();
}

bool loop_unit::call_at(instant due, std::function<void()> call) {
  if (!attached_) return false;
  calls_.emplace(due, std::move(call));
  return true;
}

void loop_unit::make_calls() {
  while (!calls_.empty() && calls_.begin()->first <= now()) calls_.extract(calls_.begin()).mapped()();
}

// Each actor that is ready comes with a reference, given back unless it stays ready.
void loop_unit::resume(caf::resumable* actor) {
  switch (actor->resume(this, messages_in_a_row_max)) {
    case caf::resumable::resume_later: return exec_later(actor);
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
    case caf::resumable::shutdown_execution_unit: return caf::intrusive_ptr_release(actor);
  }
}

} // namespace texlex

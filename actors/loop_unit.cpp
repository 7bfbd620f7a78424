#include "actors/loop_unit.hpp"

#include <caf/actor_system.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

namespace texlex {
namespace {

// Messages an actor may take in one go, so that sockets get their turn.
constexpr size_t messages_in_a_row_max = 64;

} // namespace

void loop_unit::attach(post_function post) {
  const std::lock_guard guard{mutex_};
  post_ = std::move(post);
}

void loop_unit::detach() {
  std::vector<caf::resumable*> left;
  {
    const std::lock_guard guard{mutex_};
    post_ = nullptr;
    std::swap(left, ready_);
  }
  for (caf::resumable* const actor : left) system().scheduler().enqueue(actor);
}

void loop_unit::exec_later(caf::resumable* actor) {
  {
    const std::lock_guard guard{mutex_};
    if (post_) {
      ready_.push_back(actor);
      if (std::exchange(posted_, true)) return; // the run that takes this one too is under way
      return post_([this] { run(); });
    }
  }
  system().scheduler().enqueue(actor);
}

void loop_unit::run() {
  {
    const std::lock_guard guard{mutex_};
    posted_ = false;
    std::swap(running_, ready_);
  }
  for (caf::resumable* const actor : running_) resume(actor);
  running_.clear();
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

#include "actors/loop_unit.hpp"

#include <caf/actor_system.hpp>
#include <caf/make_counted.hpp>
#include <caf/ref_counted.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

namespace texlex {
namespace {

// Messages an actor may take in one go, so that sockets get their turn.
constexpr size_t messages_in_a_row_max = 64;

// When calls that were left with something to do are made again.
constexpr std::chrono::milliseconds unrest_look{1};

// What finds room for its message is not lost when there is no memory.
constexpr size_t actors_expected = 64, messages_expected = 1024;

/// Whose `run` this thread calls, if anybody's.
thread_local const loop_unit* unit_of_this_thread = nullptr;

/// An actor of the unit on the scheduler, which is to say when it has run.
class guest final : public caf::ref_counted, public caf::resumable {
public:
  guest(loop_unit& unit, caf::resumable* actor) : unit_(unit), actor_(actor) {}

  subtype_t subtype() const override { return function_object; }
  resume_result resume(caf::execution_unit* context, size_t messages_max) override {
    unit_.ran_as_guest(actor_, actor_->resume(context, messages_max));
    return done;
  }
  void intrusive_ptr_add_ref_impl() override { ref(); }
  void intrusive_ptr_release_impl() override { deref(); }

private:
  loop_unit& unit_;
  caf::resumable* actor_;
};

} // namespace

loop_unit::~loop_unit() { wait_for_guests(); }

void loop_unit::attach(wake_function wake) {
  {
    const std::lock_guard guard{mutex_};
    wake_ = std::move(wake);
    attached_ = true;
  }
  wait_for_guests();
  const std::lock_guard guard{mutex_};
  for (auto* each : {&ready_, &ready_here_, &running_}) each->reserve(actors_expected);
  at_rest_.reserve(actors_expected);
  for (auto* each : {&deliveries_, &being_made_}) each->reserve(messages_expected);
}

void loop_unit::wait_for_guests() {
  std::unique_lock lock{mutex_};
  guests_gone_.wait(lock, [this] { return guests_ == 0; });
}

void loop_unit::detach() {
  if (runs_here()) unit_of_this_thread = nullptr;
  std::vector<caf::resumable*> left;
  {
    const std::lock_guard guard{mutex_};
    attached_ = false;
    std::swap(left, ready_);
    has_ready_ = false;
  }
  left.insert(left.end(), ready_here_.begin(), ready_here_.end()); // its thread has ended
  ready_here_.clear();
  for (delivery& each : std::exchange(deliveries_, {})) each.to->enqueue(std::move(each.message), nullptr);
  for (caf::resumable* const actor : left) run_on_scheduler(actor);
  for (const auto& [due, call] : std::exchange(calls_, {})) call();
}

bool loop_unit::runs_here() const noexcept { return unit_of_this_thread == this; }

void loop_unit::exec_later(caf::resumable* actor) {
  if (runs_here()) {
    ready_here_.push_back(actor);
    return wake_();
  }
  bool attached = false;
  {
    const std::lock_guard guard{mutex_};
    attached = attached_;
    if (attached) {
      ready_.push_back(actor);
      has_ready_ = true;
    }
  }
  // Without the lock, which the woken thread needs.
  if (attached)
    wake_();
  else
    run_on_scheduler(actor);
}

void loop_unit::run_on_scheduler(caf::resumable* actor) {
  {
    const std::lock_guard guard{mutex_};
    ++guests_;
  }
  system().scheduler().enqueue(caf::make_counted<guest>(*this, actor).detach());
}

// Last of all it is no guest any more: only then may the loop's thread look at it, or this end.
void loop_unit::ran_as_guest(caf::resumable* actor, caf::resumable::resume_result how) {
  settle(actor, how);
  const std::lock_guard guard{mutex_};
  if (--guests_ == 0) guests_gone_.notify_all();
}

instant loop_unit::run(instant at) {
  if (attached_) unit_of_this_thread = this;
  looked(at);
  make_calls();
  take_ready();
  if (!make_deliveries() && running_.empty()) {
    const bool rests = all_rest();
    if (any_ready()) return instant::min();
    const instant next = calls_.empty() ? instant::max() : calls_.begin()->first;
    return rests ? next : std::min(next, time_ + unrest_look);
  }
  for (caf::resumable* const actor : running_) resume(actor);
  running_.clear();
  return instant::min();
}

bool loop_unit::all_rest() {
  bool rests = true;
  for (size_t i = 0; i < at_rest_.size(); ++i) rests &= at_rest_[i].second();
  return rests;
}

bool loop_unit::deliver_later(caf::strong_actor_ptr self, caf::scheduled_actor& to,
                              caf::mailbox_element_ptr& message) try {
  deliveries_.push_back({std::move(self), &to, nullptr});
  deliveries_.back().message = std::move(message);
  wake_();
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

// What they bring about is delivered in the next run. An actor that has ended hears nothing.
bool loop_unit::make_deliveries() {
  std::swap(being_made_, deliveries_);
  for (const delivery& each : being_made_) each.to->activate(this, *each.message);
  const bool any = !being_made_.empty();
  being_made_.clear();
  return any;
}

void loop_unit::take_ready() {
  std::swap(running_, ready_here_);
  if (!has_ready_.load(std::memory_order_acquire)) return;
  const std::lock_guard guard{mutex_};
  running_.insert(running_.end(), ready_.begin(), ready_.end());
  ready_.clear();
  has_ready_.store(false, std::memory_order_relaxed);
}

void loop_unit::at_rest(const void* owner, std::function<bool()> call) {
  const std::lock_guard guard{mutex_}; // before there is a loop, and after it, actors run on several threads
  std::erase_if(at_rest_, [owner](const auto& each) { return each.first == owner; });
  if (call) at_rest_.emplace_back(owner, std::move(call));
}

bool loop_unit::call_at(instant due, std::function<void()> call) {
  if (!attached_ || !runs_here()) return false;
  calls_.emplace(due, std::move(call));
  return true;
}

void loop_unit::make_calls() {
  while (!calls_.empty() && calls_.begin()->first <= time_) {
    const auto first = calls_.begin();
    first->second(); // without memory for what it says it is made again
    calls_.erase(first);
  }
}

void loop_unit::resume(caf::resumable* actor) { settle(actor, actor->resume(this, messages_in_a_row_max)); }

// Each actor that is ready comes with a reference, given back unless it stays ready.
void loop_unit::settle(caf::resumable* actor, caf::resumable::resume_result how) {
  switch (how) {
    case caf::resumable::resume_later: return exec_later(actor);
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
    case caf::resumable::shutdown_execution_unit: return caf::intrusive_ptr_release(actor);
  }
}

} // namespace texlex

#include "actors/hedge_timer.hpp"

#include <new>
#include <unordered_map>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/no_memory.hpp"
#include "actors/state/overdue_watch.hpp"

namespace texlex {
namespace {

class hedge_timer final : public on_loop<hedge_timer_actor::base> {
public:
  hedge_timer(caf::actor_config& config, loop_unit* unit) : on_loop(config, unit) {}
  const char* name() const override { return "texlex.hedge_timer"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    return {
      [this](atom::arm, job_id id, duration delay, const overdue_listener& listener) {
        guarded_([&] {
          listeners_.insert_or_assign(id.value, listener);
          watch_.arm(id, clock().now() + delay);
          ask_clock();
        });
      },
      [this](atom::disarm, job_id id) {
        watch_.disarm(id);
        listeners_.erase(id.value);
      },
      [this](atom::ring, duration due) {
        watch_.rang(instant{due});
        guarded_([&] {
          while (const auto id = watch_.pop(clock().now()))
            if (const auto listener = listeners_.extract(id->value))
              caf::anon_send(listener.mapped(), atom::overdue_v, *id);
        });
        guarded_([&] { ask_clock(); });
      },
    };
  }

  void on_exit() override { listeners_.clear(); }

private:
  void ask_clock() {
    const auto due = watch_.next_ring();
    if (!due) return;
    try {
      send_at(*due, atom::ring_v, due->time_since_epoch());
    } catch (const std::bad_alloc&) {
      watch_.rang(*due);
      throw;
    }
  }

  overdue_watch watch_;
  /// Without memory a job is not hedged, and the next one that is armed asks the clock again.
  no_memory_guard guarded_{"the hedge timer"};
  std::unordered_map<uint64_t, overdue_listener> listeners_;
};

} // namespace

hedge_timer_actor spawn_hedge_timer(caf::actor_system& system, loop_unit* unit) {
  return spawn_on_loop<hedge_timer>(system, unit);
}

} // namespace texlex

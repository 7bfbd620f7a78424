#include "actors/hedge_timer.hpp"

#include <unordered_map>

#include "actors/state/overdue_watch.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

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
        watch_.arm(id, clock().now() + delay);
        listeners_.insert_or_assign(id.value, listener);
        ask_clock();
      },
      [this](atom::disarm, job_id id) {
        watch_.disarm(id);
        listeners_.erase(id.value);
      },
      [this](atom::ring, duration due) {
        watch_.rang(instant{due});
        while (const auto id = watch_.pop(clock().now())) {
          const auto listener = listeners_.extract(id->value);
          caf::anon_send(listener.mapped(), atom::overdue_v, *id);
        }
        ask_clock();
      },
    };
  }

  void on_exit() override { listeners_.clear(); }

private:
  void ask_clock() {
    const auto due = watch_.next_ring();
    if (due) send_at(*due, atom::ring_v, due->time_since_epoch());
  }

  overdue_watch watch_;
  std::unordered_map<uint64_t, overdue_listener> listeners_;
};

} // namespace

hedge_timer_actor spawn_hedge_timer(caf::actor_system& system, loop_unit* unit) {
  return system.spawn<hedge_timer, caf::lazy_init>(unit);
}

} // namespace texlex

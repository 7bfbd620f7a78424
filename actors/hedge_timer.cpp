#include "actors/hedge_timer.hpp"

#include <unordered_map>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace texlex {
namespace {

class hedge_timer final : public hedge_timer_actor::base {
public:
  explicit hedge_timer(caf::actor_config& config) : hedge_timer_actor::base(config) {}
  const char* name() const override { return "texlex.hedge_timer"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    return {
      [this](atom::arm, job_id id, duration delay, const overdue_listener& listener) {
        armed_.insert_or_assign(id.value, listener);
        delayed_send(this, delay, atom::ring_v, id);
      },
      [this](atom::disarm, job_id id) { armed_.erase(id.value); },
      [this](atom::ring, job_id id) {
        const auto found = armed_.find(id.value);
        if (found == armed_.end()) return; // disarmed while the ring was on its way
        caf::anon_send(found->second, atom::overdue_v, id);
        armed_.erase(found);
      },
    };
  }

  void on_exit() override { armed_.clear(); }

private:
  std::unordered_map<uint64_t, overdue_listener> armed_;
};

} // namespace

hedge_timer_actor spawn_hedge_timer(caf::actor_system& system) { return system.spawn<hedge_timer>(); }

} // namespace texlex

#include "test/unit/gateway/wire.hpp"

#include <algorithm>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace texlex::test {
namespace {

using due_atom = caf::atom_constant<caf::atom("wire_due")>;

class wire final : public caf::event_based_actor {
public:
  wire(caf::actor_config& config, connection_ptr of, caf::strong_actor_ptr target, bool to_lender)
    : caf::event_based_actor(config), of_(std::move(of)), target_(std::move(target)), to_lender_(to_lender) {}

protected:
  caf::behavior make_behavior() override {
    monitor(caf::actor_cast<caf::actor>(target_));
    set_down_handler([this](const caf::down_msg&) { take({}); }); // behind what it had said
    return {
      [this](atom::frame, std::string& frame) {
        if (of_->dead()) return;
        const fate what = of_->rule && !of_->frozen() ? of_->rule(to_lender_, frame) : fate::pass;
        if (what == fate::die) return of_->die();
        if (what == fate::freeze) of_->freeze();
        if (of_->change) frame = of_->change(to_lender_, std::move(frame));
        take({of_->end_for(current_sender(), !to_lender_), std::move(frame)});
      },
      [this](due_atom) { pass_on(); },
    };
  }

  void on_exit() override {
    parked_.clear();
    of_.reset();
    target_ = nullptr;
  }

private:
  struct parked {
    caf::strong_actor_ptr sender{}; ///< null: the target is gone
    std::string frame{};
    instant due{};
  };

  void take(parked one) {
    one.due = clock().now() + of_->latency;
    if (!parked_.empty()) one.due = std::max(one.due, parked_.back().due);
    const duration wait = one.due - clock().now();
    parked_.push_back(std::move(one));
    if (wait > duration{0}) return delayed_anon_send(this, wait, due_atom::value);
    pass_on();
  }

  void pass_on() {
    while (!parked_.empty() && !of_->frozen() && parked_.front().due <= clock().now()) {
      parked one = std::move(parked_.front());
      parked_.pop_front();
      if (!one.sender) return quit(caf::exit_reason::remote_link_unreachable);
      target_->enqueue(one.sender, caf::make_message_id(), caf::make_message(atom::frame_v, std::move(one.frame)),
                       context());
    }
  }

  connection_ptr of_;
  caf::strong_actor_ptr target_;
  bool to_lender_;
  std::deque<parked> parked_;
};

} // namespace

caf::strong_actor_ptr connection::end_for(const caf::strong_actor_ptr& whom, bool to_lender) {
  auto& one = wires_[whom->id()];
  if (!one) one = caf::actor_cast<caf::actor>(system_.spawn<wire>(shared_from_this(), whom, to_lender));
  return caf::actor_cast<caf::strong_actor_ptr>(one);
}

void connection::thaw() {
  frozen_ = false;
  for (const auto& [id, one] : wires_) caf::anon_send(one, due_atom::value);
}

void connection::die() {
  if (std::exchange(dead_, true)) return;
  for (const auto& [id, one] : std::exchange(wires_, {}))
    caf::anon_send_exit(one, caf::exit_reason::remote_link_unreachable);
}

} // namespace texlex::test

#include "test/simulation/far_host.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include <spdlog/fmt/fmt.h>

#include "kernels/regimes.hpp"
#include "runtime/invariant.hpp"
#include "test/simulation/column_memory.hpp"

namespace texlex::simulation {

far_host::far_host(surroundings& around, std::string name, const far_plan& plan,
                   std::function<void(const lane_word&)> send)
  : around_(around), name_(std::move(name)), plan_(plan), send_(std::move(send)) {
  if (around.faults.strikes(fault::far_clock_skewed)) clock_rate_ = 0.8 + 0.01 * around.chance.pick(0, 60);
  open_port();
}

void far_host::open_port() {
  lane_port_options options = plan_.port;
  options.epoch_from = next_epoch_;
  next_epoch_ += 1'000'000; // as a boot counter would
  port_ = std::make_unique<lane_port>(options, static_cast<lane_port_effects&>(*this));
  at_work_.clear();
  job_of_order_.clear();
  for (uint32_t i = 0; i < plan_.workers; ++i) hire();
}

void far_host::hire() {
  const std::string name = fmt::format("{}.{}", name_, workers_.size() + 1);
  workers_.push_back(
    std::make_unique<worker>(around_, name,
                             worker::words{.finished = [this](job_id own, const outcome& result,
                                                              const column_answer_ptr&) { ended(own, result); },
                                           .died = [this](death) { lost_a_worker(); }}));
}

// What it had is tried once more, as at home; a second death ends it.
void far_host::lost_a_worker() {
  hire();
  std::vector<job_id> orphans;
  for (const auto& each : at_work_) {
    const job_id own{each.first};
    if (std::none_of(workers_.begin(), workers_.end(), [&](const auto& w) { return w->alive() && w->holds(own); }))
      orphans.push_back(own);
  }
  for (const job_id own : orphans) {
    carried_out& what = at_work_.at(own.value);
    if (++what.losses < 2)
      give(what.work, what.losses + 1);
    else
      ended(own, {.status = status::worker_lost});
  }
}

instant far_host::clock() const noexcept {
  const auto since = around_.time.now().time_since_epoch();
  return instant{duration{static_cast<duration::rep>(static_cast<double>(since.count()) * clock_rate_)}};
}

void far_host::when_awake(std::function<void()> what) {
  if (around_.time.now() >= paused_until_) return what();
  around_.time.at(paused_until_, [this, what = std::move(what)] { when_awake(what); });
}

void far_host::heard(const giver_word& word) {
  when_awake([this, word] {
    trouble();
    if (const auto* const beat = std::get_if<giver_beat>(&word)) results_.came(beat->epoch, beat->results);
    port_->heard(word, clock());
    port_->check_invariants();
  });
}

void far_host::trouble() {
  if (around_.faults.strikes(fault::far_host_pauses)) {
    paused_until_ = around_.time.now() + around_.chance.us(1000, 400'000);
    around_.note(name_, name_, [] { return "pauses"; });
  }
  if (around_.faults.strikes(fault::far_host_leaves)) {
    around_.note(name_, name_, [] { return "leaves"; });
    port_->leave();
    around_.time.after(around_.chance.us(1000, 300'000), [this, leaving = port_.get()] {
      if (port_.get() == leaving) restart();
    });
  }
  if (around_.faults.strikes(fault::far_host_restarts)) restart();
}

void far_host::restart() {
  around_.note(name_, name_, [] { return "restarts"; });
  for (const auto& each : workers_) each->vanish();
  doubled_ += port_->doubled();
  open_port();
}

void far_host::tick_later() {
  const auto beat = duration{static_cast<duration::rep>(static_cast<double>(plan_.port.beat.count()) / clock_rate_)};
  around_.time.after(beat, [this] {
    when_awake([this] {
      trouble();
      port_->tick(clock());
      port_->check_invariants();
      results_.check(port_->epoch(), clock(), plan_.port.resend);
      tick_later();
    });
  });
}

void far_host::send(const lane_word& word) {
  std::visit(
    [this]<class Word>(const Word& one) {
      if constexpr (requires { one.credit; }) grant(one.epoch, one.credit);
    },
    word);
  if (const auto* const result = std::get_if<link_result>(&word)) results_.said(result->epoch, result->number, clock());
  send_(word);
}

void far_host::grant(const link_epoch& life, const lane_credit& credit) {
  if (std::exchange(life_, life) != life) granted_ = given_ = {};
  granted_ = {std::max(granted_.attempts, credit.attempts), std::max(granted_.bytes, credit.bytes)};
}

void far_host::begin(const link_order& order) {
  given_ = {given_.attempts + 1, given_.bytes + order.bytes};
  require(order.epoch == life_ && given_.attempts <= granted_.attempts && given_.bytes <= granted_.bytes,
          "no more is given over a link than was granted");
  const auto work = std::make_shared<job>();
  const known_document document = around_.documents.at(order.job.value);
  work->id = {++around_.last_far_job};
  work->regime = find_regime(order.wanted.regime);
  require(work->regime != nullptr, "an order names a regime");
  if (order.wanted.columns != 0) work->order = order_for(order.wanted.columns);
  if (order.time_left != duration::max()) work->deadline = around_.time.now() + order.time_left;
  around_.documents[work->id.value] = document;
  at_work_[work->id.value] = {work, order.epoch, order.number};
  job_of_order_[order.number] = work->id.value;
  if (!around_.faults.strikes(fault::far_host_refuses)) return give(work, 1);
  around_.time.after(around_.chance.us(1, 100), [this, own = work->id] { ended(own, {.status = status::overload}); });
}

void far_host::give(const job_ptr& work, uint32_t attempt) {
  worker* least = nullptr;
  for (const auto& each : workers_)
    if (each->alive() && (least == nullptr || each->held() < least->held())) least = each.get();
  require(least != nullptr, "somebody works here");
  least->give(work, attempt);
}

void far_host::stop(uint64_t number) {
  const auto own = job_of_order_.find(number);
  if (own == job_of_order_.end()) return;
  if (const auto found = at_work_.find(own->second); found != at_work_.end()) found->second.work->stop.store(true);
}

void far_host::ended(job_id own, const outcome& result) {
  const auto found = at_work_.find(own.value);
  if (found == at_work_.end()) return; // said twice, or in a start before this one
  const carried_out what = found->second;
  at_work_.erase(found);
  when_awake([this, what, result, own] {
    if (job_of_order_.contains(what.number) && job_of_order_.at(what.number) == own.value)
      port_->ended(what.epoch, what.number, result, clock());
    port_->check_invariants();
  });
}

} // namespace texlex::simulation

#include "test/simulation/house.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/invariant.hpp"
#include "test/simulation/column_memory.hpp"
#include "test/simulation/far_lane.hpp"

namespace texlex::simulation {

house::house(surroundings& around, const world_plan& plan)
  : around_(around), plan_(plan), broker_(plan.dispatch, *this), people_(plan.roster, *this) {
  for (const far_plan& each : plan.far)
    far_.push_back(std::make_unique<far_lane>(*this, each, static_cast<uint32_t>(far_.size() + 1)));
}

house::~house() = default;

void house::start() {
  people_now().start(around_.time.now());
  for (const auto& each : far_) each->start();
  if (plan_.roster.budgets.max_age > duration{0}) look_at_ages();
}

void house::look_at_ages() {
  around_.time.after(std::chrono::milliseconds{20}, [this] {
    if (closed_) return;
    people_now().tick(around_.time.now());
    look_at_ages();
  });
}

void house::submit(const job_ptr& job) {
  broker_event([&](dispatcher& d) { d.submit(job); });
}

void house::cancel(job_id job) {
  broker_event([&](dispatcher& d) { d.cancel(job); });
}

void house::close() {
  closed_ = true;
  broker_event([](dispatcher& d) { d.close(); });
  to_people([](roster& r) { r.close(); });
}

dispatcher& house::broker_now() noexcept {
  broker_changed_ = true;
  return broker_.at(around_.time.now());
}

roster& house::people_now() noexcept {
  people_changed_ = true;
  return people_;
}

// What links and the dispatcher have said is carried out one after the other, as actors' messages would be.
void house::settle() {
  for (const auto& [job, result, columns] : std::exchange(answers_, {})) on_answer(job, result, columns);
  while (!soon_.empty()) {
    const auto next = std::move(soon_.front());
    soon_.erase(soon_.begin());
    next();
  }
  pressure_ = broker_.pressure();
  plan_tick();
}

void house::plan_tick() {
  const auto wanted = broker_.next_tick();
  if (!wanted) return;
  const instant due = around_.time.now() + *wanted;
  if (tick_at_ && *tick_at_ <= due) return;
  tick_at_ = due;
  around_.time.at(due, [this, due] {
    if (tick_at_ == due) tick_at_.reset();
    broker_event([](dispatcher& d) { d.tick(); });
  });
}

// Words of one to the other stay in order.
void house::to_broker(std::function<void(dispatcher&)> word) {
  const duration late = around_.faults.strikes(fault::word_late) ? around_.chance.us(100, 20'000) : duration{0};
  last_to_broker_ = std::max(last_to_broker_, around_.time.now() + late + around_.chance.us(1, 50));
  around_.time.at(last_to_broker_, [this, word = std::move(word)] { broker_event(word); });
}

void house::to_people(std::function<void(roster&)> word) {
  const duration late = around_.faults.strikes(fault::word_late) ? around_.chance.us(100, 20'000) : duration{0};
  last_to_people_ = std::max(last_to_people_, around_.time.now() + late + around_.chance.us(1, 50));
  around_.time.at(last_to_people_, [this, word = std::move(word)] { word(people_now()); });
}

void house::run(lane_id lane, const job_ptr& job, uint32_t attempt) {
  require(!cold_.contains(lane.value), "a lane that cools or is gone gets no work");
  if (lane.value < far_lanes_from) return workers_.at(lane.value)->give(job, attempt);
  far_lane& where = *far_.at(lane.value / far_lanes_from - 1);
  if (where.lane != lane) return; // it is down, which is about to be told: then the job is lost there
  if (where.link.room() == 0)     // it is suspected, which is about to be told: the order goes back
    return soon_.push_back([this, lane, id = job->id] { finished(lane, id, {.status = status::cancelled}); });
  where.link.order(job->id, attempt, job->document.size(), job->deadline, around_.time.now(), work_wanted_of(*job));
}

// Columns that come from elsewhere need memory here too.
void house::finished_elsewhere(lane_id lane, job_id job, const outcome& result) {
  const open_job* const open = broker_.ledger().find(job);
  if (result.status != status::ok || open == nullptr || !open->job->order) return finished(lane, job, result);
  const known_document& document = around_.documents.at(job.value);
  const auto columns = make_columns(around_, result.token_count, column_bytes_of(document.bytes), document.lent);
  columns ? finished(lane, job, result, columns) : finished(lane, job, {.status = status::overload});
}

void house::finished(lane_id lane, job_id job, const outcome& result, const column_answer_ptr& columns) {
  if (around_.notes.wanted())
    around_.note(fmt::format("lane{}", lane.value), "house",
                 [&] { return fmt::format("finished job {} {}", job.value, name_of(result.status)); });
  broker_event([&](dispatcher& d) { d.finished(lane, job, result, {}, columns); });
}

void house::answer(const closed_job& closed) {
  require(closed.last.job->stop.load(), "an answered job is stopped");
  require(!armed_.contains(closed.last.job->id.value), "the ring of an answered job is called off");
  for (const attempt& each : closed.last.attempts)
    if (each.lane.value >= far_lanes_from)
      far_.at(each.lane.value / far_lanes_from - 1)->link.abandon(closed.last.job->id);
  answers_.push_back({closed.last.job->id, closed.result, closed.columns});
}

void house::arm(job_id id, duration delay) {
  armed_.insert(id.value);
  if (around_.faults.strikes(fault::timer_early)) delay /= 3;
  if (around_.faults.strikes(fault::timer_late)) delay += around_.chance.us(1000, 100'000);
  around_.time.after(delay + around_.chance.us(0, 60), [this, id] {
    const bool called_off = disarmed_.erase(id.value) > 0;
    if (called_off && !around_.faults.strikes(fault::timer_not_disarmed)) return;
    armed_.erase(id.value);
    broker_event([&](dispatcher& d) { (void)d.overdue(id); });
  });
}

void house::disarm(job_id id) {
  armed_.erase(id.value);
  disarmed_.insert(id.value);
}

void house::drained(lane_id lane) {
  require(lane.value < far_lanes_from, "lanes elsewhere do not cool");
  to_people([lane](roster& r) { r.drained(lane); });
}

void house::stuck(lane_id lane, death cause) {
  around_.note("house", fmt::format("lane{}", lane.value), [] { return "is written off"; });
  if (lane.value >= far_lanes_from) {
    far_lane& where = *far_.at(lane.value / far_lanes_from - 1);
    return soon_.push_back([this, &where, lane] {
      if (where.lane == lane) where.link.give_up(around_.time.now());
    });
  }
  ++written_off_;
  workers_.at(lane.value)->write_off();
  to_people([this, lane, cause](roster& r) { r.stuck(lane, cause, around_.time.now()); });
}

lane_signs house::signs(lane_id lane) {
  if (!signs_of || lane.value >= far_lanes_from) return {};
  return signs_of(core_of_.at(lane.value));
}

void house::spawn(lane_id lane, uint32_t core) {
  core_of_[lane.value] = core;
  const std::string name = fmt::format("lane{}", lane.value);
  around_.note("house", name, [core] { return fmt::format("spawn on core {}", core); });
  auto& made = workers_[lane.value] = std::make_unique<worker>(
    around_, name,
    worker::words{.finished =
                    [this, lane](job_id job, const outcome& result, const column_answer_ptr& columns) {
                      finished(lane, job, result, columns);
                      to_people([this, lane, used = used_[lane.value] += 40'000](roster& r) {
                        r.reported(lane, {.bytes_handed_out = used, .trims = 0}, around_.time.now());
                      });
                    },
                  .died =
                    [this, lane](death cause) {
                      to_people([this, lane, cause](roster& r) { r.down(lane, cause, around_.time.now()); });
                    }},
    pace_of ? [this, core](const job& work) { return pace_of(core, work); } : std::function<pace(const job&)>{});
  if (around_.faults.strikes(fault::worker_dies_unborn)) {
    made->vanish();
    return around_.time.after(around_.chance.us(10, 5000), [this, lane] {
      to_people([this, lane](roster& r) { r.down(lane, death::failure, around_.time.now()); });
    });
  }
  around_.time.after(around_.chance.us(10, 5000), [this, lane] { to_people([lane](roster& r) { r.ready(lane); }); });
}

void house::spawn_later(uint32_t core, duration delay) {
  around_.time.after(delay,
                     [this, core] { to_people([this, core](roster& r) { r.spawn_due(core, around_.time.now()); }); });
}

void house::joined(lane_id lane) {
  to_broker([lane](dispatcher& d) { d.lane_joined(lane); });
}

void house::cooling(lane_id lane) {
  to_broker([this, lane](dispatcher&) { tell_cooling(lane); });
}

void house::left(lane_id lane, death cause) {
  to_broker([this, lane, cause](dispatcher&) { tell_left(lane, cause); });
}

// Before the dispatcher hears of it, it may well give it work.
void house::tell_cooling(lane_id lane) {
  cold_.insert(lane.value);
  broker_event([lane](dispatcher& d) { d.lane_cooling(lane); });
}

void house::tell_left(lane_id lane, death cause) {
  cold_.insert(lane.value);
  broker_event([lane, cause](dispatcher& d) { d.lane_left(lane, cause); });
}

void house::unstaffed() {
  unstaffed_ = true;
  to_broker([](dispatcher& d) { d.unstaffed(); });
}

void house::absent_too_long() { require(false, "there is no limit to absence here"); }
void house::too_many_stuck() { require(false, "there is no limit to those that hang here"); }

std::optional<leftover> house::what_is_left() const {
  if (broker_.ledger().open_count() > 0) return leftover{"open jobs", broker_.ledger().open_count()};
  size_t in_flight = 0; // after the end links are looked at no more, and what they have is nobody's
  broker_.lanes().each_attempt(
    [&](lane_id lane, const lane_attempt&) { in_flight += !closed_ || lane.value < far_lanes_from; });
  if (in_flight > 0) return leftover{"attempts in flight", in_flight};
  for (size_t i = 0; !closed_ && i < far_.size(); ++i) {
    const far_lane& each = *far_[i];
    if (each.link.in_flight() > 0) return leftover{"results that are owed elsewhere, by lane", i + 1};
    if (each.host.running() > 0) return leftover{"work elsewhere, in lane", i + 1};
    if (each.link.state() != link_state::up) return leftover{"a link that is not up, to lane", i + 1};
  }
  if (closed_ && !people_.empty()) return leftover{"workers after the end", people_.health().lanes_alive};
  return std::nullopt;
}

uint64_t house::orders_resent() const noexcept {
  uint64_t sum = 0;
  for (const auto& each : far_) sum += each->link.resent();
  return sum;
}

uint64_t house::orders_doubled() const noexcept {
  uint64_t sum = 0;
  for (const auto& each : far_) sum += each->host.doubled();
  return sum;
}

void house::check_invariants() {
  constexpr uint64_t statistics_every = 8; // times
  if (std::exchange(people_changed_, false)) people_.check_invariants();
  if (!std::exchange(broker_changed_, false)) return;
  broker_.check_invariants(broker_checks_++ % statistics_every == 0);
  const hedge_counts& hedges = broker_.hedges();
  require(hedges.won <= hedges.fired, "no more copies win than were made");
}

} // namespace texlex::simulation

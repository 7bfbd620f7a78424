#include "test/simulation/world.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/invariant.hpp"

namespace texlex::simulation {
namespace {

/// All must have come to rest so long after the last fault.
constexpr std::chrono::seconds rest_within{20};
constexpr std::chrono::milliseconds connection_look{7}, calm_look{29};
constexpr std::chrono::milliseconds drain_time{100};
constexpr std::chrono::milliseconds starving_max{limits::held_back_ms_max};

} // namespace

world::world(world_plan plan, std::vector<stroke> left_out, bool keep_journal)
  : plan_(std::move(plan)), around_{.time = {},
                                    .faults = {plan_.seed, plan_.faults, std::move(left_out)},
                                    .notes = journal{keep_journal},
                                    .chance = dice{plan_.seed ^ 0x5EED},
                                    .column_memory = std::make_shared<quota>(plan_.column_bytes_max)},
    places_(plan_.requests_max, plan_.bytes_max), house_(around_, plan_), way_in_(places_, house_.pressure()) {
  around_.lent_memory = std::make_shared<quota>(plan_.column_bytes_max / 2, around_.column_memory);
  house_.on_answer = [this](job_id job, const outcome& result, const column_answer_ptr& columns) {
    deliver(job, result, columns);
  };
  for (const client_plan& each : plan_.clients)
    connections_.push_back(std::make_unique<connection>(around_, plan_, each, connections_.size() + 1, way_in_,
                                                        static_cast<job_taker&>(*this)));
}

void world::run() {
  const instant begun = around_.time.now();
  const instant calm = begun + plan_.troubled;
  const instant end = calm + rest_within;
  house_.start();
  for (const auto& each : connections_) each->start();
  look_at_connections();
  if (around_.faults.strikes(fault::shutdown))
    around_.time.after(around_.chance.us(0, static_cast<uint64_t>(plan_.troubled.count() / 1000)),
                       [this] { shut_down(); });
  while (!around_.time.empty()) {
    if (!calm_ && around_.time.next() >= calm) {
      around_.faults.calm();
      calm_ = true;
    }
    if (calm_ && !what_is_left()) break;
    if (around_.time.now() >= end) {
      const leftover most = what_is_left().value_or(leftover{});
      const std::string left = fmt::format("{}: {}", most.what, most.number);
      around_.note("world", "world", [&] { return "does not come to rest: " + left; });
      last_words("texlex: left after all faults are over: " + left);
      require(false, "once faults are over, all comes to rest");
    }
    on_step();
    around_.time.step();
    house_.check_invariants();
    overloaded_ |= house_.broker().overloaded();
    require(places_.requests_in_flight() <= plan_.requests_max && places_.bytes_in_flight() <= plan_.bytes_max,
            "no more is taken on than may be");
    require(around_.lent_memory->taken() <= plan_.column_bytes_max / 2, "no more is lent than may be");
  }
  over_ = true;
  for (const auto& each : connections_) each->check_at_end();
}

job_id world::next_jobs(uint32_t count) {
  const job_id first{last_job_ + 1};
  last_job_ += count;
  return first;
}

void world::submit(std::shared_ptr<job> made, admission::place place, connection& from) {
  const job_ptr job = std::move(made);
  waiting_[job->id.value] = {&from, std::move(place)};
  around_.time.at(around_.time.now(), [this, job] { house_.submit(job); }); // a batch of the loop's pass, as it were
}

void world::cancel(job_id job) {
  around_.time.at(around_.time.now(), [this, job] { house_.cancel(job); });
}

void world::forget(job_id job) {
  if (const auto found = waiting_.find(job.value); found != waiting_.end()) found->second.from = nullptr;
}

void world::deliver(job_id job, const outcome& result, const column_answer_ptr& columns) {
  const auto found = waiting_.find(job.value);
  require(found != waiting_.end(), "a job is answered once");
  const waiting who = std::move(found->second);
  waiting_.erase(found);
  if (who.from == nullptr) return;
  around_.time.at(around_.time.now(), [who = who.from, job, result, columns] { who->answered(job, result, columns); });
}

void world::look_at_connections() {
  around_.time.after(calm_ ? calm_look : connection_look, [this] { // then there is little but timeouts to see
    for (const auto& each : connections_) each->look();
    feed_starving();
    if (!over_) look_at_connections();
  });
}

// As the server does: those that wait for bytes may hold all of them themselves.
void world::feed_starving() {
  const bool starving =
    std::any_of(connections_.begin(), connections_.end(), [](const auto& each) { return each->starving(); });
  if (!starving || places_.bytes_free() > 0) {
    starving_since_.reset();
    return;
  }
  if (!starving_since_) starving_since_ = around_.time.now();
  if (around_.time.now() - *starving_since_ < starving_max) return;
  starving_since_.reset();
  eviction choice{eviction::want::bytes};
  for (size_t i = 0; i < connections_.size(); ++i)
    if (!connections_[i]->closed()) choice.look(connections_[i]->standing_now(), i);
  if (const auto victim = choice.victim()) connections_[*victim]->give_up_payload();
}

// Now and then at once, as a second signal asks for.
void world::shut_down() {
  around_.note("house", "house", [] { return "shuts down"; });
  for (const auto& each : connections_) each->drain();
  const auto give_up = [this] {
    for (const auto& each : connections_) each->abandon();
    house_.close();
  };
  around_.chance.in_1000(250) ? give_up() : around_.time.after(drain_time, give_up);
}

std::optional<leftover> world::what_is_left() const {
  if (!waiting_.empty()) return leftover{"jobs without an answer", waiting_.size()};
  if (places_.requests_in_flight() > 0) return leftover{"places that are held", places_.requests_in_flight()};
  for (const auto& each : connections_)
    if (!each->closed()) return leftover{"a client that is not done", each->number()};
  if (around_.column_memory->taken() > 0) return leftover{"bytes of columns", around_.column_memory->taken()};
  return house_.what_is_left();
}

world_counts world::counts() const {
  world_counts made;
  for (size_t i = 0; i < fault_count; ++i) made.faults[i] = around_.faults.count(static_cast<fault>(i));
  for (const auto& each : connections_) {
    made[reached::requests] += each->asked();
    made[reached::answers_with_columns] += each->answers_with_columns();
    made[reached::answers_lent] += each->answers_lent();
    for (uint32_t s = 0; s < status_count; ++s) made.answers[s] += each->answers(static_cast<status>(s));
  }
  const hedge_counts& hedges = house_.broker().hedges();
  made[reached::worlds] = 1;
  made[reached::events] = around_.time.happened();
  made[reached::hedges_fired] = hedges.fired;
  made[reached::hedges_won] = hedges.won;
  made[reached::ejections] = house_.broker().ejections();
  made[reached::rotations] = house_.rotations();
  made[reached::unstaffed] = house_.was_unstaffed();
  made[reached::overloaded] = overloaded_;
  made[reached::orders_resent] = house_.orders_resent();
  made[reached::orders_doubled] = house_.orders_doubled();
  made[reached::far_answers] = house_.far_answers();
  return made;
}

} // namespace texlex::simulation

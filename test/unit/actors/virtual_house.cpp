#include "test/unit/actors/virtual_house.hpp"

#include <stdexcept>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/death_reason.hpp"
#include "kernels/reference.hpp"

namespace texlex::test {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Where metrics answers questions; nobody asks any.
class front final : public caf::event_based_actor {
public:
  explicit front(caf::actor_config& config) : caf::event_based_actor(config) {}

protected:
  caf::behavior make_behavior() override {
    return {[](atom::told, job_id, const metrics_report&) {}};
  }
};

// What is said about lanes, as a text; empty: something else.
std::string word_of(const caf::message& m) {
  const auto lane = [&] { return std::to_string(m.get_as<lane_id>(1).value); };
  if (m.match_elements<atom::joined, lane_id, lane_actor, lane_traits>()) return "joined " + lane();
  if (m.match_elements<atom::cooling, lane_id, drain_listener>()) return "cooling " + lane();
  if (m.match_elements<atom::drained, lane_id>()) return "drained " + lane();
  if (m.match_elements<atom::left, lane_id, death>()) return "left " + lane();
  if (m.match_elements<atom::unstaffed>()) return "unstaffed";
  return {};
}

// What a worker took is real time, and would decide who is next.
caf::message rewrite_finish(const caf::message& m) {
  if (!m.match_elements<atom::finished, lane_id, result_batch>()) return m;
  result_batch results = m.get_as<result_batch>(2);
  for (attempt_result& each : results) each.took = {};
  return caf::make_message(atom::finished_v, m.get_as<lane_id>(1), std::move(results));
}

} // namespace

virtual_house::virtual_house(const house_options& options, bool start) {
  spdlog::set_level(spdlog::level::off); // workers die here by the dozen
  build(options);
  if (start) run();
}

void virtual_house::build(const house_options& options) {
  front_ = system.spawn<front>();
  metrics = spawn_metrics(system, front_, duration{0});
  timer = spawn_hedge_timer(system);
  const auto timer_tap = tap(timer, {}, [this](caf::message m) { return rewrite_arm(std::move(m)); });
  dispatch_options dispatching;
  dispatching.queue = {.count_max = options.waiting_max, .count_per_client_max = options.waiting_max};
  dispatching.hedge = options.hedge;
  dispatching.eject_slow_lanes = false; // a lane whose messages are late is not slow here
  const auto answer = [this](job_id id, const outcome& result, const column_answer_ptr&) {
    answers_[id.value].push_back(result);
  };
  broker = spawn_broker(system, dispatching, {answer, timer_tap, metrics});
  ring_channel_ = tap(overdue_listener{broker},
                      [this](size_t, const caf::message& m) { return rings ? rings(m.get_as<job_id>(1)) : verdict{}; });
  const auto finish_tap = tap(
    finish_listener{broker},
    [this](size_t, const caf::message& m) {
      return finishes ? finishes(m.get_as<lane_id>(1), m.get_as<result_batch>(2).front().job) : verdict{};
    },
    rewrite_finish);
  const auto lane_tap = tap(
    lane_listener{broker}, [this](size_t, const caf::message& m) { return judge(m); },
    [this](caf::message m) { return rewrite_lane_word(std::move(m)); });
  supervisor_options people;
  for (uint32_t core = 0; core < options.cores; ++core) people.roster.cores.push_back(core);
  people.roster.budgets = options.budgets;
  people.roster.restart = options.restart;
  people.roster.rotations_at_once = options.rotations_at_once;
  people.roster.stuck_max = options.stuck_max;
  people.roster.absent_max = options.absent_max;
  people.too_many_stuck = options.too_many_stuck;
  people.absent_too_long = options.absent_too_long;
  people.worker.own_thread = false;
  people.worker.arena = {.document_bytes_max = options.document_bytes_max, .resident_bytes = options.resident_bytes};
  people.worker.kernel = reference_kernel;
  people.worker.crash = options.crash;
  supervisor = spawn_supervisor(system, std::move(people), {lane_tap, finish_tap, metrics});
  caf::anon_send(broker, atom::watched_v, stuck_listener{supervisor});
}

// In the service's order; what is still planned in the clock holds actors and finds them gone.
virtual_house::~virtual_house() {
  runs = finishes = {}; // what they refer to may be gone
  rings = {};
  rule_of_words = {};
  const auto end = [this](auto& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    run();
    actor = nullptr;
  };
  end(supervisor);
  end(broker);
  end(timer);
  end(metrics);
  end(front_);
  for (caf::actor& channel : channels_) end(channel);
  ring_channel_ = nullptr;
  workers_.clear();
  while (scheduler().has_pending_timeout()) {
    scheduler().trigger_timeouts();
    run();
  }
}

template <class Handle>
Handle virtual_house::tap(const Handle& target, fault_rule rule, rewrite change) {
  Handle channel = interpose(system, target, std::move(rule), std::move(change));
  channels_.push_back(caf::actor_cast<caf::actor>(channel));
  return channel;
}

lane_actor virtual_house::tap_lane(lane_id lane, const lane_actor& worker) {
  workers_[lane.value] = worker;
  worker->attach_functor([this, lane](const caf::error&) {
    workers_.erase(lane.value);
    words_.push_back("gone " + std::to_string(lane.value));
  });
  return tap(worker, [this, lane](size_t, const caf::message& m) {
    const job_id id = m.get_as<attempt_batch>(1).front().job->id;
    runs_.push_back("run " + std::to_string(id.value) + " at " + std::to_string(lane.value));
    return runs ? runs(lane, id) : verdict{};
  });
}

// Puts a channel in front of every worker that joins, and of whoever waits for a lane to be drained.
caf::message virtual_house::rewrite_lane_word(caf::message m) {
  if (m.match_elements<atom::joined, lane_id, lane_actor, lane_traits>()) {
    const auto lane = m.get_as<lane_id>(1);
    return caf::make_message(atom::joined_v, lane, tap_lane(lane, m.get_as<lane_actor>(2)), m.get_as<lane_traits>(3));
  }
  if (m.match_elements<atom::cooling, lane_id, drain_listener>()) {
    const auto& listener = m.get_as<drain_listener>(2);
    return caf::make_message(atom::cooling_v, m.get_as<lane_id>(1),
                             tap(listener, [this](size_t, const caf::message& d) { return judge(d); }));
  }
  return m;
}

caf::message virtual_house::rewrite_arm(caf::message m) {
  if (!m.match_elements<atom::arm, job_id, duration, overdue_listener>()) return m;
  return caf::make_message(atom::arm_v, m.get_as<job_id>(1), m.get_as<duration>(2), ring_channel_);
}

verdict virtual_house::judge(const caf::message& message) {
  words_.push_back(word_of(message));
  return rule_of_words ? rule_of_words(words_.back()) : verdict{};
}

job_ptr virtual_house::submit(uint64_t id, std::string_view text) {
  auto job = make_job(id, text, now());
  caf::anon_send(broker, atom::submit_v, job_batch{job});
  return job;
}

void virtual_house::cancel(uint64_t id) { caf::anon_send(broker, atom::cancel_v, job_id{id}); }

void virtual_house::close() { caf::anon_send(broker, atom::close_v); }

void virtual_house::finished(uint32_t lane, uint64_t job, const outcome& result) {
  caf::anon_send(broker, atom::finished_v, lane_id{lane}, result_batch{{job_id{job}, result, duration{}}});
}

void virtual_house::overdue(uint64_t job) { caf::anon_send(broker, atom::overdue_v, job_id{job}); }

void virtual_house::kill(uint32_t lane, death cause) {
  if (const auto worker = workers_.find(lane); worker != workers_.end())
    worker->second->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                            caf::make_message(caf::exit_msg{worker->second.address(), to_reason(cause)}), nullptr);
}

void virtual_house::release_held() {
  for (const caf::actor& channel : channels_) caf::anon_send(channel, fault::release_atom::value);
}

outcome virtual_house::answer(uint64_t id) {
  const auto& given = answers(id);
  if (given.size() != 1)
    throw std::logic_error{"job " + std::to_string(id) + " has " + std::to_string(given.size()) + " answers"};
  return given.front();
}

metrics_report virtual_house::stats() { return ask<metrics_report>(broker, atom::stats_v)->value(); }

health_report virtual_house::health() { return ask<health_report>(supervisor, atom::health_v)->value(); }

std::string virtual_house::words() { return joined(std::exchange(words_, {})); }

std::string virtual_house::run_log() { return joined(std::exchange(runs_, {})); }

std::vector<uint32_t> virtual_house::live_lanes() const {
  std::vector<uint32_t> lanes;
  for (const auto& [lane, worker] : workers_) lanes.push_back(lane);
  return lanes;
}

} // namespace texlex::test

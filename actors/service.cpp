#include "actors/service.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <future>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include <caf/actor_companion.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/broker.hpp"
#include "actors/hedge_timer.hpp"
#include "actors/house_part.hpp"
#include "actors/log.hpp"
#include "actors/loop_unit.hpp"
#include "actors/metrics.hpp"
#include "actors/supervisor.hpp"
#include "actors/system_config.hpp"
#include "actors/watchdog.hpp"
#include "runtime/cpu.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

constexpr std::chrono::milliseconds shutdown_ms_max{5000};
constexpr std::chrono::seconds question_timeout{1};

std::vector<uint32_t> cores_of(const worker_settings& workers) {
  if (workers.cores.empty()) return allowed_cores();
  if (const auto error = first_core_error(workers.cores)) throw std::runtime_error{"workers.cores: " + *error};
  return workers.cores;
}

supervisor_options supervision(const settings& settings, const kernel& kernel) {
  supervisor_options options;
  options.roster.cores = cores_of(settings.workers);
  options.roster.restart.restarts_max = settings.workers.restarts_max;
  options.roster.restart.delay_max = std::chrono::milliseconds{settings.workers.restart_delay_max_ms};
  options.roster.budgets = {.alloc_mb = settings.workers.alloc_budget_mb,
                            .major_cycles = settings.workers.major_cycles_budget,
                            .rss_mb = settings.workers.rss_budget_mb,
                            .max_age = std::chrono::seconds{settings.workers.max_age_s}};
  options.roster.rotations_at_once = settings.workers.rotations_at_once;
  options.roster.stuck_max = settings.workers.stuck_max;
  const uint64_t loop_bytes = std::min<uint64_t>(settings.workers.loop_bytes_max, settings.limits.document_bytes_max);
  if (loop_document_bytes_max(settings) > 0) options.roster.cores.push_back(loop_core);
  options.roster.absent_max = std::chrono::seconds{settings.workers.absent_max_s};
  options.worker.arena = {.document_bytes_max = settings.limits.document_bytes_max,
                          .resident_bytes = settings.workers.arena_resident_mb << 20,
                          .lock = settings.workers.lock_memory,
                          .stock = std::make_shared<arena_stock>()};
  options.worker.gives_way = settings.cluster.enabled();
  options.worker.kernel = kernel;
  options.worker.regime = settings.workers.regime;
  options.worker.line_interval = std::chrono::seconds{settings.log.interval_s};
  if (settings.workers.in_processes()) {
    options.worker.isolation = isolation::process;
    options.roster.stuck_max = 0; // a process that hangs is killed, and leaves nothing behind
  }
  if (settings.inject.stall_ppm > 0) {
    spdlog::warn("inject.stall_ppm is set: {} attempts in a million stall for {} us", settings.inject.stall_ppm,
                 settings.inject.stall_us);
    options.stall_core = settings.inject.stall_core;
    options.worker.stalls = {.ppm = settings.inject.stall_ppm,
                             .length = std::chrono::microseconds{settings.inject.stall_us},
                             .after = settings.inject.stall_when == "after",
                             .deaf = settings.inject.stall_deaf,
                             .seed = settings.inject.seed};
  }
  if (!settings.test.crash_marker.empty() && settings.test.crash_count_max > 0) {
    spdlog::warn("test.crash_marker is set: workers will die on {} documents that begin with it",
                 settings.test.crash_count_max);
    options.worker.crash = std::make_shared<crash_hook>(settings.test.crash_marker, settings.test.crash_count_max);
  }
  options.loop_worker = options.worker;
  options.loop_worker.arena.document_bytes_max = loop_document_bytes_max(settings);
  options.loop_worker.whole_bytes_max = loop_bytes;
  options.loop_traits = {.capacity = limits::loop_attempts_max,
                         .document_bytes_max = loop_bytes,
                         .attempt_max = std::chrono::microseconds{settings.workers.loop_us_max},
                         .in_all_max = std::chrono::microseconds{limits::loop_attempts_us_max},
                         .alone_bytes_max = loop_document_bytes_max(settings),
                         .alone_max = std::chrono::microseconds{settings.workers.loop_alone_us_max}};
  return options;
}

dispatch_options dispatching(const settings& settings) {
  using std::chrono::microseconds, std::chrono::milliseconds;
  dispatch_options options;
  options.queue.count_max = std::min(settings.limits.requests_max, limits::waiting_max);
  options.queue.count_per_client_max = options.queue.count_max;
  if (settings.queue.target_ms > 0)
    options.queue_control = {.target = milliseconds{settings.queue.target_ms},
                             .interval = milliseconds{settings.queue.interval_ms}};
  options.hedge = {.enabled = settings.hedge.enabled,
                   .delay = {.learn = settings.hedge.adaptive,
                             .floor = microseconds{settings.hedge.floor_us},
                             .ceiling = microseconds{settings.hedge.delay_us}},
                   .budget = {.share_permille = settings.hedge.budget_percent * 10,
                              .ceiling_permille = settings.hedge.ceiling_percent * 10}};
  options.eject_slow_lanes = settings.lanes.eject_slow;
  if (settings.workers.watchdog_ms > 0) options.watch.limit = milliseconds{settings.workers.watchdog_ms};
  options.lending.document_bytes_min = settings.cluster.document_bytes_min;
  options.lending.send_time_per_mib = microseconds{settings.cluster.send_us_per_mib};
  options.seed = std::random_device{}();
  return options;
}

} // namespace

// Declared in the order in which things are made; what refers to the system goes before it does.
struct service::house {
  house(const settings& settings, const kernel& kernel, const house_part_maker* part_maker) {
    auto options = supervision(settings, kernel); // first what may throw
    const auto threads = options.worker.threads = std::make_shared<lane_threads>();
    if (part_maker != nullptr) part_maker->configure(config);
    system = std::make_unique<caf::actor_system>(config);
    front = system->spawn<caf::actor_companion>();
    metrics = spawn_metrics(*system, front, std::chrono::seconds{settings.log.interval_s}, true);
    unit = std::make_unique<loop_unit>(*system);
    timer = spawn_hedge_timer(*system, unit.get());
    broker = spawn_broker(
      *system, dispatching(settings),
      {[this](job_id id, const outcome& result, const column_answer_ptr& columns) { answer(id, result, columns); },
       timer, metrics, threads, &pressure},
      unit.get());
    options.unit = unit.get();
    options.own_thread = true;
    supervisor = spawn_supervisor(*system, std::move(options), {broker, broker, metrics});
    caf::anon_send(broker, atom::watched_v, stuck_listener{supervisor});
    watch(broker, "broker", broker_ended);
    watch(supervisor, "supervisor", supervisor_ended);
    watch(timer, "hedge timer", timer_ended);
    if (part_maker != nullptr) make_part(*part_maker);
  }

  void make_part(const house_part_maker& maker) try { part = maker.make({*system, broker, metrics}); } catch (...) {
    end();
    throw;
  }

  void answer(job_id id, const outcome& result, const column_answer_ptr& columns) {
    if (part && part->owns(id)) return part->answered({id, result, columns});
    deliver(id, result, columns);
  }

  // An end nobody asked for breaks what all rests on: that each job is answered. Better to be restarted.
  template <class Handle>
  void watch(const Handle& actor, const char* name, std::promise<void>& ended) {
    actor->attach_functor([this, name, &ended](const caf::error&) {
      if (!ending) {
        spdlog::critical("the {} has died: texlexd cannot go on", name);
        flush_log(last_flush);
        std::abort();
      }
      ended.set_value();
    });
  }

  // Metrics is no part of an answer: it ends last and unwatched, and the system waits for it.
  void end() {
    const watchdog bound{"the service", shutdown_ms_max};
    ending = true;
    caf::anon_send(broker, atom::close_v); // answers what is open and stops what runs
    if (part) part->finish();
    end_and_wait(supervisor, supervisor_ended); // with its workers
    end_and_wait(broker, broker_ended);
    end_and_wait(timer, timer_ended);
    caf::anon_send_exit(std::exchange(metrics, nullptr), caf::exit_reason::user_shutdown);
    companion().quit(caf::exit_reason::user_shutdown);
    front = nullptr;
    part.reset();
    system.reset();
  }

  template <class Handle>
  void end_and_wait(Handle& actor, std::promise<void>& ended) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    ended.get_future().wait();
    actor = nullptr;
  }

  [[nodiscard]] caf::actor_companion& companion() const {
    return *static_cast<caf::actor_companion*>(caf::actor_cast<caf::abstract_actor*>(front));
  }

  // What an actor answers, or nothing if it does not in time.
  template <class Answer, class Handle, class Atom>
  std::optional<Answer> ask(const Handle& actor, Atom question, caf::timespan timeout) {
    std::optional<Answer> result;
    if (ending) return result;
    caf::scoped_actor self{*system};
    self->request(actor, timeout, question)
      .receive([&](const Answer& answer) { result = answer; }, [](const caf::error&) {});
    return result;
  }

  system_config config;
  std::unique_ptr<loop_unit> unit; ///< outlives the actors that run on it
  std::unique_ptr<caf::actor_system> system;
  std::unique_ptr<house_part> part; ///< null: there is none
  std::atomic<bool> ending = false;
  std::promise<void> broker_ended, supervisor_ended, timer_ended;
  queue_pressure pressure; ///< the loop's thread writes and reads it
  answer_function deliver = [](job_id, const outcome&, const column_answer_ptr&) {}; ///< set before the first submit
  caf::actor front; ///< where metrics answers questions
  metrics_actor metrics;
  hedge_timer_actor timer;
  broker_actor broker;
  supervisor_actor supervisor;
};

service::service(const settings& settings, const kernel& kernel, const house_part_maker* part)
  : house_(std::make_unique<house>(settings, kernel, part)) {}

service::~service() { shutdown(); }

void service::connect(answer_function deliver, tell_function tell) {
  house_->deliver = std::move(deliver);
  house_->companion().on_enqueue([tell = std::move(tell)](caf::mailbox_element_ptr element) {
    const caf::message message = element->move_content_to_message();
    if (tell && message.match_elements<atom::told, job_id, metrics_report>())
      tell(message.get_as<job_id>(1), message.get_as<metrics_report>(2));
  });
}

void service::run_on_loop(std::function<void()> wake) { house_->unit->attach(std::move(wake)); }

instant service::turn(instant at) { return house_->unit->run(at); }

void service::loop_ended() { house_->unit->detach(); }

void service::submit(job_batch jobs) { caf::anon_send(house_->broker, atom::submit_v, std::move(jobs)); }

void service::cancel(job_id id) { caf::anon_send(house_->broker, atom::cancel_v, id); }

const queue_pressure& service::pressure() const noexcept { return house_->pressure; }

void service::ask_stats(job_id number) { caf::anon_send(house_->broker, atom::tell_v, number); }

std::optional<health_report> service::wait_until_settled(std::chrono::milliseconds timeout) {
  if (const auto settled = house_->ask<health_report>(house_->supervisor, atom::settled_v, timeout)) return settled;
  return house_->ask<health_report>(house_->supervisor, atom::health_v, question_timeout);
}

health_report service::health() {
  return house_->ask<health_report>(house_->supervisor, atom::health_v, question_timeout).value_or(health_report{});
}

metrics_report service::stats() { return stats_if_told().value_or(metrics_report{}); }

std::optional<metrics_report> service::stats_if_told() {
  return house_->ask<metrics_report>(house_->broker, atom::stats_v, question_timeout);
}

void service::leave() {
  if (house_->part) house_->part->leave();
}

void service::wait_until_left(std::chrono::milliseconds at_most) {
  if (house_->part) house_->part->wait_until_left(at_most);
}

void service::shutdown() {
  if (house_->system) house_->end();
}

} // namespace texlex

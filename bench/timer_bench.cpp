// How late does a hedge ring? Jobs are armed in the real hedge timer, several at once, and their listener, an actor
// like the broker, says when it heard: both on the I/O thread, as in texlexd, or both on CAF's scheduler and clock.
// Beside them a thread that does nothing but sleep until the next deadline: alone, which is the best the system gives;
// at real-time priority, where it is permitted; and telling the listener, which is what a timer with a thread of its
// own would come to. With idle cores, and with every core busy.
#include <atomic>
#include <cerrno>
#include <functional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <ctime>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include "actors/hedge_timer.hpp"
#include "actors/loop_unit.hpp"
#include "actors/server/request_server.hpp"
#include "actors/system_config.hpp"
#include "bench/busy_cores.hpp"
#include "bench/percentiles.hpp"

namespace texlex::bench {
namespace {

using namespace std::chrono_literals;

constexpr duration spacing = 730us; ///< no whole part of a delay, so that rings do not fall together
constexpr duration ring_time_max = 10s;
constexpr unsigned long slack_ns = 1000; ///< as CAF's clock has it in texlexd
constexpr int realtime_priority = 10;
constexpr size_t rings_full = 1000, rings_quick = 100;

/// What is due when, and how late each was. Ids count on from one set to the next, as jobs' ids do.
class rings {
public:
  void begin(size_t count) {
    first_id_ += due_.size();
    due_.assign(count, {});
    late_.assign(count, {});
    left_ = count;
  }
  void due(size_t i, instant at) { due_[i] = at; }
  void rang(job_id id) {
    const size_t i = id.value - first_id_;
    late_[i] = now() - due_[i];
    if (left_.fetch_sub(1) == 1) all_rang_.release();
  }
  [[nodiscard]] std::vector<duration> wait() {
    if (!all_rang_.try_acquire_for(ring_time_max)) throw std::runtime_error{"timer_bench: a ring has not come"};
    return late_;
  }
  [[nodiscard]] job_id id(size_t i) const noexcept { return {first_id_ + i}; }
  [[nodiscard]] size_t count() const noexcept { return due_.size(); }

private:
  uint64_t first_id_ = 1;
  std::vector<instant> due_;
  std::vector<duration> late_;
  std::atomic<size_t> left_ = 0;
  std::binary_semaphore all_rang_{0};
};

void sleep_until(instant at) {
  const auto since_boot = at.time_since_epoch();
  const timespec until{since_boot / 1s, (since_boot % 1s).count()};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

class hearer final : public on_loop<overdue_listener::base> {
public:
  hearer(caf::actor_config& config, loop_unit* unit, rings* heard) : on_loop(config, unit), heard_(heard) {}

protected:
  behavior_type make_behavior() override {
    return {[this](atom::overdue, job_id id) { heard_->rang(id); }};
  }

private:
  rings* heard_;
};

/// A timer, and who hears it.
struct timer_and_listener {
  timer_and_listener(caf::actor_system& system, loop_unit* unit, rings& heard)
    : listener(system.spawn<hearer, caf::lazy_init>(unit, &heard)), timer(spawn_hedge_timer(system, unit)) {}
  ~timer_and_listener() {
    caf::anon_send_exit(timer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  }

  overdue_listener listener;
  hedge_timer_actor timer;
};

/// Nobody sends it requests: its loop is there for the actors.
struct idle_server final : private job_port {
  explicit idle_server(loop_unit& unit) {
    unit.attach([this] { server.wake(); });
    server.on_turn([&unit](instant at) { return unit.run(at); });
    if (const auto started = server.start(); const auto* error = std::get_if<server_error>(&started))
      throw std::runtime_error{error->sentence};
  }

  request_server server{any_port(), {}, nullptr, *this};

private:
  void submit(job_batch) override {}
  void cancel(job_id) override {}
  void ask_stats(job_id) override {}

  static server_settings any_port() {
    server_settings settings;
    settings.tcp_port = 0;
    return settings;
  }
};

struct house {
  ~house() {
    server.server.drain(now());
    unit.detach();
  }

  rings heard;
  system_config config;
  caf::actor_system system{config};
  loop_unit unit{system};
  idle_server server{unit};
  timer_and_listener on_loop{system, &unit, heard};
  timer_and_listener on_scheduler{system, nullptr, heard};
};

void arm_all(house& in, const timer_and_listener& armed, duration delay) {
  const instant begun = now();
  for (size_t i = 0; i < in.heard.count(); ++i) {
    sleep_until(begun + i * spacing);
    in.heard.due(i, now() + delay);
    caf::anon_send(armed.timer, atom::arm_v, in.heard.id(i), delay, armed.listener);
  }
}

enum class priority : uint8_t { ordinary, realtime };

// False: this process may not have the priority.
bool take(priority wanted) {
  prctl(PR_SET_TIMERSLACK, slack_ns);
  const sched_param realtime{realtime_priority};
  return wanted == priority::ordinary || pthread_setschedparam(pthread_self(), SCHED_FIFO, &realtime) == 0;
}

// A thread that only waits. False if it could not have its priority: nothing rings then.
bool ring_from_thread(house& in, duration delay, priority wanted, const std::function<void(job_id)>& ring) {
  bool permitted = true;
  std::thread{[&] {
    permitted = take(wanted);
    if (!permitted) return;
    const instant begun = now();
    for (size_t i = 0; i < in.heard.count(); ++i) {
      in.heard.due(i, begun + delay + i * spacing);
      sleep_until(begun + delay + i * spacing);
      ring(in.heard.id(i));
    }
  }}.join();
  return permitted;
}

void measure_delay(percentile_table& table, load cores, house& in, duration delay, size_t count) {
  const std::string after = std::to_string(delay / 1ms) + " ms: ";
  const auto heard = [&](job_id id) { in.heard.rang(id); };
  const auto tell = [&](job_id id) { caf::anon_send(in.on_scheduler.listener, atom::overdue_v, id); };

  in.heard.begin(count);
  arm_all(in, in.on_loop, delay);
  table.add(after + "hedge timer, on the I/O thread", cores, in.heard.wait());
  in.heard.begin(count);
  arm_all(in, in.on_scheduler, delay);
  table.add(after + "hedge timer, on CAF's clock", cores, in.heard.wait());
  in.heard.begin(count);
  ring_from_thread(in, delay, priority::ordinary, tell);
  table.add(after + "a thread of its own, telling the actor", cores, in.heard.wait());
  in.heard.begin(count);
  ring_from_thread(in, delay, priority::ordinary, heard);
  table.add(after + "a thread of its own, alone", cores, in.heard.wait());
  in.heard.begin(count);
  if (ring_from_thread(in, delay, priority::realtime, heard))
    table.add(after + "the same at real-time priority", cores, in.heard.wait());
}

void measure(percentile_table& table, bool quick) {
  house in;
  for (const load cores : {load::idle, load::busy}) {
    const busy_cores spinning{cores};
    for (const duration delay : {1ms, 5ms, 10ms})
      measure_delay(table, cores, in, delay, quick ? rings_quick : rings_full);
  }
}

} // namespace
} // namespace texlex::bench

int main(int argc, char** argv) {
  return texlex::bench::run_distribution_bench(argc, argv, "Lateness of a hedge's ring", texlex::bench::measure);
}

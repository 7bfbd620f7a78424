// What does a hop cost: a message from one actor to another, to a worker's own thread, into the I/O loop and back; and
// all the hops of one request together? A message is sent along a way of stations that stamp when it reaches them, one
// at a time with a pause between, as a request on a quiet server; once with idle cores and once with every core busy.
// Threads and scheduling are those of texlexd (actors/system_config.hpp); no station computes anything.
#include <array>
#include <functional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <caf/actor_companion.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include "actors/system_config.hpp"
#include "bench/busy_cores.hpp"
#include "bench/percentiles.hpp"
#include "runtime/cpu.hpp"

namespace texlex::bench {
namespace {

using namespace std::chrono_literals;

constexpr size_t stations_max = 5;
constexpr duration pause_between_rounds = 200us; ///< long enough for every thread to have gone to sleep
constexpr duration round_time_max = 5s;
constexpr size_t rounds_before = 50; ///< not counted: threads start, memory is touched for the first time

// When a message reached each station of a way. Messages order what the stations' threads write.
class course {
public:
  using send_function = std::function<void(uint64_t step)>;

  void lead_to(std::vector<send_function> stations) { stations_ = std::move(stations); }

  void reached(uint64_t step) {
    at_[step] = now();
    if (step + 1 < stations_.size()) return stations_[step + 1](step + 1);
    done_.release();
  }

  void go() {
    stations_.front()(0);
    if (!done_.try_acquire_for(round_time_max)) throw std::runtime_error{"hops_bench: a message has not come through"};
  }

  [[nodiscard]] size_t stations() const noexcept { return stations_.size(); }
  [[nodiscard]] duration between(size_t from, size_t to) const noexcept { return at_[to] - at_[from]; }

private:
  std::vector<send_function> stations_;
  std::array<instant, stations_max> at_;
  std::binary_semaphore done_{0};
};

/// The threads of texlexd: the scheduler's, a worker's, the I/O loop's.
class threads {
public:
  threads() {
    const auto station = [this](caf::event_based_actor*) -> caf::behavior {
      return {[this](uint64_t step) { way.reached(step); }};
    };
    one_ = system_.spawn(station);
    other_ = system_.spawn(station);
    worker_ = system_.spawn<caf::detached>([station](caf::event_based_actor* self) {
      if (const auto error = pin_this_thread(allowed_cores().back())) throw std::runtime_error{*error};
      return station(self);
    });
    front_ = system_.spawn<caf::actor_companion>();
    static_cast<caf::actor_companion*>(caf::actor_cast<caf::abstract_actor*>(front_))
      ->on_enqueue([this](caf::mailbox_element_ptr element) {
        const auto step = element->move_content_to_message().get_as<uint64_t>(0);
        boost::asio::post(io_, [this, step] { way.reached(step); });
      });
    loop_ = std::thread{[this] { io_.run(); }};
  }

  ~threads() {
    for (const caf::actor& each : {one_, other_, worker_}) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    static_cast<caf::actor_companion*>(caf::actor_cast<caf::abstract_actor*>(front_))
      ->quit(caf::exit_reason::user_shutdown);
    way.lead_to({}); // a detached actor's thread, and with it the system, waits for its last handle
    one_ = other_ = worker_ = front_ = nullptr;
    io_.stop();
    loop_.join();
  }

  [[nodiscard]] course::send_function to_one() const { return to(one_); }
  [[nodiscard]] course::send_function to_other() const { return to(other_); }
  [[nodiscard]] course::send_function to_worker() const { return to(worker_); }
  [[nodiscard]] course::send_function to_loop() const { return to(front_); }

  course way;

private:
  static course::send_function to(const caf::actor& actor) {
    return [actor](uint64_t step) { caf::anon_send(actor, step); };
  }

  system_config config_;
  caf::actor_system system_{config_};
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  caf::actor one_, other_, worker_, front_;
  std::thread loop_;
};

struct plan {
  size_t rounds;
  duration time_max; ///< of one way: busy cores may make a round take long
};

constexpr plan plan_full{3000, 4s}, plan_quick{300, 300ms};

// Goes the way again and again; `each_round` takes what it wants of the stamps.
void repeat(threads& on, const plan& plan, const std::function<void(const course&)>& each_round) {
  for (size_t i = 0; i < rounds_before; ++i) on.way.go();
  const instant end = now() + plan.time_max;
  for (size_t i = 0; i < plan.rounds && now() < end; ++i) {
    std::this_thread::sleep_for(pause_between_rounds);
    on.way.go();
    each_round(on.way);
  }
}

struct there_and_back {
  std::string there, back;
  course::send_function turning_point;
};

void measure_round_trip(percentile_table& table, load cores, threads& on, const plan& plan, const there_and_back& of) {
  on.way.lead_to({on.to_one(), of.turning_point, on.to_one()});
  std::vector<duration> half, there, back;
  repeat(on, plan, [&](const course& way) {
    half.push_back(way.between(0, 2) / 2);
    there.push_back(way.between(0, 1));
    back.push_back(way.between(1, 2));
  });
  table.add("half a round trip: " + of.there, cores, std::move(half));
  if (of.back.empty()) return;
  table.add("- " + of.there, cores, std::move(there));
  table.add("- " + of.back, cores, std::move(back));
}

void measure_request(percentile_table& table, load cores, threads& on, const plan& plan) {
  on.way.lead_to({on.to_loop(), on.to_one(), on.to_worker(), on.to_one(), on.to_loop()});
  std::vector<duration> whole;
  repeat(on, plan, [&](const course& way) { whole.push_back(way.between(0, way.stations() - 1)); });
  table.add("a request's four: I/O loop, broker, worker, broker, I/O loop", cores, std::move(whole));
}

void measure(percentile_table& table, bool quick) {
  const plan plan = quick ? plan_quick : plan_full;
  for (const load cores : {load::idle, load::busy}) {
    threads on;
    const busy_cores spinning{cores};
    measure_round_trip(table, cores, on, plan, {"scheduled to scheduled", "", on.to_other()});
    measure_round_trip(table, cores, on, plan, {"scheduled to worker", "worker to scheduled", on.to_worker()});
    measure_round_trip(table, cores, on, plan, {"scheduled to I/O loop", "I/O loop to scheduled", on.to_loop()});
    measure_request(table, cores, on, plan);
  }
}

} // namespace
} // namespace texlex::bench

int main(int argc, char** argv) {
  return texlex::bench::run_distribution_bench(argc, argv, "Hops between threads", texlex::bench::measure);
}

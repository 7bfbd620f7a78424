#include "actors/server/request_server.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include <spdlog/spdlog.h>

#include "actors/server/listener.hpp"
#include "actors/server/server_core.hpp"
#include "actors/server/session.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/limits.hpp"
#include "runtime/memory_reserve.hpp"
#include "runtime/socket.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr int rounds_a_turn_max = 64;

constexpr duration retry_without_memory = 1ms;

constexpr unsigned long timer_slack_ns = 1000; // 50 us unless told otherwise

// How long the last responses may take to be written once the drain's deadline has passed.
constexpr duration last_writes = 500ms;

/// The loop that this thread runs, if any: what it delivers to itself needs no lock.
thread_local const void* loop_of_this_thread = nullptr;

int family_of(const std::string& address) { return address.find(':') == std::string::npos ? AF_INET : AF_INET6; }

} // namespace

/// The I/O thread and what it owns.
class request_server::loop {
public:
  loop(const server_settings& server, const limit_settings& limits, const regime* rules, job_port& port,
       document_memory memory)
    : settings_(server), answers_expected_(std::min(limits.requests_max, limits::waiting_max)),
      core_(server, limits, rules, port, memory) {}

  ~loop() { stop(); }

  std::variant<server_endpoints, server_error> start();
  void deliver(job_id id, const outcome& result, const column_answer_ptr& columns);
  void tell(job_id number, const metrics_report& report);
  void on_turn(turn_function work) { on_turn_ = std::move(work); }
  void wake() noexcept { core_.loop.wake(); }
  void announce_drain() noexcept { core_.counters.draining.set(1); }
  uint64_t drain(instant deadline);
  [[nodiscard]] server_counts counts() const { return core_.counters.read(); }

private:
  void run();
  void stop();
  [[nodiscard]] instant take_turn(instant until) noexcept;
  void look_at_memory() noexcept;
  [[nodiscard]] instant do_rounds();
  bool take_deliveries();
  void begin_drain(instant deadline);
  void deadline_met();
  void close_all() {
    core_.for_each_session([](session& each) { each.close(); });
  }
  void call_at(instant due, void (*what)(loop&));
  void all_closed();

  server_settings settings_;
  size_t answers_expected_; ///< at one time
  server_core core_;
  std::optional<listener> unix_;
  std::optional<listener> tcp_;
  unix_socket_path unix_path_;
  uint64_t met_by_deadline_ = 0;
  std::promise<void> drained_;
  bool told_drained_ = false;

  std::mutex deliveries_mutex_;      // guards the two below; held for a push or a swap
  std::vector<delivery> deliveries_; ///< by other threads
  bool taking_deliveries_ = false;
  std::atomic<bool> has_deliveries_ = false; ///< there are any; so that the lock is taken only then
  // The I/O thread's; kept for their memory.
  std::vector<delivery> deliveries_here_;
  std::vector<delivery> taken_;

  turn_function on_turn_;
  bool short_of_memory_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

std::variant<server_endpoints, server_error> request_server::loop::start() {
  server_endpoints endpoints;
  if (settings_.unix_socket.empty() && settings_.tcp_port < 0)
    return server_error{"There is nothing to listen on: neither a Unix socket nor a TCP port is set."};
  if (!settings_.unix_socket.empty()) {
    auto listening = listen_unix(settings_.unix_socket, settings_.unix_socket_mode);
    if (auto* error = std::get_if<socket_error>(&listening)) return server_error{std::move(error->sentence)};
    auto& [fd, path] = std::get<unix_listener>(listening);
    unix_path_ = std::move(path);
    unix_.emplace(core_, std::move(fd), AF_UNIX);
    endpoints.unix_socket = settings_.unix_socket;
  }
  if (settings_.tcp_port >= 0) {
    auto listening = listen_tcp(settings_.tcp_address, static_cast<uint16_t>(settings_.tcp_port));
    if (auto* error = std::get_if<socket_error>(&listening)) {
      unix_path_.remove();
      unix_.reset();
      return server_error{std::move(error->sentence)};
    }
    auto& opened = std::get<tcp_listener>(listening);
    tcp_.emplace(core_, std::move(opened.fd), family_of(settings_.tcp_address));
    endpoints.tcp_address = settings_.tcp_address;
    endpoints.tcp_port = opened.port;
  }
  for (auto* each : {&unix_, &tcp_})
    if (*each && !(*each)->accept_on()) return server_error{"The system has no room to watch the listening socket."};
  if (settings_.io_uring && !core_.loop.by_io_uring())
    spdlog::info("the system does not let io_uring be used: sockets are served one by one");
  // Each request is answered once: what an answer takes on its way is there before the request is.
  for (auto* each : {&deliveries_, &deliveries_here_, &taken_}) each->reserve(answers_expected_);
  taking_deliveries_ = true;
  thread_ = std::thread{[this] { run(); }};
  return endpoints;
}

void request_server::loop::run() {
  loop_of_this_thread = this;
  ::pthread_setname_np(::pthread_self(), "texlex.io");
  ::prctl(PR_SET_TIMERSLACK, timer_slack_ns); // a hedge that rings late is a hedge for nothing
  core_.loop.begin();
  instant next = instant::min(); // for what was planned before
  while (!stopping_.load(std::memory_order_relaxed)) next = take_turn(next);
}

// Whatever finds no memory costs a request or a connection where that can be told; what cannot is left undone.
instant request_server::loop::take_turn(instant until) noexcept {
  try {
    core_.begin_turn();
    core_.loop.wait(std::min(until, core_.next_turn()));
    core_.give_turns();
    const instant next = do_rounds();
    core_.end_turn();
    if (!memory_reserve::whole() || short_of_memory_) look_at_memory();
    return short_of_memory_ ? std::min(next, now() + retry_without_memory) : next;
  } catch (const std::bad_alloc&) {
    look_at_memory();
    if (const auto left_out = core_.no_memory_warnings.due(now()))
      spdlog::warn("the I/O thread finds no memory{}", left_out_text(*left_out));
    return now() + retry_without_memory;
  }
}

// Nobody new is let in until what was given up for others is set aside again.
void request_server::loop::look_at_memory() noexcept {
  short_of_memory_ = !memory_reserve::fill();
  core_.gate.short_of_memory(short_of_memory_);
  if (!short_of_memory_) return;
  if (const auto left_out = core_.no_memory_warnings.due(now()))
    spdlog::warn("the process is short of memory: requests are refused{}", left_out_text(*left_out));
}

// What a batch of sockets brought goes all the way, to a worker or back into a socket, before the thread looks at
// sockets again: each look is a system call. Within bounds, so that sockets get their turn. Returns when the next pass
// is due at the latest.
instant request_server::loop::do_rounds() {
  for (int round = 0; round < rounds_a_turn_max; ++round) {
    core_.loop.take_wakes();
    const instant at = core_.hand_over();
    const instant next = on_turn_ ? on_turn_(at) : instant::max();
    const bool delivered = take_deliveries();
    if (next != instant::min() && !delivered && !core_.has_submitted()) return next;
  }
  return instant::min();
}

void request_server::loop::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard guard{deliveries_mutex_};
    taking_deliveries_ = false;
  }
  stopping_ = true;
  wake();
  thread_.join();
  core_.on_idle = nullptr;
  close_all();
  core_.bury();
}

void request_server::loop::deliver(job_id id, const outcome& result, const column_answer_ptr& columns) {
  if (loop_of_this_thread == this) {
    deliveries_here_.push_back({id, result, columns});
    return wake();
  }
  const std::lock_guard guard{deliveries_mutex_};
  if (!taking_deliveries_) return;
  deliveries_.push_back({id, result, columns});
  has_deliveries_ = true;
  wake(); // with the lock, which `stop` takes before the loop goes
}

// Seldom asked, so that a post each is cheap enough.
void request_server::loop::tell(job_id number, const metrics_report& report) {
  const std::lock_guard guard{deliveries_mutex_};
  if (taking_deliveries_) core_.loop.post([this, number, report] { core_.told(number, report); });
}

bool request_server::loop::take_deliveries() {
  taken_.clear();
  std::swap(taken_, deliveries_here_);
  if (has_deliveries_.load(std::memory_order_acquire)) {
    const std::lock_guard guard{deliveries_mutex_};
    taken_.insert(taken_.end(), deliveries_.begin(), deliveries_.end());
    deliveries_.clear();
    has_deliveries_.store(false, std::memory_order_relaxed);
  }
  if (taken_.empty()) return false;
  core_.deliver(taken_);
  taken_.clear(); // columns go back to their pool with who has sent them
  return true;
}

uint64_t request_server::loop::drain(instant deadline) {
  if (!thread_.joinable()) return 0;
  announce_drain();
  core_.loop.post([this, deadline] { begin_drain(deadline); });
  drained_.get_future().wait();
  stop();
  return met_by_deadline_;
}

void request_server::loop::begin_drain(instant deadline) {
  core_.draining = true;
  unix_path_.remove(); // while we still listen: nobody can have taken the path over
  for (auto* each : {&unix_, &tcp_})
    if (*each) (*each)->close();
  core_.on_idle = [this] { all_closed(); };
  core_.for_each_session([](session& each) { each.drain(); });
  if (core_.idle()) return all_closed();
  call_at(deadline, [](loop& self) { self.deadline_met(); });
}

void request_server::loop::deadline_met() {
  core_.for_each_session([this](session& each) { met_by_deadline_ += each.abandon(); });
  if (met_by_deadline_ > 0) spdlog::warn("{} requests were not done in time and were told so", met_by_deadline_);
  call_at(now() + last_writes, [](loop& self) { self.close_all(); });
}

// Without memory for a call it is made at once, or the drain would never end.
void request_server::loop::call_at(instant due, void (*what)(loop&)) {
  try {
    core_.loop.call_at(due, [this, what] { what(*this); });
  } catch (const std::bad_alloc&) {
    what(*this);
  }
}

void request_server::loop::all_closed() {
  if (told_drained_) return;
  told_drained_ = true;
  drained_.set_value();
}

request_server::request_server(const server_settings& server, const limit_settings& limits, const regime* regime,
                               job_port& port, document_memory memory)
  : loop_(std::make_unique<loop>(server, limits, regime, port, memory)) {}

request_server::~request_server() = default;

std::variant<server_endpoints, server_error> request_server::start() { return loop_->start(); }
void request_server::deliver(job_id id, const outcome& result, const column_answer_ptr& columns) {
  loop_->deliver(id, result, columns);
}
void request_server::tell(job_id number, const metrics_report& report) { loop_->tell(number, report); }
void request_server::on_turn(turn_function work) { loop_->on_turn(std::move(work)); }
void request_server::wake() { loop_->wake(); }
void request_server::announce_drain() noexcept { loop_->announce_drain(); }
uint64_t request_server::drain(instant deadline) { return loop_->drain(deadline); }
server_counts request_server::counts() const { return loop_->counts(); }

} // namespace texlex

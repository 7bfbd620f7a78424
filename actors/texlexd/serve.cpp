#include "actors/texlexd/serve.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>
#include <variant>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "actors/exit_status.hpp"
#include "actors/gateway/cluster.hpp"
#include "actors/house_part.hpp"
#include "actors/log.hpp"
#include "actors/server/request_server.hpp"
#include "actors/server/stats_text.hpp"
#include "actors/service.hpp"
#include "actors/state/charged_time.hpp"
#include "actors/texlexd/room_to_serve.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/host_port.hpp"
#include "runtime/memory_reserve.hpp"
#include "runtime/socket.hpp"
#include "runtime/thread_times.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

// Of the time the process answers for: one that is given no core starts slowly, and is waited for.
constexpr std::chrono::seconds start_timeout{60};

// Once there is a worker, the others have so long to come too.
constexpr std::chrono::seconds wait_for_the_others{20};

constexpr std::chrono::milliseconds start_look{100};

// How long the ready line may take; who has not taken it by then may yet.
constexpr std::chrono::seconds ready_line_timeout{1};

std::string ready_line(const server_endpoints& endpoints, const kernel& kernel, uint32_t workers) {
  std::string line = "texlexd ready:";
  if (!endpoints.unix_socket.empty()) line += " unix " + endpoints.unix_socket;
  if (!endpoints.tcp_address.empty()) line += " tcp " + address_text(endpoints.tcp_address, endpoints.tcp_port);
  line += " kernel " + std::string{kernel.name} + " workers " + std::to_string(workers);
  return line + " pid " + std::to_string(getpid()) + "\n";
}

bool write_to_stdout(const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (wrote < 0 && errno != EINTR) return false;
    if (wrote > 0) done += static_cast<size_t>(wrote);
  }
  return true;
}

// The line a script waits for: everything it needs to connect. On a thread of its own, as nobody may ever take it.
void print_ready(const std::string& line) {
  const auto printed = std::make_shared<std::promise<bool>>();
  auto result = printed->get_future();
  std::thread{[printed, line] { printed->set_value(write_to_stdout(line)); }}.detach();
  const bool in_time = result.wait_for(ready_line_timeout) == std::future_status::ready;
  if (!in_time || !result.get()) spdlog::warn("standard output did not take the ready line: {}", line);
}

document_memory memory_for(const settings& settings) {
  return settings.workers.in_processes() ? document_memory::shared : document_memory::own;
}

// Until all workers have started or failed for good, or enough of them have.
health_report wait_for_workers(service& house, signals& signals) {
  const instant begun = now();
  charged_time waited{begun, 2 * start_look};
  for (;;) {
    const auto told = house.wait_until_settled(start_look);
    const health_report health = told.value_or(health_report{});
    waited.look(now(), times_of_all_others());
    if (signals.end_within(duration{0})) return health;
    if (waited.total() >= start_timeout || (told && health.lanes_starting == 0)) return health;
    if (health.ready() && now() - begun >= wait_for_the_others) {
      spdlog::warn("{} workers have started and {} have not: serving with those", health.lanes_alive,
                   health.lanes_starting);
      return health;
    }
  }
}

// In order is not needed where nobody was served, and may not be quick where threads could not be started.
[[noreturn]] void end_before_serving(int status) {
  flush_log(last_flush);
  std::_Exit(status);
}

void log_stats(service& house, const request_server& server) {
  const auto report = house.stats_if_told();
  if (!report) return spdlog::error("the counts cannot be told: the I/O thread did not answer in time");
  std::istringstream lines{stats_text(*report, server.counts())};
  for (std::string line; std::getline(lines, line);) spdlog::info("[stats] {}", line);
}

void change_log_level(const std::string& usual) {
  const auto set = spdlog::level::from_str(usual == "warn" ? "warning" : usual);
  const bool more = spdlog::get_level() == set && set != spdlog::level::debug;
  spdlog::set_level(more ? spdlog::level::debug : set);
  say(more ? "texlexd: SIGUSR2: everything is logged now, until the next one" : "texlexd: SIGUSR2: logging as set");
}

// Returns when it is to end, or the time is up.
void obey(signals& signals, service& house, const request_server& server, const settings& settings,
          instant until = instant::max()) {
  while (const auto request = signals.next(until)) {
    switch (*request) {
      case signal_request::end: return;
      case signal_request::log_stats: log_stats(house, server); break;
      case signal_request::reload:
        spdlog::warn("SIGHUP: settings are read at start only: going on with those there are");
        break;
      case signal_request::change_log_level: change_log_level(settings.log.level); break;
    }
  }
}

// All is served as before, so that whoever sends clients here has the time to see that it should not.
void grant_grace(signals& signals, service& house, request_server& server, const settings& settings) {
  const std::chrono::milliseconds grace{settings.drain.grace_ms};
  if (grace.count() == 0) return;
  server.announce_drain();
  spdlog::info("signal {}: serving for {} ms more; another signal ends that", signals.ended_by(), grace.count());
  obey(signals, house, server, settings, now() + grace);
  signals.grace_is_over();
}

// Too little memory for it is too little to serve, and told so by what fails first.
void set_memory_aside() {
  memory_reserve::install();
  if (!memory_reserve::fill()) spdlog::warn("there is no memory to set aside for the moment there is none");
}

std::optional<std::string> serve_in(const settings& settings, const regime& regime, const kernel& kernel,
                                    signals& signals) {
  set_memory_aside();
  const auto cluster = settings.cluster.enabled() ? std::optional{cluster_of(settings, kernel)} : std::nullopt;
  service house{settings, kernel, cluster ? &*cluster : nullptr};
  request_server server{settings.server, settings.limits, &regime, house, memory_for(settings)};
  house.connect([&server](job_id id, const outcome& result,
                          const column_answer_ptr& columns) { server.deliver(id, result, columns); },
                [&server](job_id number, const metrics_report& report) { server.tell(number, report); });
  house.run_on_loop([&server] { server.wake(); });
  server.on_turn([&house](instant at) { return house.turn(at); });
  // Whatever happens from here on: the house goes before the server it delivers to, but after its loop.
  struct ending {
    service& house;
    request_server& server;
    ~ending() {
      server.drain(now());
      house.loop_ended();
      house.shutdown();
    }
  } const ending{house, server};

  const health_report health = wait_for_workers(house, signals);
  if (signals.end_within(duration{0})) end_before_serving(exit_status::served);
  if (!health.ready()) end_before_serving(cannot_serve("no worker could be started; see the log"));
  const auto started = server.start();
  if (const auto* error = std::get_if<server_error>(&started)) return error->sentence;
  print_ready(ready_line(std::get<server_endpoints>(started), kernel, health.lanes_alive));

  obey(signals, house, server, settings);
  house.leave();
  grant_grace(signals, house, server, settings);
  const auto drained_at_most = std::chrono::milliseconds{settings.server.drain_timeout_ms};
  spdlog::info("signal {}: draining for at most {} ms", signals.ended_by(),
               drained_at_most.count()); // waits for nobody
  const instant until = now() + drained_at_most;
  const uint64_t cut_off = server.drain(until);
  house.wait_until_left(std::chrono::ceil<std::chrono::milliseconds>(std::max(until - now(), duration{0})));
  if (cut_off > 0) spdlog::warn("the drain ran out of time: {} requests ended with shutting-down", cut_off);
  return std::nullopt;
}

} // namespace

std::optional<std::string> serve(const settings& asked, signals& signals) {
  const regime* regime = find_regime(asked.workers.regime);
  const kernel* kernel = find_kernel(asked.workers.kernel);
  if (regime == nullptr || kernel == nullptr) return "workers.regime or workers.kernel is unknown";
  room_to_serve room = find_room(asked);
  for (const std::string& warning : room.warnings) spdlog::warn("{}", warning);
  if (room.refused) return room.refused;
  settings& settings = room.adjusted;
  const size_t workers = settings.workers.cores.size();
  spdlog::info("{} worker{}: {}", workers, workers == 1 ? "" : "s", room.cores_because);
  if (settings.server.unix_socket.empty() && settings.server.tcp_port < 0) {
    settings.server.unix_socket = default_socket();
    if (auto error = prepare_default_folder()) return std::move(error->sentence);
  }
  return serve_in(settings, *regime, *kernel, signals);
}

int cannot_serve(const std::string& sentence) {
  say("texlexd: cannot serve: " + sentence);
  return exit_status::cannot_serve;
}

} // namespace texlex

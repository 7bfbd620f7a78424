#include "actors/process_lane.hpp"

#include <array>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/death_reason.hpp"
#include "actors/own_thread.hpp"
#include "actors/process_frames.hpp"
#include "actors/process_memory.hpp"
#include "actors/report_pace.hpp"
#include "actors/state/charged_time.hpp"
#include "actors/state/warning_pace.hpp"
#include "actors/worker_process.hpp"
#include "runtime/child_process.hpp"
#include "runtime/cpu.hpp"
#include "runtime/memory.hpp"
#include "runtime/packet_socket.hpp"
#include "runtime/shared_memory.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

// Of the time the process answers for (charged_time.hpp): one that is given no core is waited for.
constexpr duration ready_time_max = 10s;

// How long a process may go on with a job that has its outcome; after it the process hangs, and is killed. Far above a
// chunk's time, and below the bound of the service's shutdown.
constexpr duration stop_time_max = 2s;

// While the lane waits for an answer it looks this often whether it has waited too long. A look charges no more than
// two of these: whoever looks may be late itself.
constexpr duration wait_look_interval = 100ms;

// With nothing to do it looks this often whether its process is still there, so that no attempt has to find out.
constexpr duration checkup_interval = 250ms;

// How long a process may take to end once its socket is closed, before it is killed.
constexpr duration end_time_max = 100ms;

/// The process is gone, or is to be, and the lane with it.
class lost_process : public std::runtime_error {
public:
  lost_process(death cause, const std::string& sentence) : std::runtime_error(sentence), cause_(cause) {}
  [[nodiscard]] death cause() const noexcept { return cause_; }

private:
  death cause_;
};

/// `checkup` is its word to itself.
using process_lane_actor = lane_actor::extend<takes<atom::checkup>>;

class process_lane final : public own_thread<process_lane_actor::base> {
public:
  process_lane(caf::actor_config& config, const worker_options& options, const worker_links& links)
    : own_thread(config), options_(options), links_(links) {}
  const char* name() const override { return "texlex.process_lane"; }

protected:
  // Runs on the lane's own thread, unlike the constructor.
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    set_exception_handler([this](std::exception_ptr& error) -> caf::error { return died(error); });
    name_this_thread("texlex.w" + std::to_string(options_.core));
    // Beside its process: only one of the two ever runs, and a core hands over to itself the quickest.
    if (const auto error = pin_this_thread(options_.core)) spdlog::debug("{}", *error); // its process complains too
    start();
    caf::anon_send(links_.supervisor, atom::ready_v, options_.lane);
    delayed_send(this, checkup_interval, atom::checkup_v);
    return {
      [this](atom::run, const attempt_batch& orders) {
        for (const attempt_order& order : orders) run(order);
      },
      [this](atom::checkup) {
        memory_.cool_down(texlex::now());
        if (!peer_has_ended(socket_.get())) return delayed_send(this, checkup_interval, atom::checkup_v);
        throw_gone();
      },
    };
  }

  void on_exit() override {
    if (options_.threads) options_.threads->leave(options_.lane);
    if (child_) end_process();
    memory_ = {}; // now nobody writes there any more
    links_ = {};
  }

private:
  void run(const attempt_order& order) {
    const instant begun = texlex::now(); // `local_actor` declares one that it lacks
    const auto instead = order.job->begin(order.attempt, begun);
    attempt_end end = instead ? attempt_end{{.status = *instead}} : attempt(*order.job, begun);
    const instant ended = texlex::now();
    caf::anon_send(links_.finish, atom::finished_v, options_.lane,
                   result_batch{{order.job->id, end.result, ended - begun, std::exchange(interrupted_, false),
                                 std::move(end.columns)}});
    ++used_.jobs;
    tell_use(ended);
  }

  // What goes wrong here is thrown: the actor ends of it, as it would if the process had died at work.
  void start() {
    used_ = {.lane = options_.lane, .core = options_.core};
    auto [ours, theirs] = packet_socket_pair();
    socket_ = std::move(ours);
    if (!limit_receive_time(socket_.get(), wait_look_interval)) throw std::runtime_error{"cannot limit a wait"};
    child_.emplace(this_program, std::vector<std::string>{"texlexd", std::string{worker_command}}, theirs.get());
    theirs.close(); // else its end would not be told
    const auto page = std::make_shared<common_memory>(page_bytes());
    const std::shared_ptr<const scan_progress> progress{page, new (page->data()) scan_progress};
    if (options_.threads) options_.threads->enter(options_.lane, progress, child_->pid());
    if (options_.gives_way) give_way(child_->pid());
    send(start_frame{.lane = options_.lane.value,
                     .core = options_.core,
                     .lock_memory = options_.arena.lock,
                     .document_bytes_max = options_.arena.document_bytes_max,
                     .resident_bytes = options_.arena.resident_bytes,
                     .stall_seed = options_.stalls.seed,
                     .stall_ns = static_cast<uint64_t>(options_.stalls.length.count()),
                     .stall_ppm = options_.stalls.ppm,
                     .stall_after = options_.stalls.after,
                     .stall_deaf = options_.stalls.deaf,
                     .kernel = packet_name{options_.kernel.name},
                     .regime = packet_name{options_.regime}},
         page->fd());
    page->passed();
    charged_time waited{texlex::now(), 2 * wait_look_interval};
    const auto ready = receive<ready_frame>([&] {
      if (charge(waited) >= ready_time_max) throw lost_process{death::failure, "its process was not ready in time"};
    });
    used_.live_bytes = ready.resident_bytes;
    if (!ready.unpinned.view().empty()) spdlog::warn("{}", ready.unpinned.view());
    if (options_.arena.lock && ready.locked == 0)
      spdlog::debug("the arenas of core {} are not locked: RLIMIT_MEMLOCK is too low", options_.core);
  }

  void end_process() {
    if (child_->running()) used_.resident_bytes = resident_bytes_of(child_->pid()).value_or(0);
    used_.ended = true;
    caf::anon_send(links_.metrics, atom::report_v, used_);
    socket_.close();
    const std::string how = child_->end(end_time_max).text();
    spdlog::debug("the process of core {} (lane {}) {}", options_.core, options_.lane.value, how);
    child_.reset();
  }

  attempt_end attempt(const job& job, instant begun) {
    auto begin = memory_.begin(job, begun);
    if (const auto* const instead = std::get_if<status>(&begin)) return not_begun(job, *instead);
    auto& packets = std::get<attempt_packets>(begin);
    packets.attempt.number = ++attempts_;
    packets.attempt.crash = options_.crash && options_.crash->fires(job.document);
    if (packets.columns) send(*packets.columns, packets.columns_fd);
    send(packets.attempt, packets.document_fd);
    const result_frame result = wait_for_result(job);
    if (result.number != attempts_) throw lost_process{death::crash, "its process answered what was not asked"};
    used_.bytes_handed_out = result.bytes_handed_out;
    used_.trims = result.trims;
    interrupted_ = result.interrupted != 0;
    auto end = memory_.end(job, result);
    if (!end) throw lost_process{death::crash, "its process answered what cannot be"};
    return std::move(*end);
  }

  attempt_end not_begun(const job& job, status reason) {
    if (reason == status::internal_error)
      if (const auto left_out = warnings_.due(texlex::now()))
        spdlog::error("job {} is not in shared memory, which workers of their own process need{}", job.id.value,
                      left_out_text(*left_out));
    return {{.status = reason}};
  }

  result_frame wait_for_result(const job& job) {
    std::optional<charged_time> stopped;
    return receive<result_frame>([&] {
      if (options_.threads && options_.threads->abandoned(options_.lane))
        throw lost_process{death::outside, "its process hangs"};
      if (!job.stop.load(std::memory_order_relaxed)) return;
      if (!stopped) stopped.emplace(texlex::now(), 2 * wait_look_interval);
      if (charge(*stopped) >= stop_time_max)
        throw lost_process{stopped->mostly_ran() ? death::crash : death::outside,
                           "its process did not stop when it was told to"};
    });
  }

  template <class Frame>
  void send(const Frame& frame, int passed_fd = -1) {
    const int error = send_packet(socket_.get(), to_packet(frame), passed_fd);
    if (error == EPIPE || error == ECONNRESET) throw_gone();
    if (error != 0) throw std::runtime_error{"cannot send to its process: " + std::generic_category().message(error)};
  }

  duration charge(charged_time& waited) const {
    waited.look(texlex::now(), times_of(child_->pid(), child_->pid()));
    return waited.total();
  }

  // Waits for the process; every now and then `look` may throw.
  template <class Frame, class Look>
  Frame receive(Look look) {
    std::array<uint8_t, sizeof(Frame)> room;
    for (;;) {
      const received_packet got = receive_packet(socket_.get(), room);
      switch (got.verdict) {
        case packet_verdict::received:
          if (const auto frame = from_packet<Frame>({room.data(), got.bytes})) return *frame;
          throw lost_process{death::crash, "its process sent what is no answer"};
        case packet_verdict::timed_out: look(); break;
        case packet_verdict::closed: throw_gone();
        case packet_verdict::failed:
          throw std::runtime_error{"cannot receive from its process: " + std::generic_category().message(got.error)};
      }
    }
  }

  [[noreturn]] void throw_gone() {
    const process_end end = child_->end(end_time_max);
    throw lost_process{death_of(end), "its process " + end.text()};
  }

  caf::error died(const std::exception_ptr& error) {
    spdlog::error("worker of core {} (lane {}) died: {}", options_.core, options_.lane.value, text_of(error));
    return to_reason(cause_of(error));
  }

  static death cause_of(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const lost_process& lost) {
      return lost.cause();
    } catch (...) {
      return death::failure;
    }
  }

  void tell_use(instant at) {
    const bool line = pace_.line_due(at);
    const bool due = pace_.due(used_);
    if (!line && !due) return;
    used_.resident_bytes = resident_bytes_of(child_->pid()).value_or(0);
    if (line) caf::anon_send(links_.metrics, atom::report_v, used_);
    if (due) caf::anon_send(links_.supervisor, atom::report_v, used_);
  }

  worker_options options_;
  worker_links links_;
  std::optional<child_process> child_;
  owned_fd socket_;
  uint64_t attempts_ = 0;
  bool interrupted_ = false; ///< the attempt that has just ended
  process_memory memory_;    ///< outlives the process
  worker_report used_;
  warning_pace warnings_;
  report_pace pace_{options_.line_interval};
};

} // namespace

lane_actor spawn_process_lane(caf::actor_system& system, const worker_options& options, const worker_links& links) {
  return system.spawn<process_lane, caf::detached>(options, links);
}

} // namespace texlex

// A lane and its process: the process is this program, started anew, and does its work as texlexd's does, or goes wrong
// as the test says. A lie costs the worker that told it, and nothing that others wrote.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include "actors/death_reason.hpp"
#include "actors/metrics.hpp"
#include "actors/process_frames.hpp"
#include "actors/process_lane.hpp"
#include "actors/system_config.hpp"
#include "actors/worker_process.hpp"
#include "kernels/kernels.hpp"
#include "runtime/child_process.hpp"
#include "runtime/cpu.hpp"
#include "runtime/memory.hpp"
#include "runtime/packet_socket.hpp"
#include "test/unit/actors/column_jobs.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::answer_in_process;
using test::column_house;
using test::same_columns;

namespace {

constexpr const char* script_variable = "TEXLEX_TEST_WORKER";

template <class Frame>
std::optional<Frame> receive_frame(owned_fd* passed = nullptr) {
  std::array<uint8_t, 512> room;
  received_packet got = receive_packet(passed_descriptor, room);
  if (got.verdict != packet_verdict::received) return std::nullopt;
  if (passed != nullptr) *passed = std::move(got.passed);
  return from_packet<Frame>({room.data(), got.bytes});
}

// What a process gone wrong says of an attempt.
result_frame lie(std::string_view script, const attempt_frame& attempt) {
  result_frame said{.number = attempt.number, .token_count = 1};
  if (script == "too many tokens") said.token_count = static_cast<uint32_t>(attempt.document_bytes + 2);
  if (script == "too many issues") said.issue_count = static_cast<uint32_t>(2 * attempt.document_bytes + 3);
  if (script == "too long names") said.name_bytes = 3 * attempt.document_bytes + 1;
  if (script == "another attempt") ++said.number;
  return said;
}

/// A process that goes wrong: answers as the script says, and may write on where it was once let.
int run_scripted_process(std::string_view script) {
  owned_fd page;
  if (!receive_frame<start_frame>(&page)) return 1;
  if (send_packet(passed_descriptor, to_packet(ready_frame{})) != 0) return 1;
  std::vector<common_memory> scribbled_on;
  for (;;) {
    std::array<uint8_t, 512> room;
    received_packet got = receive_packet(passed_descriptor, room);
    if (got.verdict != packet_verdict::received) return 0;
    const std::span<const uint8_t> packet{room.data(), got.bytes};
    if (const auto columns = from_packet<columns_frame>(packet)) {
      auto memory = common_memory::map(got.passed, columns->memory_bytes);
      if (!memory) return 1;
      scribbled_on.push_back(std::move(*memory));
      continue;
    }
    const auto attempt = from_packet<attempt_frame>(packet);
    if (!attempt) return 1;
    if (script == "scribbles") {
      (void)send_packet(passed_descriptor, to_packet(lie("one token", *attempt)));
      for (;;)
        for (common_memory& each : scribbled_on) std::memset(each.data(), 0xEE, each.bytes());
    }
    if (script == "is silent")
      for (;;) std::this_thread::sleep_for(1s);
    if (script == "no frame") {
      (void)send_packet(passed_descriptor, std::array<uint8_t, 3>{1, 2, 3});
      continue;
    }
    (void)send_packet(passed_descriptor, to_packet(lie(script, *attempt)));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(process_lane_test)

namespace {

/// Where lanes say that they are ready and how attempts ended.
class inbox {
public:
  void ready(lane_id lane) {
    const std::lock_guard guard{mutex_};
    ready_.push_back(lane);
    changed_.notify_all();
  }
  void finished(result_batch results) {
    const std::lock_guard guard{mutex_};
    for (attempt_result& each : results) finished_.insert_or_assign(each.job.value, std::move(each));
    changed_.notify_all();
  }
  [[nodiscard]] bool wait_until_ready(lane_id lane) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return std::ranges::count(ready_, lane) > 0; });
  }
  [[nodiscard]] std::optional<attempt_result> wait_for(uint64_t job) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [&] { return finished_.contains(job); })) return std::nullopt;
    return std::move(finished_.extract(job).mapped());
  }
  [[nodiscard]] bool empty() {
    const std::lock_guard guard{mutex_};
    return finished_.empty();
  }

private:
  static constexpr auto patience = 60s;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<lane_id> ready_;
  std::map<uint64_t, attempt_result> finished_;
};

finish_listener::behavior_type finish_listening(finish_listener::pointer, inbox* to) {
  return {[to](atom::finished, lane_id, result_batch& results) { to->finished(std::move(results)); }};
}

worker_listener::behavior_type worker_listening(worker_listener::pointer, inbox* to) {
  return {[to](atom::ready, lane_id lane) { to->ready(lane); }, [](atom::report, const worker_report&) {}};
}

struct lanes : column_house {
  lanes() { spdlog::set_level(spdlog::level::off); }

  ~lanes() {
    for (auto& [id, lane] : alive) caf::anon_send_exit(lane, caf::exit_reason::user_shutdown);
    alive.clear();
    caf::anon_send_exit(finish, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(metrics, caf::exit_reason::user_shutdown);
  }

  /// Its process does as texlexd's do.
  lane_actor lane(uint32_t id) { return scripted_lane(id, ""); }

  lane_actor scripted_lane(uint32_t id, const char* script) {
    BOOST_REQUIRE(::setenv(script_variable, script, 1) == 0);
    worker_options options;
    options.isolation = isolation::process;
    options.lane = {id};
    options.core = allowed_cores().front();
    options.arena = {.document_bytes_max = 4 << 20, .resident_bytes = 1 << 20, .lock = false, .stock = nullptr};
    options.kernel = *find_kernel("reference");
    options.regime = default_regime_name;
    options.threads = threads;
    options.crash = crash;
    const lane_actor made = spawn_process_lane(system, options, {finish, worker, metrics});
    BOOST_REQUIRE(box.wait_until_ready({id}));
    self->monitor(made);
    alive.emplace(id, made);
    return made;
  }

  void give(const lane_actor& lane, const job_ptr& job) { caf::anon_send(lane, atom::run_v, attempt_batch{{job, 1}}); }

  attempt_result result_of(const lane_actor& lane, const job_ptr& job) {
    give(lane, job);
    auto result = box.wait_for(job->id.value);
    BOOST_REQUIRE(result.has_value());
    return std::move(*result);
  }

  /// Waits for the end of the lane that was spawned last.
  death death_of_a_lane() {
    std::optional<death> cause;
    self->receive([&](const caf::down_msg& down) { cause = death_of(down.reason); }, caf::after(60s) >> [] {});
    BOOST_REQUIRE(cause.has_value());
    return *cause;
  }

  /// Messages and answers may live on for a moment.
  [[nodiscard]] bool all_is_given_back() const {
    for (const instant until = now() + 60s; now() < until; std::this_thread::sleep_for(1ms))
      if (bytes->taken() == 0) return true;
    return false;
  }

  system_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  inbox box;
  finish_listener finish = system.spawn(finish_listening, &box);
  worker_listener worker = system.spawn(worker_listening, &box);
  metrics_actor metrics = spawn_metrics(system, nullptr, duration{0});
  std::shared_ptr<lane_threads> threads = std::make_shared<lane_threads>();
  std::shared_ptr<crash_hook> crash;
  std::map<uint32_t, lane_actor> alive;
};

#if !defined(TEXLEX_SANITIZED) // a sanitizer's own memory is beyond any limit
/// The process of the one lane there is.
pid_t only_child() {
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::ifstream children{thread.path() / "children"};
    if (pid_t found = 0; children >> found) return found;
  }
  BOOST_FAIL("there is no process");
  return 0;
}

uint64_t mapped_bytes_of(pid_t process) {
  std::ifstream pages{"/proc/" + std::to_string(process) + "/statm"};
  uint64_t count = 0;
  BOOST_REQUIRE((pages >> count));
  return count * page_bytes();
}

/// Sets the soft limit and returns what it was.
rlimit address_space_of(pid_t process, rlimit wanted) {
  rlimit before{};
  BOOST_REQUIRE(::prlimit(process, RLIMIT_AS, nullptr, &before) == 0);
  wanted.rlim_max = before.rlim_max;
  BOOST_REQUIRE(::prlimit(process, RLIMIT_AS, &wanted, nullptr) == 0);
  return before;
}
#endif

std::string text_of(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "\\name{\xC3\xA9 a} % b\n\x01";
  text.resize(bytes);
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(of_lanes, lanes)

BOOST_AUTO_TEST_CASE(columns_are_what_this_process_would_make_of_the_document) {
  const lane_actor lane = this->lane(1);
  uint64_t id = 0;
  for (const size_t length : {0u, 1u, 1000u, 50'000u, 1'000'000u, 10u})
    for (const uint32_t columns : {1u, 128u, all_columns})
      for (const token_view view : {token_view::tex, token_view::source}) {
        column_order wanted = order(columns);
        wanted.view = view;
        wanted.unit = position_unit::utf16_units;
        const job_ptr job = this->job(++id, text_of(length), wanted);
        const auto got = result_of(lane, job);
        BOOST_TEST(got.result.status == status::ok);
        BOOST_REQUIRE(got.columns != nullptr);
        BOOST_TEST(same_columns(*got.columns, *answer_in_process(*job)));
      }
  BOOST_TEST(all_is_given_back());
}

BOOST_AUTO_TEST_CASE(counts_come_in_the_regime_and_view_asked_for_which_the_process_makes_when_it_meets_it) {
  const lane_actor lane = this->lane(1);
  uint64_t id = 0;
  const std::string text = "a@b % c\n\\d\n\n\xC3\xA9";
  for (const std::string_view name : regime_names())
    for (const token_view view : {token_view::tex, token_view::source}) {
      column_order wanted = order(0);
      wanted.view = view;
      auto job = std::make_shared<texlex::job>();
      const job_ptr like = this->job(++id, text, wanted);
      job->id = like->id;
      job->memory = like->memory;
      job->document = like->document;
      job->regime = find_regime(name);
      job->order = like->order;
      BOOST_TEST(result_of(lane, job).result.token_count == test::scan(text, *find_regime(name), view).kinds.size());
    }
}

BOOST_AUTO_TEST_CASE(a_regime_no_process_knows_is_an_error_and_no_death) {
  const lane_actor lane = this->lane(1);
  regime unknown = test::house_regime();
  unknown.name = "of another program";
  auto job = std::make_shared<texlex::job>();
  const job_ptr like = this->job(1, "abc", order());
  job->id = like->id;
  job->memory = like->memory;
  job->document = like->document;
  job->order = like->order;
  job->regime = &unknown;
  BOOST_TEST(result_of(lane, job).result.status == status::internal_error);
  BOOST_TEST(result_of(lane, this->job(2, "abc", order())).result.status == status::ok);
}

BOOST_AUTO_TEST_CASE(a_lie_about_an_attempt_ends_the_worker_and_not_what_it_works_for) {
  uint32_t id = 0;
  for (const char* script : {"too many tokens", "too many issues", "too long names", "another attempt", "no frame"})
    for (const size_t length : {1000u, 50'000u}) {
      BOOST_TEST_CONTEXT(script << ", " << length << " bytes") {
        const lane_actor lane = scripted_lane(++id, script);
        give(lane, job(id, text_of(length), order()));
        BOOST_TEST((death_of_a_lane() == death::crash));
        BOOST_TEST(box.empty());
        alive.clear();
      }
    }
}

BOOST_AUTO_TEST_CASE(memory_of_an_attempt_is_held_until_its_process_is_reaped) {
  const lane_actor lane = scripted_lane(1, "is silent");
  const job_ptr job = this->job(1, text_of(50'000), order());
  give(lane, job);
  const uint64_t expected = column_memory_bytes(*job->order, 50'000);
  for (const instant until = now() + 60s; bytes->taken() != expected && now() < until;)
    std::this_thread::sleep_for(1ms);
  BOOST_TEST(bytes->taken() == expected);
  threads->abandon({1}); // as for an attempt that hangs
  BOOST_TEST((death_of_a_lane() == death::outside));
  BOOST_TEST(all_is_given_back());
  BOOST_TEST(shared->files->taken() == 0u);
}

BOOST_AUTO_TEST_CASE(a_process_that_writes_on_after_its_answer_spoils_nothing_of_others) {
  const lane_actor scribbler = scripted_lane(1, "scribbles");
  const lane_actor lane = this->lane(2);
  uint64_t id = 0;
  (void)result_of(scribbler, job(++id, text_of(50'000), order())); // from now on it writes
  for (const size_t length : {1000u, 50'000u})
    for (size_t i = 0; i < 20; ++i) {
      const job_ptr job = this->job(++id, text_of(length + i), order());
      const auto got = result_of(lane, job);
      BOOST_REQUIRE(got.columns != nullptr);
      BOOST_TEST(same_columns(*got.columns, *answer_in_process(*job)));
    }
}

BOOST_AUTO_TEST_CASE(a_process_that_crashes_on_columns_costs_the_attempt_and_gives_its_memory_back) {
  crash = std::make_shared<crash_hook>("KILL", 1);
  const lane_actor lane = this->lane(1);
  give(lane, job(1, "KILL" + text_of(50'000), order()));
  BOOST_TEST((death_of_a_lane() == death::crash));
  BOOST_TEST(all_is_given_back());
  BOOST_TEST(shared->files->taken() == 0u);
}

#if !defined(TEXLEX_SANITIZED)
BOOST_AUTO_TEST_CASE(a_process_without_room_to_map_memory_for_columns_says_overload_and_lives) {
  const lane_actor lane = this->lane(1);
  BOOST_TEST(result_of(lane, job(1, text_of(1000), order())).result.status == status::ok);
  const pid_t process = only_child();
  const rlimit usual = address_space_of(process, {.rlim_cur = mapped_bytes_of(process) + (8 << 20), .rlim_max = 0});
  const job_ptr large = job(2, text_of(1'000'000), order()); // whose columns take some 30 MB
  BOOST_TEST(result_of(lane, large).result.status == status::overload);
  BOOST_TEST(all_is_given_back());
  BOOST_TEST(result_of(lane, job(3, text_of(1000), order())).result.status == status::ok);
  (void)address_space_of(process, usual);
  const job_ptr again = job(4, text_of(1'000'000), order());
  BOOST_TEST(same_columns(*result_of(lane, again).columns, *answer_in_process(*again)));
}
#endif

BOOST_AUTO_TEST_CASE(an_attempt_whose_job_has_its_outcome_stops_in_the_middle_of_its_columns) {
  const lane_actor lane = this->lane(1);
  for (uint64_t id = 1; id <= 10; ++id) {
    const job_ptr job = this->job(id, text_of(3'000'000), order());
    give(lane, job);
    std::this_thread::sleep_for(std::chrono::milliseconds{10 * id});
    job->stop.store(true);
    const auto got = box.wait_for(id);
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST((got->result.status == status::cancelled || got->result.status == status::ok));
    BOOST_TEST((got->columns != nullptr) == (got->result.status == status::ok));
  }
  const job_ptr next = this->job(11, "abc", order());
  BOOST_TEST(same_columns(*result_of(lane, next).columns, *answer_in_process(*next)));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

// Before the main function of every other test, which this one calls: the processes of lanes begin here.
int main(int count, char** arguments) {
  if (count > 1 && arguments[1] == texlex::worker_command) {
    const char* const script = std::getenv(script_variable);
    if (script == nullptr || *script == '\0') return texlex::run_worker_process();
    return run_scripted_process(script);
  }
  return boost::unit_test::unit_test_main([] { return true; }, count, arguments);
}

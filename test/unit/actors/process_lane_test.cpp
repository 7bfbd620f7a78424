// A lane and its process: the process is this program, started anew, and does its work as texlexd's does, or goes wrong
// as the test says. A lie costs the worker that told it, and nothing that others wrote.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <sys/resource.h>

#include "actors/worker_process.hpp"
#include "kernels/regimes.hpp"
#include "runtime/memory.hpp"
#include "test/unit/actors/process_lanes.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::answer_in_process;
using test::same_columns;

BOOST_AUTO_TEST_SUITE(process_lane_test)

namespace {

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

BOOST_FIXTURE_TEST_SUITE(of_lanes, test::process_lanes)

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
    const char* const script = std::getenv(test::script_variable);
    if (script == nullptr || *script == '\0') return texlex::run_worker_process();
    return test::run_scripted_process(script);
  }
  return boost::unit_test::unit_test_main([] { return true; }, count, arguments);
}

// The house with real threads: workers that are replaced all the time and die now and then, clients on several threads
// that submit and cancel. Every job is answered exactly once, and every house comes down.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <spdlog/spdlog.h>

#include "actors/service.hpp"
#include "kernels/reference.hpp"
#include "runtime/cpu.hpp"
#include "test/unit/actors/test_jobs.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counts_of;
using test::make_job;

BOOST_AUTO_TEST_SUITE(service_test)

namespace {

constexpr auto patience = 60s; // only a failure takes that long

settings small_house() {
  settings chosen;
  chosen.limits.document_bytes_max = 1 << 20;
  chosen.limits.requests_max = 100'000;
  chosen.workers.arena_resident_mb = 1;
  chosen.workers.lock_memory = false;
  chosen.queue.target_ms = 0; // all jobs come at once, and shall wait
  return chosen;
}

// The outcomes of jobs 1 to n, and whoever waits for them.
class outcome_inbox {
public:
  explicit outcome_inbox(uint64_t jobs) : answers_(jobs + 1), open_(jobs) {}

  void take(job_id id, const outcome& result) {
    const std::lock_guard guard{mutex_};
    answers_.at(id.value).push_back(result);
    if (answers_[id.value].size() == 1) --open_;
    changed_.notify_all();
  }

  /// False if that takes for ever.
  bool wait_for_all() { return wait_until_open(0); }
  bool wait_until_open(uint64_t at_most) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return open_ <= at_most; });
  }

  /// After the house has come down.
  [[nodiscard]] const std::vector<outcome>& answers(uint64_t id) const { return answers_.at(id); }
  [[nodiscard]] const outcome& answer(uint64_t id) const {
    BOOST_REQUIRE_MESSAGE(answers(id).size() == 1u, "job " << id << " has " << answers(id).size() << " answers");
    return answers(id).front();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<outcome>> answers_;
  uint64_t open_;
};

struct running_house {
  outcome_inbox inbox;
  texlex::service service;

  running_house(const settings& chosen, uint64_t jobs) : inbox(jobs), service(chosen, reference_kernel) {
    service.connect([this](job_id id, const outcome& result, const column_answer_ptr&) { inbox.take(id, result); });
  }
  ~running_house() { service.shutdown(); } // before the inbox goes
};

std::string text_of(uint64_t id) {
  std::string text;
  for (uint64_t i = 0; i < 50 + id % 100; ++i) text += "\\word" + std::to_string(id) + " {x} % y\n";
  return text;
}

// Takes the reference kernel some time under any build: enough to be cancelled or closed in the middle.
job_ptr make_long_job(uint64_t id) {
  constexpr size_t bytes = 1 << 20;
  static const document_lease document = test::document_of(std::string(bytes, 'a'));
  return make_job(id, document, bytes);
}

} // namespace

BOOST_AUTO_TEST_CASE(jobs_are_answered_with_the_counts_of_the_reference_kernel) {
  running_house house{small_house(), 200};
  const auto health = house.service.wait_until_settled(patience);
  BOOST_REQUIRE(health.has_value());
  BOOST_TEST(health->lanes_alive > 0u);
  BOOST_TEST(health->lanes_starting == 0u);
  for (uint64_t id = 1; id <= 200; ++id) house.service.submit({make_job(id, text_of(id))});
  BOOST_REQUIRE(house.inbox.wait_for_all());
  BOOST_TEST(house.service.stats().attempts <= 400u);
  house.service.shutdown();
  for (uint64_t id = 1; id <= 200; ++id) {
    const outcome& answer = house.inbox.answer(id);
    BOOST_TEST(answer == counts_of(text_of(id), answer.origin));
  }
}

BOOST_AUTO_TEST_CASE(jobs_may_come_before_any_worker_is_ready) {
  running_house house{small_house(), 20};
  for (uint64_t id = 1; id <= 20; ++id) house.service.submit({make_job(id, text_of(id))});
  BOOST_REQUIRE(house.inbox.wait_for_all());
  house.service.shutdown();
  for (uint64_t id = 1; id <= 20; ++id) BOOST_TEST((house.inbox.answer(id).status == status::ok));
}

// So nobody can ask for a house without workers.
BOOST_AUTO_TEST_CASE(without_a_list_of_cores_every_core_of_the_process_has_a_worker) {
  running_house house{small_house(), 0};
  BOOST_TEST(house.service.wait_until_settled(patience).value().lanes_alive == allowed_cores().size());
}

BOOST_AUTO_TEST_CASE(a_core_that_does_not_exist_is_said_so_and_nothing_is_left_behind) {
  settings chosen = small_house();
  chosen.workers.cores = {100'000};
  BOOST_CHECK_EXCEPTION(service(chosen, reference_kernel), std::runtime_error, [](const std::runtime_error& error) {
    return std::string{error.what()}.starts_with("workers.cores: core 100000 does not exist");
  });
}

BOOST_AUTO_TEST_CASE(under_rotation_deaths_and_cancels_every_job_is_answered_exactly_once) {
  spdlog::set_level(spdlog::level::off);
  constexpr uint64_t threads = 4, jobs_each = 1000, jobs = threads * jobs_each;
  settings chosen = small_house();
  chosen.workers.alloc_budget_mb = 1;
  chosen.workers.major_cycles_budget = 10;
  chosen.workers.arena_resident_mb = 0; // every job is a trim
  chosen.hedge.delay_us = 500;
  chosen.test.crash_marker = "KILL";
  chosen.test.crash_count_max = 10; // of one core's workers so many may die before it is given up
  running_house house{chosen, jobs};
  const auto deadly = [](uint64_t id) { return id % 400 == 7; };
  const auto text = [&](uint64_t id) { return (deadly(id) ? "KILL" : "") + text_of(id); };

  std::vector<std::thread> clients;
  for (uint64_t t = 0; t < threads; ++t)
    clients.emplace_back([&, t] {
      std::mt19937_64 chance{t};
      for (uint64_t i = 1; i <= jobs_each; ++i) {
        const uint64_t id = t * jobs_each + i;
        house.service.submit({make_job(id, text(id))});
        if (chance() % 5 == 0) house.service.cancel({id - chance() % std::min<uint64_t>(i, 20)});
      }
    });
  for (std::thread& client : clients) client.join();
  BOOST_REQUIRE(house.inbox.wait_for_all());
  const metrics_report stats = house.service.stats();
  house.service.shutdown();

  uint64_t by_status[status_count] = {};
  for (uint64_t id = 1; id <= jobs; ++id) {
    const outcome& answer = house.inbox.answer(id);
    ++by_status[static_cast<size_t>(answer.status)];
    if (answer.status == status::ok)
      BOOST_REQUIRE(answer == counts_of(text(id), answer.origin));
    else
      BOOST_REQUIRE((answer.status == status::cancelled || (answer.status == status::worker_lost && deadly(id))));
  }
  BOOST_TEST(by_status[static_cast<size_t>(status::ok)] > jobs / 2);
  BOOST_TEST(stats.rotations > 0u);
  BOOST_TEST(stats.restarts > 0u);
  BOOST_TEST(stats.cores_given_up == 0u);
}

BOOST_AUTO_TEST_CASE(under_every_reason_to_rotate_at_once_every_job_is_answered) {
  spdlog::set_level(spdlog::level::off);
  settings chosen = small_house();
  chosen.workers.alloc_budget_mb = 1;
  chosen.workers.major_cycles_budget = 1;
  chosen.workers.rss_budget_mb = 1;
  chosen.workers.max_age_s = 1;
  chosen.workers.rotations_at_once = 256;
  chosen.workers.arena_resident_mb = 0; // every job is a trim
  running_house house{chosen, 1000};
  for (uint64_t id = 1; id <= 1000; ++id) house.service.submit({make_job(id, text_of(id))});
  BOOST_REQUIRE(house.inbox.wait_for_all());
  const metrics_report stats = house.service.stats();
  house.service.shutdown();
  for (uint64_t id = 1; id <= 1000; ++id) {
    const outcome& answer = house.inbox.answer(id);
    BOOST_REQUIRE(answer == counts_of(text_of(id), answer.origin));
  }
  BOOST_TEST(stats.rotations > 0u);
  BOOST_TEST(stats.restarts == 0u);
}

BOOST_AUTO_TEST_CASE(a_job_in_hand_can_be_cancelled) {
  constexpr uint64_t jobs = 100; // of each it may be that it has ended before, but hardly of all
  running_house house{small_house(), jobs};
  for (uint64_t id = 1; id <= jobs; ++id) {
    const job_ptr job = make_long_job(id);
    house.service.submit({job});
    house.service.cancel({id});
    BOOST_REQUIRE(house.inbox.wait_until_open(jobs - id));
    BOOST_TEST(job->stop.load());
  }
  house.service.shutdown();
  uint64_t cancelled = 0;
  for (uint64_t id = 1; id <= jobs; ++id) cancelled += house.inbox.answer(id).status == status::cancelled;
  BOOST_TEST(cancelled > 0u);
}

BOOST_AUTO_TEST_CASE(a_shutdown_while_jobs_are_open_answers_them_all) {
  running_house house{small_house(), 500};
  for (uint64_t id = 1; id <= 500; ++id) house.service.submit({make_long_job(id)});
  BOOST_REQUIRE(house.inbox.wait_until_open(498));
  house.service.shutdown();
  uint64_t refused = 0;
  for (uint64_t id = 1; id <= 500; ++id) {
    const status how = house.inbox.answer(id).status;
    BOOST_TEST((how == status::ok || how == status::shutting_down));
    refused += how == status::shutting_down;
  }
  BOOST_TEST(refused > 0u);
}

BOOST_AUTO_TEST_CASE(a_shutdown_in_the_middle_of_deaths_and_rotations_answers_all_too) {
  spdlog::set_level(spdlog::level::off);
  for (int round = 0; round < 10; ++round) {
    settings chosen = small_house();
    chosen.workers.major_cycles_budget = 1;
    chosen.workers.arena_resident_mb = 0;
    chosen.test.crash_marker = "\\word1"; // job 1, 10, 11 ...
    chosen.test.crash_count_max = 4;
    running_house house{chosen, 300};
    for (uint64_t id = 1; id <= 300; ++id) house.service.submit({make_job(id, text_of(id))});
    BOOST_REQUIRE(house.inbox.wait_until_open(static_cast<uint64_t>(300 - 3 * round)));
    house.service.shutdown();
    for (uint64_t id = 1; id <= 300; ++id) BOOST_REQUIRE(house.inbox.answers(id).size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(starting_and_stopping_does_not_hang) {
  for (uint64_t round = 0; round < 20; ++round) {
    running_house house{small_house(), 5};
    if (round % 2 == 0) BOOST_REQUIRE(house.service.wait_until_settled(patience).value().lanes_alive > 0u);
    for (uint64_t id = 1; id <= round % 6; ++id) house.service.submit({make_job(id, text_of(id))});
    house.service.shutdown();
    for (uint64_t id = 1; id <= round % 6; ++id) BOOST_REQUIRE(house.inbox.answers(id).size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(after_a_shutdown_there_is_nobody_and_another_one_is_nothing) {
  running_house house{small_house(), 1};
  house.service.shutdown();
  house.service.shutdown();
  BOOST_TEST(house.service.health().lanes_alive == 0u);
  BOOST_TEST(house.service.stats().requests == 0u);
  BOOST_TEST(!house.service.wait_until_settled(1ms).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

// What is asked of the dispatcher finds no memory, at any of its allocations. Once there is memory again it picks up
// what was left half-done: each job is answered once, and its tables agree. A failure prints the seed;
// TEXLEX_SEED=<seed> replays it.
#include <boost/test/unit_test.hpp>

#include <map>
#include <new>
#include <random>
#include <set>
#include <vector>

#include <pthread.h>

#include "actors/state/dispatcher.hpp"
#include "test/support/failing_allocations.hpp"
#include "test/unit/state/jobs.hpp"
#include "test/unit/state/seed.hpp"

namespace {

int64_t allocations_left = -1; // before one fails; below 0: none does
uint64_t failures = 0;

} // namespace

bool texlex::test::must_fail() noexcept {
  if (allocations_left < 0 || allocations_left-- != 0) return false;
  ++failures;
  return true;
}

using namespace texlex;
using namespace std::chrono_literals;
using test::counted;
using test::make_job;

namespace {

/// What the broker would have done, noted without fail: its own memory is another matter.
class ground final : public dispatch_effects {
public:
  void run(lane_id lane, const job_ptr& job, uint32_t) override {
    with_memory([&] { running.insert({lane.value, job->id.value}); });
  }
  void answer(const closed_job& closed) override {
    with_memory([&] { ++answers[closed.last.job->id.value]; });
  }
  void arm(job_id id, duration) override {
    with_memory([&] { armed.insert(id.value); });
  }
  void disarm(job_id) override {}
  void drained(lane_id) override {}
  void stuck(lane_id, death) override {}
  lane_signs signs(lane_id) override { return {}; }

  std::set<std::pair<uint32_t, uint64_t>> running; ///< lane and job
  std::map<uint64_t, int> answers;
  std::set<uint64_t> armed;

private:
  template <class Work>
  static void with_memory(Work work) {
    const int64_t left = std::exchange(allocations_left, -1);
    work();
    allocations_left = left;
  }
};

struct house {
  explicit house(uint64_t seed) : chance(seed) {}

  uint64_t below(uint64_t n) { return chance() % n; }
  lane_id any_lane() { return {static_cast<uint32_t>(1 + below(lanes_ever))}; }

  void act(int64_t allocations) {
    dispatcher& now = broker.at(at += std::chrono::microseconds{below(2000)});
    const job_ptr newcomer = make_job(submitted + 1);
    allocations_left = allocations;
    switch (below(9)) {
      case 0:
      case 1:
      case 2:
        ++submitted;
        now.submit(newcomer);
        break;
      case 3:
      case 4:
        if (!said.running.empty()) {
          const auto which = std::next(said.running.begin(), static_cast<ptrdiff_t>(below(said.running.size())));
          const auto [lane, job] = *which;
          said.running.erase(which);
          now.finished({lane}, {job}, counted(1));
        }
        break;
      case 5: now.overdue({1 + below(submitted + 1)}); break;
      case 6: now.lane_joined({++lanes_ever}); break;
      case 7:
        if (broker.lanes().count() > 1) now.lane_left(any_lane(), below(2) ? death::crash : death::failure);
        break;
      default: now.tick();
    }
  }

  void act_without_memory(int64_t after) {
    try {
      act(after);
    } catch (const std::bad_alloc&) {
    }
    allocations_left = -1;
    broker.pick_up();
    broker.check_invariants();
    BOOST_REQUIRE(broker.ledger().open_count() + said.answers.size() == submitted);
  }

  std::mt19937_64 chance;
  ground said;
  dispatcher broker{{.queue = {.count_max = 16, .count_per_client_max = 16},
                     .queue_control = {},
                     .hedge = hedge_options::fixed(10ms),
                     .lanes = {},
                     .watch = {},
                     .killers = {}},
                    said};
  instant at{1s};
  uint64_t submitted = 0;
  uint32_t lanes_ever = 0;
};

} // namespace

BOOST_AUTO_TEST_CASE(what_found_no_memory_half_way_is_picked_up_and_each_job_is_answered_once) {
  ::pthread_setname_np(::pthread_self(), "texlex.io"); // whose allocations may fail
  const uint64_t first = test::seed();
  uint64_t answered = 0;
  for (uint64_t round = 0; round < 200; ++round) {
    house one{first + round};
    for (int i = 0; i < 200; ++i) one.act_without_memory(static_cast<int64_t>(one.below(5)));
    one.broker.close();
    BOOST_TEST_CONTEXT("round " << round << ", seed " << first) {
      BOOST_TEST(one.said.answers.size() == one.submitted);
      for (const auto& [id, times] : one.said.answers)
        BOOST_TEST(times == 1, "job " << id << " has " << times << " answers");
    }
    answered += one.submitted;
  }
  BOOST_TEST(failures > 1000u);
  BOOST_TEST_MESSAGE(failures << " allocations failed; " << answered << " jobs answered");
}

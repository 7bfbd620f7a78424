// The I/O thread's own worker, on a loop that is the test itself: each `turn` is a pass of it.
#include <boost/test/unit_test.hpp>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <caf/actor_companion.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/loop_lane.hpp"
#include "actors/metrics.hpp"
#include "actors/system_config.hpp"
#include "kernels/reference.hpp"
#include "kernels/regimes.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(loop_lane_test)

namespace {

constexpr std::chrono::seconds patience{60}; // only a failure takes that long
constexpr uint64_t whole_bytes_max = 4096, document_bytes_max = 2u << 20;

// What the lane says, and in which order.
struct diary {
  std::mutex mutex;
  bool ready = false;
  result_batch results;

  bool is_ready() {
    const std::lock_guard guard{mutex};
    return ready;
  }
  result_batch read() {
    const std::lock_guard guard{mutex};
    return results;
  }
};

finish_listener spawn_finish(caf::actor_system& system, diary& notes) {
  const auto made = [](finish_listener::pointer, diary* said) -> finish_listener::behavior_type {
    return {[said](atom::finished, lane_id, const result_batch& batch) {
      const std::lock_guard guard{said->mutex};
      said->results.insert(said->results.end(), batch.begin(), batch.end());
    }};
  };
  return system.spawn(made, &notes); // CAF looks through a null pointer where there is no argument
}

worker_listener spawn_supervisor(caf::actor_system& system, diary& notes) {
  const auto made = [](worker_listener::pointer, diary* said) -> worker_listener::behavior_type {
    return {[said](atom::ready, lane_id) {
              const std::lock_guard guard{said->mutex};
              said->ready = true;
            },
            [](atom::report, const worker_report&) {}};
  };
  return system.spawn(made, &notes);
}

struct lane_on_a_loop {
  system_config config;
  diary notes;
  caf::actor_system system{config};
  loop_unit unit{system};
  metrics_actor metrics = spawn_metrics(system, system.spawn<caf::actor_companion>(), duration{0});
  lane_actor lane;
  uint64_t last_id = 0;

  lane_on_a_loop() {
    unit.attach([] {});
    worker_options options;
    options.lane = {1};
    options.arena.document_bytes_max = document_bytes_max;
    options.kernel = reference_kernel;
    options.whole_bytes_max = whole_bytes_max;
    lane =
      spawn_loop_lane(system, &unit, options, {spawn_finish(system, notes), spawn_supervisor(system, notes), metrics});
    turn_until([this] { return notes.is_ready(); });
  }
  ~lane_on_a_loop() {
    caf::anon_send_exit(lane, caf::exit_reason::user_shutdown);
    turn();
    lane = nullptr;
    unit.detach();
    caf::anon_send_exit(metrics, caf::exit_reason::user_shutdown);
  }

  void turn() { unit.run(now()); }

  template <class Condition>
  void turn_until(Condition condition) {
    for (const instant until = now() + patience; !condition() && now() < until; std::this_thread::yield()) turn();
    BOOST_TEST_REQUIRE(condition());
  }

  std::shared_ptr<job> gives(std::string text) {
    auto made = std::make_shared<job>();
    made->id = {++last_id};
    made->memory = std::make_shared<document_buffer>(text.size());
    std::copy(text.begin(), text.end(), made->memory->data());
    made->document = {made->memory->data(), text.size()};
    made->regime = find_regime("latex");
    caf::anon_send(lane, atom::run_v, attempt_batch{{made, 1}});
    return made;
  }

  result_batch results(size_t count) {
    turn_until([&] { return notes.read().size() >= count; });
    return notes.read();
  }
};

// A line is seven tokens: its letters and the end.
std::string long_text() {
  std::string text;
  while (text.size() + 7 <= document_bytes_max) text += "abcdef\n";
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_long_document_comes_out_as_one_that_is_scanned_in_one_go, lane_on_a_loop) {
  const std::string text = long_text();
  gives(text);
  const result_batch all = results(1);
  BOOST_TEST((all[0].result.status == status::ok));
  BOOST_TEST(all[0].result.token_count == text.size());
  BOOST_TEST(all[0].result.issue_count == 0u);
  BOOST_TEST((all[0].took > duration::zero()));
}

BOOST_FIXTURE_TEST_CASE(short_ones_that_come_while_it_is_scanned_are_done_before_it, lane_on_a_loop) {
  gives(long_text());
  turn();
  turn();
  gives("a");
  gives("bc\n\n");
  const result_batch all = results(3);
  BOOST_TEST(all[0].job.value == 2u);
  BOOST_TEST(all[1].job.value == 3u);
  BOOST_TEST(all[2].job.value == 1u);
  BOOST_TEST(all[2].result.token_count == long_text().size()); // they had memory of their own
}

BOOST_FIXTURE_TEST_CASE(one_that_is_no_longer_wanted_ends_with_its_next_part, lane_on_a_loop) {
  const auto unwanted = gives(long_text());
  turn();
  turn();
  unwanted->stop.store(true);
  BOOST_TEST((results(1)[0].result.status == status::cancelled));
  gives(long_text()); // and the next one has its memory
  BOOST_TEST((results(2)[1].result.status == status::ok));
}

BOOST_FIXTURE_TEST_CASE(one_that_is_too_long_is_said_to_be, lane_on_a_loop) {
  gives(std::string(document_bytes_max + 1, 'a'));
  BOOST_TEST((results(1)[0].result.status == status::document_too_large));
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_another_has_overtaken_is_not_begun, lane_on_a_loop) {
  auto made = std::make_shared<job>();
  const std::string text = long_text();
  made->id = {7};
  made->document = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  made->regime = find_regime("latex");
  BOOST_TEST(!made->begin(2, now()).has_value());
  caf::anon_send(lane, atom::run_v, attempt_batch{{made, 1}});
  BOOST_TEST((results(1)[0].result.status == status::cancelled));
}

BOOST_AUTO_TEST_SUITE_END()

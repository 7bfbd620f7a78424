// What metrics counts, and the lines operators read.
#include <boost/test/unit_test.hpp>

#include <sstream>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "actors/metrics.hpp"
#include "test/unit/actors/virtual_time.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(metrics_test)

namespace {

constexpr uint64_t mb = uint64_t{1} << 20;

struct counting : test::virtual_time {
  std::ostringstream log;
  metrics_actor metrics = spawn_metrics(system, nullptr, 10s);

  counting() {
    auto logger = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(log));
    logger->set_pattern("%v");
    spdlog::set_default_logger(std::move(logger));
  }
  ~counting() { end(); }

  void end() {
    caf::anon_send_exit(metrics, caf::exit_reason::user_shutdown);
    run();
  }
  void tell(const request_sample& sample) { caf::anon_send(metrics, atom::samples_v, sample_batch{{sample}, {}}); }
  void tell(const attempt_sample& sample) { caf::anon_send(metrics, atom::samples_v, sample_batch{{}, {sample}}); }
  void tell(const worker_report& report) { caf::anon_send(metrics, atom::report_v, report); }
  void tell(const health_report& health) { caf::anon_send(metrics, atom::health_of_v, health); }
  void tell(core_event event) { caf::anon_send(metrics, atom::core_v, event); }
  metrics_report stats() { return ask<metrics_report>(metrics, atom::stats_v)->value(); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(nothing_is_counted_at_first, counting) {
  const metrics_report now = stats();
  BOOST_TEST(now.requests == 0u);
  BOOST_TEST(now.latency.us_p999 == 0u);
  BOOST_TEST(now.latency.us_max == 0u);
}

BOOST_FIXTURE_TEST_CASE(requests_are_counted_by_their_status, counting) {
  for (uint32_t status = 0; status < status_count; ++status)
    for (uint32_t i = 0; i <= status; ++i) tell(request_sample{.status = static_cast<texlex::status>(status)});
  const metrics_report now = stats();
  for (uint32_t status = 0; status < status_count; ++status) BOOST_TEST(now.requests_by_status[status] == status + 1);
  BOOST_TEST(now.requests == status_count * (status_count + 1) / 2);
}

BOOST_FIXTURE_TEST_CASE(hedges_are_counted_as_fired_won_and_skipped, counting) {
  tell(request_sample{.status = status::ok, .origin = origin::primary});
  tell(request_sample{.status = status::ok, .origin = origin::primary, .hedged = true});
  tell(request_sample{.status = status::ok, .origin = origin::hedge, .hedged = true});
  tell(request_sample{.status = status::ok, .origin = origin::primary, .hedge_skipped = true});
  tell(request_sample{.status = status::cancelled, .hedged = true});
  const metrics_report now = stats();
  BOOST_TEST(now.hedges_fired == 3u);
  BOOST_TEST(now.hedges_won == 1u);
  BOOST_TEST(now.hedges_skipped == 1u);
}

BOOST_FIXTURE_TEST_CASE(attempts_and_what_happened_to_cores_are_counted, counting) {
  for (int i = 0; i < 5; ++i) tell(attempt_sample{.lane = {1}, .status = status::ok});
  for (int i = 0; i < 3; ++i) tell(core_event::restarted);
  for (int i = 0; i < 2; ++i) tell(core_event::rotated);
  tell(core_event::given_up);
  const metrics_report now = stats();
  BOOST_TEST(now.attempts == 5u);
  BOOST_TEST(now.restarts == 3u);
  BOOST_TEST(now.rotations == 2u);
  BOOST_TEST(now.cores_given_up == 1u);
  BOOST_TEST(now.requests == 0u);
}

BOOST_FIXTURE_TEST_CASE(who_is_there_to_work_is_told_as_it_was_heard_last, counting) {
  BOOST_TEST(!stats().health.ready());
  tell(health_report{.lanes_alive = 1, .lanes_starting = 1});
  const health_report last{.lanes_alive = 2, .lanes_stuck = 1};
  tell(last);
  BOOST_TEST((stats().health == last));
  BOOST_TEST(stats().health.ready());
}

BOOST_FIXTURE_TEST_CASE(the_cluster_is_told_as_it_was_heard_last_and_none_until_then, counting) {
  BOOST_TEST(!stats().cluster);
  for (const size_t peers : {3u, 1u}) {
    auto heard = std::make_shared<cluster_report>();
    heard->node = "a";
    heard->peers.resize(peers);
    heard->peers.front().state = peer_state::suspect;
    caf::anon_send(metrics, atom::peers_v, cluster_report_ptr{std::move(heard)});
    const metrics_report now = stats();
    BOOST_REQUIRE(now.cluster);
    BOOST_TEST(now.cluster->node == "a");
    BOOST_TEST(now.cluster->peers.size() == peers);
    BOOST_TEST((now.cluster->peers.front().state == peer_state::suspect));
  }
}

BOOST_FIXTURE_TEST_CASE(latencies_are_told_as_percentiles_within_a_hundredth, counting) {
  for (int i = 1; i <= 1000; ++i) tell(request_sample{.status = status::ok, .latency = i * 10us});
  const metrics_report now = stats();
  const auto near = [](uint64_t told, uint64_t true_us) { return told >= true_us && told <= true_us + true_us / 100; };
  BOOST_TEST(near(now.latency.us_p50, 5000));
  BOOST_TEST(near(now.latency.us_p90, 9000));
  BOOST_TEST(near(now.latency.us_p99, 9900));
  BOOST_TEST(near(now.latency.us_p999, 9990));
  BOOST_TEST(now.latency.us_max == 10'000u);
}

BOOST_FIXTURE_TEST_CASE(a_hedge_line_is_logged_once_an_interval_while_there_are_requests_and_at_the_end, counting) {
  for (int i = 0; i < 99'999; ++i) tell(request_sample{.status = status::ok});
  pass(9s);
  BOOST_TEST(log.str() == ""); // by time, however many they are
  tell(request_sample{.status = status::ok, .origin = origin::hedge, .hedged = true});
  pass(1s);
  BOOST_TEST(log.str() == "[hedge] req=100000 fired=1 (0.0%) wins=1 (100.0%) rotations=0\n");
  log.str("");
  pass(60s); // nothing to tell of
  BOOST_TEST(log.str() == "");
  tell(request_sample{.status = status::ok});
  pass(10s);
  BOOST_TEST(log.str() == "[hedge] req=100001 fired=1 (0.0%) wins=1 (100.0%) rotations=0\n");
  log.str("");
  tell(core_event::rotated);
  end();
  BOOST_TEST(log.str() == "[hedge] req=100001 fired=1 (0.0%) wins=1 (100.0%) rotations=1\n");
}

BOOST_FIXTURE_TEST_CASE(every_worker_report_is_a_line, counting) {
  tell(worker_report{.lane = {7}, .core = 3, .jobs = 1000});
  run();
  BOOST_TEST(log.str().starts_with("[worker] core=3 req=1000 rss="));
  BOOST_TEST(log.str().ends_with("MB live=0.0MB alloc_since=0MB majors_since=0\n"));
}

BOOST_AUTO_TEST_CASE(the_hedge_line_reads_as_operators_know_it) {
  metrics_report report;
  BOOST_TEST(hedge_line(report) == "[hedge] req=0 fired=0 (0.0%) wins=0 (0.0%) rotations=0");
  report.requests = 10'000;
  report.hedges_fired = 1500;
  report.hedges_won = 750;
  report.rotations = 2;
  BOOST_TEST(hedge_line(report) == "[hedge] req=10000 fired=1500 (15.0%) wins=750 (50.0%) rotations=2");
  report.hedges_fired = 1;
  report.hedges_won = 0;
  BOOST_TEST(hedge_line(report) == "[hedge] req=10000 fired=1 (0.0%) wins=0 (0.0%) rotations=2");
}

BOOST_AUTO_TEST_CASE(the_worker_line_reads_as_operators_know_it) {
  worker_report report{.lane = {9},
                       .core = 0,
                       .jobs = 1000,
                       .bytes_handed_out = 789 * mb,
                       .trims = 12,
                       .live_bytes = 45 * mb + mb * 6 / 10,
                       .resident_bytes = 123 * mb + mb * 4 / 10};
  BOOST_TEST(worker_line(report)
             == "[worker] core=0 req=1000 rss=123.4MB live=45.6MB alloc_since=789MB majors_since=12");
  report.resident_bytes = 0;
  BOOST_TEST(worker_line(report) == "[worker] core=0 req=1000 rss=0.0MB live=45.6MB alloc_since=789MB majors_since=12");
}

BOOST_AUTO_TEST_SUITE_END()

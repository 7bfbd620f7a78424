// The load generator against a server that plays all that may happen to it: nothing of it may be lost or look better
// than it is.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <numeric>
#include <thread>

#include <unistd.h>

#include "clients/cli/bench/ending_signals.hpp"
#include "clients/cli/bench/load_generator.hpp"
#include "clients/cli/bench/load_target.hpp"
#include "clients/cli/bench/server_figures.hpp"
#include "runtime/limits.hpp"
#include "test/unit/load/scripted_server.hpp"

using namespace texlex;
using namespace texlex::load;
using namespace texlex::test;
using namespace std::chrono_literals;
using kind = scripted_answer::kind;

BOOST_AUTO_TEST_SUITE(load_generator_test)

namespace {

constexpr outcome right{status::ok, 7, 2, origin::primary};
constexpr auto patience = 5s;

const auto always_right = [](uint64_t, size_t) { return scripted_answer{kind::respond, right, {}, {}}; };

// Every `nth` request is answered in another way.
auto every(uint64_t nth, const scripted_answer& other) {
  return [nth, other](uint64_t number, size_t bytes) {
    return number % nth == nth - 1 ? other : always_right(number, bytes);
  };
}

load_plan plan_for(const scripted_server& server, uint64_t count) {
  load_plan plan;
  plan.documents = {{"small", std::vector<uint8_t>(100, 'x'), right, 1}};
  plan.targets = {std::get<load_target>(find_target(server.path()))};
  plan.count = count;
  plan.timeout = patience;
  plan.seed = 42;
  return plan;
}

uint64_t total(const ending_counts& counts) { return std::accumulate(counts.begin(), counts.end(), uint64_t{0}); }

load_result run(const load_plan& plan) { return load_generator{plan}.run(); }

} // namespace

BOOST_AUTO_TEST_CASE(a_closed_loop_counts_every_request_it_was_told_to_send) {
  scripted_server server{always_right};
  const auto plan = plan_for(server, 1000);
  const auto result = run(plan);
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST(result.count_of(ending::ok) == 1000u);
  BOOST_TEST(result.samples.size() == 1000u);
  BOOST_TEST(result.requests_in_all == 1000u);
}

BOOST_AUTO_TEST_CASE(several_requests_are_in_flight_on_a_connection_if_told_so) {
  scripted_server server{always_right};
  auto plan = plan_for(server, 5000);
  plan.in_flight = 16;
  const auto result = run(plan);
  BOOST_TEST(result.passed(false), result.first_failure);
}

BOOST_AUTO_TEST_CASE(an_open_loop_sends_by_its_schedule_and_tells_how_late_it_was) {
  scripted_server server{always_right};
  auto plan = plan_for(server, 500);
  plan.requests_per_second = 20'000;
  plan.in_flight = 64;
  const auto result = run(plan);
  BOOST_TEST(result.count_of(ending::ok) == 500u);
  BOOST_TEST(result.looked_late.count() == 500u);
  for (const load_sample& sample : result.samples) {
    BOOST_TEST(sample.lateness_us != never_sent);
    BOOST_TEST(sample.latency_us >= sample.lateness_us); // both from when it was due
  }
}

BOOST_AUTO_TEST_CASE(what_a_connection_that_is_not_read_has_not_begun_to_send_goes_by_another) {
  constexpr uint64_t all = 200;
  std::atomic<uint64_t> answered{0};
  scripted_server server{[&](uint64_t number, size_t bytes) {
    // Whoever is first reads no more until the others have done nearly all there is.
    while (number == 0 && answered < all - 20) std::this_thread::sleep_for(1ms);
    ++answered;
    return scripted_answer{kind::respond, {status::ok, static_cast<uint32_t>(bytes), 0, origin::primary}, {}, {}};
  }};
  auto plan = plan_for(server, all);
  plan.documents = {{"medium", std::vector<uint8_t>(100'000), {status::ok, 100'000, 0, origin::none}, 1}};
  plan.requests_per_second = 1e6; // all at once
  plan.connections = 2;
  plan.in_flight = 64;
  plan.timeout = 30s;
  const auto result = run(plan);
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST(result.count_of(ending::ok) == all);
  BOOST_TEST(result.samples.size() == all);
}

BOOST_AUTO_TEST_CASE(many_connections_have_their_share_of_an_open_loop) {
  scripted_server server{always_right};
  auto plan = plan_for(server, 2000);
  plan.requests_per_second = 1e6;
  plan.connections = 40; // more than one look at the sockets tells of
  plan.in_flight = 4;
  const auto result = run(plan);
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST(result.requests_in_all == 2000u);
}

BOOST_AUTO_TEST_CASE(a_closed_loop_of_large_documents_keeps_as_many_in_flight_as_it_was_told) {
  std::atomic<uint64_t> seen{0};
  scripted_server server{[&](uint64_t, size_t bytes) {
    ++seen;
    return scripted_answer{kind::respond, {status::ok, static_cast<uint32_t>(bytes), 0, origin::primary}, {}, {}};
  }};
  auto plan = plan_for(server, 300);
  plan.documents = {{"medium", std::vector<uint8_t>(150'000), {status::ok, 150'000, 0, origin::none}, 1},
                    {"small", std::vector<uint8_t>(10), {status::ok, 10, 0, origin::none}, 3}};
  plan.in_flight = 100;
  plan.connections = 3;
  const auto result = run(plan);
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST(seen == 300u);
}

BOOST_AUTO_TEST_CASE(requests_of_the_warm_up_are_sent_and_do_not_count) {
  scripted_server server{always_right};
  auto plan = plan_for(server, 10);
  plan.requests_per_second = 10'000;
  plan.arrivals = arrivals::fixed;
  plan.warm_up = 10ms;
  plan.in_flight = 64;
  const auto result = run(plan);
  BOOST_TEST(result.samples.size() == 10u);
  BOOST_TEST(result.requests_in_all == 110u);
}

BOOST_AUTO_TEST_CASE(a_duration_ends_a_run_as_a_count_does) {
  scripted_server server{always_right};
  auto plan = plan_for(server, 0);
  plan.span = 20ms;
  const auto result = run(plan);
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST((result.elapsed >= 20ms));
}

BOOST_AUTO_TEST_CASE(a_connection_a_request_is_made_if_told_so) {
  scripted_server server{always_right};
  auto plan = plan_for(server, 50);
  plan.reconnect = true;
  const auto result = run(plan);
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST(result.count_of(ending::ok) == 50u);
}

BOOST_AUTO_TEST_CASE(a_large_document_arrives_whole_at_a_server_that_reads_in_its_own_time) {
  scripted_server server{[](uint64_t, size_t bytes) {
    return scripted_answer{kind::respond, {status::ok, static_cast<uint32_t>(bytes), 0, origin::hedge}, {}, {}};
  }};
  auto plan = plan_for(server, 20);
  plan.documents = {{"large", std::vector<uint8_t>(3'000'000), {status::ok, 3'000'000, 0, origin::none}, 1}};
  plan.in_flight = 4;
  const auto result = run(plan);
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST((result.samples.front().origin == origin::hedge));
}

BOOST_AUTO_TEST_CASE(a_wrong_answer_is_no_right_one) {
  scripted_server server{every(10, {kind::respond, {status::ok, 8, 2, origin::primary}, {}, {}})};
  auto plan = plan_for(server, 100);
  const auto result = run(plan);
  BOOST_TEST(result.count_of(ending::ok) == 90u);
  BOOST_TEST(result.count_of(ending::wrong) == 10u);
  BOOST_TEST(!result.passed(true));
  plan.check = false;
  const auto unchecked = run(plan);
  BOOST_TEST(unchecked.passed(false), unchecked.first_failure);
}

BOOST_AUTO_TEST_CASE(a_status_is_counted_by_its_name) {
  scripted_server server{every(4, {kind::respond, {status::overload, 0, 0, origin::none}, {}, {}})};
  const auto result = run(plan_for(server, 100));
  BOOST_TEST(result.count_of(ending_of(status::overload)) == 25u);
  BOOST_TEST(result.count_of(ending::ok) == 75u);
  BOOST_TEST(!result.passed(false));
  BOOST_TEST(result.passed(true));
}

BOOST_AUTO_TEST_CASE(a_server_that_closes_breaks_requests_and_is_connected_to_again) {
  scripted_server server{every(10, {kind::close, {}, {}, {}})};
  const auto result = run(plan_for(server, 50));
  BOOST_TEST(result.samples.size() == 50u);
  BOOST_TEST(result.count_of(ending::connection_broken) == 5u);
  BOOST_TEST(result.count_of(ending::ok) == 45u);
  BOOST_TEST(total(result.connection_failures) == 5u);
  BOOST_TEST(!result.passed(true));
}

BOOST_AUTO_TEST_CASE(a_server_that_never_answers_is_charged_the_whole_time_out) {
  scripted_server server{[](uint64_t, size_t) { return scripted_answer{kind::keep_silent, {}, {}, {}}; }};
  auto plan = plan_for(server, 8);
  plan.timeout = 20ms;
  const auto result = run(plan);
  BOOST_TEST(result.count_of(ending::timed_out) == 8u);
  BOOST_TEST(!result.passed(true));
  for (const load_sample& sample : result.samples) BOOST_TEST(sample.latency_us >= 20'000u);
}

BOOST_AUTO_TEST_CASE(requests_that_found_no_connection_in_time_are_charged_as_well) {
  scripted_server server{[](uint64_t, size_t) { return scripted_answer{kind::keep_silent, {}, {}, {}}; }};
  auto plan = plan_for(server, 20);
  plan.timeout = 20ms;
  plan.requests_per_second = 1e6;
  plan.connections = 1;
  const auto result = run(plan);
  BOOST_TEST(result.count_of(ending::timed_out) == 20u);
}

BOOST_AUTO_TEST_CASE(a_response_nobody_asked_for_is_a_failure) {
  scripted_server server{every(10, {kind::respond, right, {}, 9'999'999})};
  const auto result = run(plan_for(server, 10));
  BOOST_TEST(result.connection_failures[static_cast<size_t>(ending::unknown_id)] == 1u);
  BOOST_TEST(result.count_of(ending::ok) == 10u);
  BOOST_TEST(!result.passed(true));
}

BOOST_AUTO_TEST_CASE(a_refusal_at_the_door_is_told_as_that) {
  scripted_server server{every(10, {kind::respond, {status::too_many_connections, 0, 0, origin::none}, 0, {}})};
  const auto result = run(plan_for(server, 50));
  BOOST_TEST(result.count_of(ending_of(status::too_many_connections)) > 0u);
  BOOST_TEST(result.samples.size() == 50u);
  BOOST_TEST(result.passed(true));
  BOOST_TEST(!result.passed(false));
}

BOOST_AUTO_TEST_CASE(a_server_that_only_closes_is_given_up) {
  scripted_server server{[](uint64_t, size_t) { return scripted_answer{kind::close, {}, {}, {}}; }};
  auto plan = plan_for(server, 100'000);
  plan.connections = 50; // so that the pauses between attempts do not take long
  const auto result = run(plan);
  BOOST_TEST(result.error.find("failures in a row") != std::string::npos);
  BOOST_TEST(!result.passed(true));
}

BOOST_AUTO_TEST_CASE(where_nobody_listens_the_run_is_given_up_with_the_address) {
  const temporary_folder folder;
  scripted_server server{always_right};
  auto plan = plan_for(server, 10);
  plan.connections = 50;
  plan.targets = {std::get<load_target>(find_target(folder / "none.sock"))};
  const auto result = run(plan);
  BOOST_TEST(result.error.find("none.sock") != std::string::npos);
  BOOST_TEST(result.samples.empty());
}

BOOST_AUTO_TEST_CASE(what_a_run_that_is_given_up_leaves_undone_has_failed) {
  scripted_server server{[](uint64_t, size_t) { return scripted_answer{kind::close, {}, {}, {}}; }};
  auto plan = plan_for(server, 100'000);
  plan.requests_per_second = 1e6;
  plan.connections = 50;
  const auto result = run(plan);
  BOOST_TEST(!result.error.empty());
  BOOST_TEST(result.count_of(ending::not_sent) > 0u);
  BOOST_TEST(result.count_of(ending::not_sent) + result.count_of(ending::connection_broken) == result.samples.size());
}

BOOST_AUTO_TEST_CASE(a_server_that_has_gone_is_given_up_after_a_while_however_few_the_connections) {
  const temporary_folder folder;
  scripted_server server{always_right};
  auto plan = plan_for(server, 10);
  plan.connections = 1;
  plan.failing_max = 10ms;
  plan.targets = {std::get<load_target>(find_target(folder / "none.sock"))};
  const auto result = run(plan);
  BOOST_TEST(result.error.starts_with("1")); // ten failures or a few more, not a hundred
  BOOST_TEST(result.error.find("none.sock") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_server_that_reads_and_never_answers_is_given_up_after_a_few_time_outs) {
  scripted_server server{[](uint64_t, size_t) { return scripted_answer{kind::keep_silent, {}, {}, {}}; }};
  for (const bool open_loop : {false, true}) {
    auto plan = plan_for(server, 1'000'000);
    plan.timeout = 200ms;
    plan.failing_max = 10ms;
    plan.connections = 1;
    if (open_loop) plan.requests_per_second = 20; // its hundredth time-out would come later
    const auto result = run(plan);
    BOOST_TEST(!result.error.empty());
    BOOST_TEST(!result.passed(true));
    BOOST_TEST(result.count_of(ending::ok) == 0u);
    BOOST_TEST(result.samples.size() < 100u);
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_everything_is_asked_to_the_end_of_the_run) {
  scripted_server server{every(1, {kind::respond, {status::overload, 0, 0, origin::none}, {}, {}})};
  const auto result = run(plan_for(server, 500));
  BOOST_TEST(result.error.empty(), result.error);
  BOOST_TEST(result.count_of(ending_of(status::overload)) == 500u);
  BOOST_TEST(!result.passed(true)); // for none was answered ok
}

BOOST_AUTO_TEST_CASE(a_signal_ends_a_run_and_what_is_in_flight_is_not_counted) {
  for (const int signal : {SIGINT, SIGTERM}) {
    scripted_server server{[signal](uint64_t number, size_t bytes) {
      if (number < 20) return always_right(number, bytes);
      if (number == 20) ::kill(::getpid(), signal);
      return scripted_answer{kind::keep_silent, {}, {}, {}};
    }};
    auto plan = plan_for(server, 1'000'000);
    plan.connections = 1; // of several, one may be in flight before the one that ends the run
    plan.heed_signals = true;
    plan.timeout = 1h;
    const auto result = run(plan);
    BOOST_TEST(result.interrupted_by == signal);
    BOOST_TEST(result.samples.size() == 20u);
    BOOST_TEST(result.count_of(ending::ok) == 20u);
    BOOST_TEST(!result.passed(true));
  }
}

BOOST_AUTO_TEST_CASE(after_the_first_signal_a_second_has_its_usual_effect) {
  const auto handler_of = [](int signal) {
    struct sigaction now {};
    BOOST_REQUIRE(::sigaction(signal, nullptr, &now) == 0);
    return now.sa_handler;
  };
  const auto before = handler_of(SIGINT), before_term = handler_of(SIGTERM);
  event_loop loop;
  ending_signals signals{loop};
  BOOST_TEST((handler_of(SIGINT) != before));
  BOOST_TEST(!signals.take().has_value());
  BOOST_TEST((handler_of(SIGINT) != before)); // still waited for
  ::raise(SIGINT);
  BOOST_TEST((signals.take() == SIGINT));
  BOOST_TEST((handler_of(SIGINT) == before));
  BOOST_TEST((handler_of(SIGTERM) == before_term));
  BOOST_TEST(!signals.take().has_value());
}

BOOST_AUTO_TEST_CASE(figures_come_from_a_server_that_has_them) {
  scripted_server server{always_right, "texlexd_requests_total 12\n" + std::string(20'000, '#') + "\nlast 1\n"};
  const auto told = ask_figures(server.path(), patience);
  const auto& figures = std::get<std::optional<server_figures>>(told);
  BOOST_REQUIRE(figures.has_value());
  BOOST_TEST(*figures->find("texlexd_requests_total") == 12);
  BOOST_TEST(*figures->find("last") == 1);
}

BOOST_AUTO_TEST_CASE(a_server_that_knows_no_figures_has_none) {
  scripted_server server{always_right};
  const auto told = ask_figures(server.path(), patience);
  BOOST_TEST(!std::get<std::optional<server_figures>>(told).has_value());
}

BOOST_AUTO_TEST_CASE(figures_longer_than_they_may_be_are_not_taken) {
  scripted_server server{always_right, std::string(limits::stats_payload_bytes_max + 1, '#')};
  BOOST_TEST(!std::get<std::optional<server_figures>>(ask_figures(server.path(), patience)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

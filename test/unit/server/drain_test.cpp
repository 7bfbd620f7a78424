// How the server ends: it answers what it accepted, and it does end.
#include <boost/test/unit_test.hpp>

#include <future>

#include "test/unit/server/serving.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(drain_test)

namespace {

struct draining : server_under_test {
  draining() { start(); }

  std::future<uint64_t> drain_within(duration limit) {
    return std::async(std::launch::async, [this, limit] { return server->drain(now() + limit); });
  }
  bool stopped_listening() {
    for (const instant until = now() + patience; now() < until; std::this_thread::sleep_for(1ms))
      if (!std::filesystem::exists(endpoints.unix_socket)) return true;
    return false;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_server_drains, draining)

BOOST_AUTO_TEST_CASE(a_server_without_connections_ends_at_once) {
  const instant begin = now();
  BOOST_TEST(server->drain(begin + 10s) == 0u);
  BOOST_TEST((now() - begin < 5s));
}

BOOST_AUTO_TEST_CASE(a_drain_that_is_announced_shows_in_the_stats_and_nowhere_else) {
  auto one = connect();
  BOOST_TEST(server->counts().draining == 0u);
  server->announce_drain();
  BOOST_TEST(server->counts().draining == 1u);
  one.request(1, "abc");
  one.expect_answer(1, "abc");
  auto two = connect_tcp();
  two.request(1, "xyz");
  two.expect_answer(1, "xyz");
  BOOST_TEST(server->drain(now() + 10s) == 0u);
  BOOST_TEST(server->counts().draining == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_in_flight_is_answered_before_the_end) {
  jobs.keep_jobs();
  auto one = connect();
  auto two = connect_tcp();
  one.request(1, "abc");
  const job_ptr first = jobs.take();
  two.request(1, "xyz");
  const job_ptr second = jobs.take();
  auto ended = drain_within(10s);
  BOOST_TEST(stopped_listening());
  jobs.answer(*first);
  one.expect_answer(1, "abc");
  one.expect_end();
  jobs.answer(*second);
  two.expect_answer(1, "xyz");
  two.expect_end();
  BOOST_TEST(ended.get() == 0u);
}

BOOST_AUTO_TEST_CASE(nobody_can_connect_any_more) {
  jobs.keep_jobs();
  auto one = connect();
  one.request(1, "abc");
  const job_ptr kept = jobs.take();
  auto ended = drain_within(10s);
  BOOST_TEST(stopped_listening());
  const auto refused = client::connect_unix(endpoints.unix_socket, patience);
  BOOST_REQUIRE(std::holds_alternative<client_error>(refused));
  BOOST_TEST(std::get<client_error>(refused).fault == client_fault::no_server);
  jobs.answer(*kept);
  one.expect_answer(1, "abc");
  ended.get();
}

BOOST_AUTO_TEST_CASE(a_request_that_comes_later_is_told_that_the_server_shuts_down) {
  jobs.keep_jobs();
  auto one = connect();
  one.request(1, "abc");
  const job_ptr kept = jobs.take();
  auto ended = drain_within(10s);
  BOOST_TEST(stopped_listening());
  one.request(2, "abc");
  one.expect(2, status::shutting_down);
  jobs.answer(*kept);
  one.expect_answer(1, "abc");
  one.expect_end();
  BOOST_TEST(ended.get() == 0u);
}

BOOST_AUTO_TEST_CASE(requests_that_lie_in_the_socket_are_answered_too) {
  jobs.keep_jobs();
  auto one = connect();
  one.request(1, "abc");
  const job_ptr kept = jobs.take();
  auto ended = drain_within(10s);
  BOOST_TEST(stopped_listening());
  jobs.answer(*kept);
  for (uint64_t id = 2; id < 6; ++id) one.request(id, "abc");
  // Those that crossed the server's end may go unread; whatever was read has its answer, in any order, and then comes
  // the end.
  bool first_answered = false;
  for (;;) {
    const auto got = one.connection().receive();
    if (const auto* error = std::get_if<client_error>(&got)) {
      BOOST_TEST((error->fault == client_fault::closed || error->fault == client_fault::broken));
      break;
    }
    const auto& answer = std::get<client_response>(got);
    if (answer.id == 1) first_answered = true;
    BOOST_TEST(answer.result.status == (answer.id == 1 ? status::ok : status::shutting_down));
  }
  BOOST_TEST(first_answered);
  BOOST_TEST(ended.get() == 0u);
  BOOST_TEST(responses(status::shutting_down) + 1 == server->counts().requests);
}

BOOST_AUTO_TEST_CASE(a_frame_that_was_begun_may_be_finished) {
  auto one = connect();
  one.header(1, 7, 4 + 3);
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.requests == 1; }));
  auto ended = drain_within(10s);
  BOOST_TEST(stopped_listening());
  one.raw(std::vector<uint8_t>{0, 0, 0, 3, 'a', 'b', 'c'});
  one.expect_answer(7, "abc");
  one.expect_end();
  BOOST_TEST(ended.get() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_open_at_the_deadline_is_cancelled_and_told_so) {
  jobs.keep_jobs();
  auto one = connect();
  auto two = connect();
  one.request(1, "abc");
  const job_ptr kept = jobs.take();
  two.header(1, 7, 4 + 3);
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.requests == 2; }));
  auto ended = drain_within(30ms);
  one.expect(1, status::shutting_down);
  two.expect(7, status::shutting_down);
  one.expect_end();
  two.expect_end();
  BOOST_TEST(ended.get() == 2u);
  BOOST_TEST(jobs.wait_for_cancel(kept->id));
  jobs.answer(*kept); // nobody listens any more, and nothing happens
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_cannot_keep_the_server_from_ending) {
  auto one = connect();
  one.connection().set_timeout(100ms);
  for (uint64_t id = 0;; ++id)
    if (one.connection().send_request(id, std::string(1000, 'a'))) break;
  const instant begin = now();
  server->drain(begin + 50ms);
  BOOST_TEST((now() - begin < 5s));
}

BOOST_AUTO_TEST_CASE(silent_clients_do_not_hold_up_the_end_for_long) {
  std::vector<caller> silent;
  for (int i = 0; i < 10; ++i) silent.push_back(i % 2 == 0 ? connect() : connect_tcp());
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.connections_open == 10; }));
  const instant begin = now();
  BOOST_TEST(server->drain(begin + 60s) == 0u);
  BOOST_TEST((now() - begin < 10s));
  for (caller& each : silent) each.expect_end();
}

BOOST_AUTO_TEST_CASE(a_server_drains_once) {
  server->drain(now() + 1s);
  BOOST_TEST(server->drain(now() + 1s) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

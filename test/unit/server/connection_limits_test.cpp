// What the server does when as much is open as may be: connections, requests, bytes, files.
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include "test/unit/server/serving.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(connection_limits_test)

BOOST_FIXTURE_TEST_SUITE(limits, server_under_test)

BOOST_AUTO_TEST_CASE(one_connection_too_many_is_told_so_with_the_id_zero_and_closed) {
  server_settings_.connections_max = 2;
  start();
  auto first = connect();
  auto second = connect();
  auto third = connect();
  third.expect(0, status::too_many_connections);
  third.expect_end();
  first.request(1, "abc");
  first.expect_answer(1, "abc");
  BOOST_TEST(server->counts().connections_refused == 1u);
  BOOST_TEST(server->counts().connections_open == 2u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_makes_room_for_another) {
  server_settings_.connections_max = 1;
  start();
  { auto first = connect(); }
  BOOST_TEST(eventually(
    [](const server_counts& counts) { return counts.connections_accepted == 1 && counts.connections_open == 0; }));
  auto second = connect();
  second.request(1, "abc");
  second.expect_answer(1, "abc");
}

BOOST_AUTO_TEST_CASE(any_number_of_refused_clients_is_told_why) {
  server_settings_.connections_max = 1;
  start();
  auto first = connect();
  first.request(1, "abc");
  first.expect_answer(1, "abc");
  std::vector<caller> refused;
  for (int i = 0; i < 100; ++i) refused.push_back(i % 2 == 0 ? connect() : connect_tcp());
  for (caller& each : refused) each.expect(0, status::too_many_connections);
  BOOST_TEST(server->counts().connections_refused == 100u);
}

BOOST_AUTO_TEST_CASE(a_connection_has_no_more_in_flight_than_it_may) {
  limit_settings_.requests_per_connection_max = 3;
  start();
  jobs.keep_jobs();
  auto one = connect();
  for (uint64_t id = 1; id <= 5; ++id) one.request(id, "abc");
  std::vector<job_ptr> kept{jobs.take(), jobs.take(), jobs.take()};
  one.expect_silence();
  BOOST_TEST(server->counts().requests == 3u);
  jobs.answer(*kept[0]);
  one.expect_answer(1, "abc");
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.requests == 4; }));
  kept.push_back(jobs.take());
  jobs.keep_jobs(false);
  for (size_t i = 1; i < kept.size(); ++i) jobs.answer(*kept[i]);
  for (int i = 0; i < 4; ++i) BOOST_TEST(one.response().result.status == status::ok);
}

BOOST_AUTO_TEST_CASE(requests_beyond_the_servers_limit_are_overload_whichever_connection_they_come_from) {
  limit_settings_.requests_max = 2;
  start();
  jobs.keep_jobs();
  auto first = connect();
  auto second = connect();
  first.request(1, "abc");
  second.request(1, "abc");
  const std::vector<job_ptr> kept{jobs.take(), jobs.take()};
  second.request(2, "abc");
  second.expect(2, status::overload);
  for (const job_ptr& each : kept) jobs.answer(*each);
  first.expect_answer(1, "abc");
  second.expect_answer(1, "abc");
  jobs.keep_jobs(false);
  second.request(2, "abc");
  second.expect_answer(2, "abc");
}

BOOST_AUTO_TEST_CASE(bytes_beyond_the_servers_limit_are_overload) {
  limit_settings_.request_bytes_max = 1 << 20;
  start();
  jobs.keep_jobs();
  auto one = connect();
  one.request(1, std::string(1 << 19, 'a'));
  const job_ptr kept = jobs.take();
  BOOST_TEST(server->counts().request_bytes_in_flight == 1u << 19);
  one.request(2, std::string((1 << 19) + 1, 'a'));
  one.expect(2, status::overload);
  jobs.answer(*kept);
  one.expect(1, status::ok);
}

BOOST_AUTO_TEST_CASE(the_requests_of_a_client_that_vanished_count_until_their_jobs_have_ended) {
  limit_settings_.requests_max = 1;
  start();
  jobs.keep_jobs();
  job_ptr kept;
  {
    auto one = connect();
    one.request(1, "abc");
    kept = jobs.take();
  }
  BOOST_TEST(jobs.wait_for_cancel(kept->id));
  auto other = connect();
  other.request(1, "abc");
  other.expect(1, status::overload);
  jobs.answer(*kept);
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.requests_in_flight == 0; }));
}

BOOST_AUTO_TEST_CASE(a_process_without_files_left_accepts_again_once_it_has_some) {
  start();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  std::optional<caller> first{connect()};
  first->request(1, "abc");
  first->expect_answer(1, "abc");
  // One file is left, for the client's side. The server finds none for its own.
  const int next = ::dup(0);
  ::close(next);
  const rlimit tight{static_cast<rlim_t>(next) + 1, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  auto second = connect();
  second.request(2, "xyz");
  second.expect_silence();
  BOOST_TEST(server->counts().connections_accepted == 1u);
  first.reset();
  second.expect_answer(2, "xyz");
  ::setrlimit(RLIMIT_NOFILE, &before);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

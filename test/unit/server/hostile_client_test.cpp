// Clients that send nonsense, too much, too slowly, or go away. In each test a good neighbour has requests in flight
// and notices nothing.
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>

#include "runtime/limits.hpp"
#include "test/support/frames.hpp"
#include "test/unit/server/serving.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(hostile_client_test)

namespace {

struct with_neighbour : server_under_test {
  with_neighbour() {
    limit_settings_.document_bytes_max = 1000;
    server_settings_.idle_timeout_ms = 60;
    server_settings_.read_timeout_ms = 60;
    server_settings_.write_timeout_ms = 60;
    start();
    jobs.keep_jobs();
    neighbour.emplace(connect());
    neighbour->request(1, "neighbour");
    neighbour->request(2, "neighbour too");
    held.push_back(jobs.take());
    held.push_back(jobs.take());
    jobs.keep_jobs(false);
  }

  void teardown() {
    jobs.keep_jobs(false);
    for (const job_ptr& each : held) jobs.answer(*each);
    neighbour->expect_answer(1, "neighbour");
    neighbour->expect_answer(2, "neighbour too");
    neighbour->request(3, "afterwards");
    neighbour->expect_answer(3, "afterwards");
  }

  std::optional<caller> neighbour;
  std::vector<job_ptr> held;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(nonsense, with_neighbour)

BOOST_AUTO_TEST_CASE(a_document_of_one_byte_too_many_is_refused_and_the_connection_goes_on) {
  auto one = connect();
  one.request(7, std::string(1001, 'a'));
  one.expect(7, status::document_too_large);
  one.request(8, "abc");
  one.expect_answer(8, "abc");
}

BOOST_AUTO_TEST_CASE(a_document_far_too_large_is_refused_from_its_header_and_skipped) {
  const std::vector<uint8_t> document(3'000'000, 'a'); // made before the frame begins: its time runs
  auto one = connect();
  one.header(1, 7, 3'000'000);
  one.expect(7, status::document_too_large);
  one.raw(document);
  one.request(8, "abc");
  one.expect_answer(8, "abc");
}

BOOST_AUTO_TEST_CASE(a_header_that_claims_4_gib_is_answered_and_ends_the_connection) {
  auto one = connect();
  one.header(1, 7, 0xFFFF'FFFF);
  one.expect(7, status::frame_too_large);
  one.expect_end();
}

BOOST_AUTO_TEST_CASE(an_unknown_type_is_answered_and_ends_the_connection) {
  for (const uint32_t type : {0u, 2u, 5u, 7u, 8u, 9u, 0x47455420u}) {
    auto one = connect_tcp();
    one.header(type, 7, 0);
    one.expect(7, status::unknown_type);
    one.expect_end();
  }
}

BOOST_AUTO_TEST_CASE(the_last_response_is_not_lost_to_what_the_client_still_sends) {
  auto one = connect_tcp();
  one.header(9, 7, 0);
  // More than any socket buffer holds: the server must read on, or this would never be sent.
  BOOST_TEST(!one.connection().send_bytes(std::vector<uint8_t>(32u << 20)).has_value());
  one.expect(7, status::unknown_type);
  one.expect_end();
}

BOOST_AUTO_TEST_CASE(the_same_id_twice_in_flight_is_refused_once) {
  jobs.keep_jobs();
  auto one = connect();
  one.request(7, "abc");
  one.request(7, "xyz");
  one.expect(7, status::duplicate_id);
  jobs.answer(*jobs.take());
  one.expect_answer(7, "abc");
}

BOOST_AUTO_TEST_CASE(wherever_a_frame_is_cut_the_client_hears_of_it_if_its_id_is_known) {
  const auto frame = request_frame(7, "abcdef");
  for (size_t cut = 0; cut < frame.size(); ++cut) {
    auto one = cut % 2 == 0 ? connect() : connect_tcp();
    one.raw(std::span{frame}.first(cut));
    one.connection().end_sending();
    if (cut >= frame_header_bytes) one.expect(7, status::frame_cut_short);
    one.expect_end();
  }
}

BOOST_AUTO_TEST_CASE(a_frame_may_come_byte_by_byte) {
  const auto frame = request_frame(7, "abcdef");
  auto one = connect_tcp();
  for (const uint8_t byte : frame) one.raw(std::span{&byte, 1});
  one.expect_answer(7, "abcdef");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(slowness, with_neighbour)

BOOST_AUTO_TEST_CASE(a_silent_client_is_closed_after_the_idle_timeout) {
  const instant begin = now();
  auto one = connect();
  one.expect_end();
  BOOST_TEST((now() - begin >= 60ms));
  BOOST_TEST(server->counts().connections_timed_out == 1u);
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_for_its_answer_is_not_idle) {
  jobs.keep_jobs();
  auto one = connect();
  one.request(7, "abc");
  const job_ptr kept = jobs.take();
  connect().expect_end(); // which takes an idle time-out
  jobs.answer(*kept);
  one.expect_answer(7, "abc");
}

BOOST_AUTO_TEST_CASE(a_frame_that_trickles_is_ended_by_the_read_timeout) {
  const auto frame = request_frame(7, std::string(500, 'a'));
  auto one = connect();
  one.raw(std::span{frame}.first(frame_header_bytes));
  const instant begin = now();
  for (size_t i = frame_header_bytes; i < frame.size(); ++i) {
    if (one.connection().send_bytes(std::span{frame}.subspan(i, 1))) break;
    if (now() - begin > 500ms) break;
    std::this_thread::sleep_for(5ms);
  }
  one.expect(7, status::frame_timeout);
  one.expect_end();
}

BOOST_AUTO_TEST_CASE(a_header_that_is_never_finished_ends_the_connection) {
  auto one = connect_tcp();
  one.raw(std::vector<uint8_t>(15));
  one.expect_end();
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_not_read_from_and_is_closed_in_the_end) {
  auto one = connect();
  one.connection().set_timeout(5s);
  // Either the server stops reading until the write time-out closes the connection, or the connection is closed.
  const std::string document(900, 'a');
  std::optional<client_error> error;
  uint64_t sent = 0;
  while (!error && sent < 1'000'000) error = one.connection().send_request(sent++, document);
  BOOST_REQUIRE(error);
  BOOST_TEST(error->fault == client_fault::broken, error->sentence);
  BOOST_TEST(server->counts().connections_timed_out >= 1u);
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.requests_in_flight == 2; }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(going_away, with_neighbour)

BOOST_AUTO_TEST_CASE(the_jobs_of_a_client_that_vanishes_are_cancelled_and_their_answers_dropped) {
  for (auto connect_one : {&server_under_test::connect, &server_under_test::connect_tcp}) {
    jobs.keep_jobs();
    job_ptr kept;
    {
      auto one = (this->*connect_one)();
      one.request(7, "abc");
      kept = jobs.take();
      // TCP: a reset, as a process that is killed with unread input sends. Without it the server cannot tell a client
      // that is gone from one that has only ended its side.
      const linger reset{1, 0};
      ::setsockopt(one.connection().fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    BOOST_TEST(jobs.wait_for_cancel(kept->id));
    const uint64_t late = server->counts().late_answers;
    BOOST_TEST(server->counts().requests_in_flight == 3u);
    jobs.answer(*kept);
    BOOST_TEST(eventually([&](const server_counts& counts) { return counts.late_answers == late + 1; }));
    BOOST_TEST(eventually([&](const server_counts& counts) { return counts.requests_in_flight == 2; }));
    jobs.keep_jobs(false);
  }
  BOOST_TEST(server->counts().clients_vanished == 2u);
}

BOOST_AUTO_TEST_CASE(a_client_that_ends_its_side_and_vanishes_later_is_noticed) {
  jobs.keep_jobs();
  job_ptr kept;
  {
    auto one = connect();
    one.request(7, "abc");
    one.connection().end_sending();
    kept = jobs.take();
    one.expect_silence();
  }
  BOOST_TEST(jobs.wait_for_cancel(kept->id));
}

BOOST_AUTO_TEST_CASE(a_client_that_vanishes_in_the_middle_of_a_frame_leaves_nothing_behind) {
  const auto frame = request_frame(7, std::string(500, 'a'));
  for (size_t cut = 1; cut < frame.size(); cut += 13) {
    auto one = connect();
    one.raw(std::span{frame}.first(cut));
  }
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.connections_open == 1; }));
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.requests_in_flight == 2; }));
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_much_and_vanishes_without_reading_leaves_nothing_behind) {
  for (int round = 0; round < 20; ++round) {
    auto one = round % 2 == 0 ? connect() : connect_tcp();
    for (uint64_t id = 0; id < 30; ++id) one.request(id, "abc");
  }
  BOOST_TEST(eventually(
    [](const server_counts& counts) { return counts.connections_open == 1 && counts.requests_in_flight == 2; }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

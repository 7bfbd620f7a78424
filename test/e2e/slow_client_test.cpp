// Clients that are silent, slow or never read, and too many of them. A good neighbour notices nothing.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <thread>

#include "test/e2e/neighbour.hpp"
#include "test/support/frames.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(slow_client_test)

namespace {

struct with_neighbour {
  running_texlexd server{{"--tcp-port", "0", "--idle-timeout-ms", "300", "--read-timeout-ms", "300",
                          "--write-timeout-ms", "300", "--connections-max", "8"}};
  neighbour beside{server};

  void teardown() {
    beside.expect_undisturbed();
    server.stop();
  }
};

} // namespace

// Stopped, it is given no core either.
BOOST_AUTO_TEST_CASE(one_that_was_silent_while_the_server_was_stopped_is_not_closed_for_it) {
  running_texlexd server{{"--idle-timeout-ms", "1500"}};
  auto one = server.connect();
  one.request(1, "abc");
  one.expect_counts(1, "abc");
  server.signal(SIGSTOP);
  std::this_thread::sleep_for(3s);
  server.signal(SIGCONT);
  std::this_thread::sleep_for(300ms); // until it has looked
  one.request(2, "abc");
  one.expect_counts(2, "abc");
  server.stop();
}

BOOST_FIXTURE_TEST_SUITE(slow_client, with_neighbour)

BOOST_AUTO_TEST_CASE(one_that_says_nothing_is_closed_after_the_idle_timeout) {
  auto local = server.connect();
  auto remote = server.connect_tcp();
  local.expect_end();
  remote.expect_end();
}

BOOST_AUTO_TEST_CASE(one_that_sends_a_byte_now_and_then_is_told_that_its_frame_took_too_long) {
  const auto frame = request_frame(7, std::string(1000, 'a'));
  auto one = server.connect_tcp();
  one.raw(std::span{frame}.first(frame_header_bytes));
  for (size_t i = frame_header_bytes; i < frame.size(); ++i) {
    if (one.connection().send_bytes(std::span{frame}.subspan(i, 1))) break;
    std::this_thread::sleep_for(5ms); // 1 s for all of them: longer than the read time-out
  }
  one.expect(7, status::frame_timeout);
  one.expect_end();
}

BOOST_AUTO_TEST_CASE(one_that_never_finishes_a_header_is_closed) {
  auto one = server.connect();
  one.raw(std::vector<uint8_t>(15));
  one.expect_end();
}

BOOST_AUTO_TEST_CASE(one_that_never_reads_is_not_read_from_and_costs_no_memory) {
  const uint64_t before = server.resident_bytes();
  auto one = server.connect();
  const std::string document(900, 'a');
  std::optional<client_error> error;
  for (uint64_t id = 0; !error && id < 1'000'000; ++id) error = one.connection().send_request(id, document);
  BOOST_REQUIRE(error); // it was blocked until the write time-out closed the connection
  BOOST_TEST(error->fault == client_fault::broken, error->sentence);
  BOOST_TEST(server.resident_bytes() < before + (64u << 20));
}

BOOST_AUTO_TEST_CASE(one_too_many_is_told_so_and_the_others_go_on) {
  std::vector<service_caller> others;
  for (int i = 0; i < 7; ++i) {
    others.push_back(server.connect());
    others.back().request(1, "abc");
    others.back().expect_counts(1, "abc");
  }
  auto one = server.connect();
  one.expect(0, status::too_many_connections);
  one.expect_end();
  others.clear();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

// Requests over real sockets: what goes in comes out, under its own id, whatever the order and the number.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <fstream>
#include <future>
#include <memory>

#include "test/unit/server/serving.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(request_server_test)

namespace {

struct serving : server_under_test {
  serving() { start(); }
};

std::string document_of(uint64_t id, size_t bytes) {
  std::string text(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 31 + id);
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_request_is_answered_over_a_unix_socket, serving) {
  auto one = connect();
  one.request(7, "\\documentclass{article}");
  one.expect_answer(7, "\\documentclass{article}");
}

BOOST_FIXTURE_TEST_CASE(a_request_is_answered_over_tcp, serving) {
  BOOST_TEST(endpoints.tcp_port != 0u);
  auto one = connect_tcp();
  one.request(7, "abc");
  one.expect_answer(7, "abc");
}

BOOST_FIXTURE_TEST_CASE(an_empty_document_is_answered, serving) {
  auto one = connect();
  one.request(7, "");
  one.expect_answer(7, "");
}

BOOST_FIXTURE_TEST_CASE(a_document_of_the_largest_size_arrives_whole, serving) {
  auto one = connect();
  const std::string largest = document_of(1, 1 << 20);
  one.request(7, largest);
  one.expect_answer(7, largest);
}

BOOST_FIXTURE_TEST_CASE(a_payload_without_its_length_is_taken_and_counted, serving) {
  auto one = connect();
  one.header(1, 7, 3);
  one.raw(std::vector<uint8_t>{'a', 'b', 'c'});
  one.expect_answer(7, "abc");
  BOOST_TEST(server->counts().deprecated_payloads == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_job_says_what_it_is_and_when_it_came, serving) {
  jobs.keep_jobs();
  const instant before = now(); // the server tells no better when bytes came than since when it looks at sockets
  auto one = connect();
  one.request(7, "abc");
  const job_ptr kept = jobs.take();
  BOOST_REQUIRE(kept);
  BOOST_TEST(kept->regime == &rules);
  BOOST_TEST((kept->received > before && kept->received <= now()));
  BOOST_TEST((kept->document.data() >= kept->memory->data()
              && kept->document.data() + 3 <= kept->memory->data() + kept->memory->capacity()));
  jobs.answer(*kept);
  one.expect_answer(7, "abc");
}

BOOST_FIXTURE_TEST_CASE(responses_come_in_the_order_in_which_jobs_end, serving) {
  jobs.keep_jobs();
  auto one = connect();
  one.request(1, "first");
  one.request(2, "second");
  const job_ptr first = jobs.take();
  const job_ptr second = jobs.take();
  jobs.answer(*second);
  one.expect_answer(2, "second");
  jobs.answer(*first);
  one.expect_answer(1, "first");
}

BOOST_FIXTURE_TEST_CASE(four_connections_may_pipeline_thousands_of_requests, serving) {
  constexpr uint64_t requests = 2000;
  constexpr uint64_t in_flight_max = 60;
  std::atomic<uint64_t> wrong = 0; // Boost.Test's checks are for the test's own thread
  const auto run = [&](caller connection, uint64_t salt) {
    uint64_t received = 0;
    std::map<uint64_t, size_t> open;
    for (uint64_t sent = 0; received < requests;) {
      while (sent < requests && open.size() < in_flight_max) {
        const size_t bytes = (sent * 37 + salt) % 5000;
        open.emplace(sent, bytes);
        connection.request(sent, document_of(sent + salt, bytes));
        ++sent;
      }
      const client_response got = connection.response();
      const auto found = open.find(got.id);
      if (found == open.end() || got.result != answer_for(document_of(got.id + salt, found->second))) {
        ++wrong;
        return;
      }
      open.erase(found);
      ++received;
    }
  };
  {
    std::vector<std::jthread> clients;
    for (uint64_t salt = 0; salt < 4; ++salt)
      clients.emplace_back(run, salt % 2 == 0 ? connect() : connect_tcp(), salt);
  }
  BOOST_TEST(wrong == 0u);
  BOOST_TEST(server->counts().requests == 4 * requests);
  BOOST_TEST(responses(status::ok) == 4 * requests);
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.requests_in_flight == 0; }));
}

BOOST_FIXTURE_TEST_CASE(a_cancel_reaches_whoever_carries_out_the_job, serving) {
  jobs.keep_jobs();
  auto one = connect();
  one.request(7, "abc");
  const job_ptr kept = jobs.take();
  one.cancel(7);
  BOOST_TEST(jobs.wait_for_cancel(kept->id));
  server->deliver(kept->id, {status::cancelled, 0, 0, origin::none});
  one.expect(7, status::cancelled);
}

BOOST_FIXTURE_TEST_CASE(a_cancel_of_an_unknown_id_has_no_response_and_is_counted, serving) {
  auto one = connect();
  one.cancel(7);
  one.request(8, "abc");
  one.expect_answer(8, "abc");
  BOOST_TEST(server->counts().cancels_of_unknown_ids == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_second_answer_for_a_job_is_dropped_and_counted, serving) {
  jobs.keep_jobs();
  auto one = connect();
  one.request(7, "abc");
  const job_ptr kept = jobs.take();
  jobs.answer(*kept);
  jobs.answer(*kept);
  server->deliver({123456}, {});
  one.expect_answer(7, "abc");
  one.request(8, "xyz");
  jobs.answer(*jobs.take());
  one.expect_answer(8, "xyz");
  BOOST_TEST(server->counts().late_answers == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_has_ended_its_side_still_gets_its_answers, serving) {
  jobs.keep_jobs();
  for (auto one : {&server_under_test::connect, &server_under_test::connect_tcp}) {
    auto half_closed = (this->*one)();
    half_closed.request(1, "first");
    half_closed.request(2, "second");
    half_closed.connection().end_sending();
    const job_ptr first = jobs.take();
    jobs.answer(*jobs.take());
    half_closed.expect_answer(2, "second");
    jobs.answer(*first);
    half_closed.expect_answer(1, "first");
    half_closed.expect_end();
  }
}

BOOST_FIXTURE_TEST_CASE(what_else_the_io_thread_is_to_do_is_done_at_the_time_it_named, server_under_test) {
  struct work_notes {
    std::atomic<int> turns = 0;
    instant due{};
    std::promise<instant> done;
  } notes;
  const auto until_now = [&notes](instant at) -> instant {
    ++notes.turns;
    if (notes.due == instant{}) return notes.due = at + 50ms;
    if (at < notes.due) return notes.due;
    if (notes.due != instant::max()) notes.done.set_value(at);
    return notes.due = instant::max();
  };
  // Ends the thread before what the work refers to goes, however this test ends.
  const std::shared_ptr<void> ending{nullptr, [this](void*) { server.reset(); }};
  server = std::make_unique<request_server>(server_settings_, limit_settings_, &rules, jobs);
  server->on_turn(until_now);
  server->wake();
  const instant begun = now();
  BOOST_REQUIRE(std::holds_alternative<server_endpoints>(server->start()));
  auto told = notes.done.get_future();
  BOOST_REQUIRE((told.wait_for(patience) == std::future_status::ready));
  BOOST_TEST((told.get() >= begun + 50ms));
  BOOST_TEST(notes.turns < 20); // it slept meanwhile
}

BOOST_FIXTURE_TEST_CASE(the_io_thread_has_a_name, serving) {
  auto one = connect();
  one.request(1, "");
  one.expect_answer(1, "");
  bool found = false;
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::string name;
    std::getline(std::ifstream{thread.path() / "comm"} >> std::ws, name);
    found = found || name == "texlex.io";
  }
  BOOST_TEST(found);
}

BOOST_FIXTURE_TEST_CASE(what_is_counted_adds_up, serving) {
  {
    auto one = connect();
    one.request(7, "abc");
    one.expect_answer(7, "abc");
    const server_counts counts = server->counts();
    BOOST_TEST(counts.connections_accepted == 1u);
    BOOST_TEST(counts.connections_open == 1u);
    BOOST_TEST(counts.requests == 1u);
    BOOST_TEST(counts.bytes_read == 16u + 4u + 3u);
    BOOST_TEST(eventually([](const server_counts& later) { return later.bytes_written == 29; }));
  }
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.connections_open == 0; }));
  BOOST_TEST(server->counts().clients_vanished == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_server_may_end_with_requests_in_flight, serving) {
  jobs.keep_jobs();
  auto one = connect();
  one.request(7, "abc");
  const job_ptr kept = jobs.take();
  server.reset();
  one.expect_end();
}

BOOST_AUTO_TEST_CASE(a_server_that_never_started_may_end) {
  server_under_test unstarted;
  request_server never{unstarted.server_settings_, unstarted.limit_settings_, &unstarted.rules, unstarted.jobs};
  never.deliver({1}, {});
  BOOST_TEST(never.drain(now() + 1s) == 0u);
}

BOOST_AUTO_TEST_CASE(a_server_with_nothing_to_listen_on_says_so) {
  server_under_test nowhere;
  nowhere.server_settings_.unix_socket.clear();
  nowhere.server_settings_.tcp_port = -1;
  request_server server{nowhere.server_settings_, nowhere.limit_settings_, &nowhere.rules, nowhere.jobs};
  const auto started = server.start();
  BOOST_REQUIRE(std::holds_alternative<server_error>(started));
  BOOST_TEST(std::get<server_error>(started).sentence.find("nothing to listen on") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_port_that_is_taken_is_told_and_leaves_no_socket_behind, serving) {
  server_under_test second;
  second.server_settings_.tcp_port = endpoints.tcp_port;
  request_server other{second.server_settings_, second.limit_settings_, &second.rules, second.jobs};
  const auto started = other.start();
  BOOST_REQUIRE(std::holds_alternative<server_error>(started));
  BOOST_TEST(std::get<server_error>(started).sentence.find(std::to_string(endpoints.tcp_port)) != std::string::npos);
  BOOST_TEST(!std::filesystem::exists(second.server_settings_.unix_socket));
}

BOOST_FIXTURE_TEST_CASE(the_socket_is_gone_when_the_server_has_ended, serving) {
  BOOST_TEST(std::filesystem::exists(endpoints.unix_socket));
  server.reset();
  BOOST_TEST(!std::filesystem::exists(endpoints.unix_socket));
}

BOOST_AUTO_TEST_SUITE_END()

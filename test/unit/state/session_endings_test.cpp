// How a connection ends: by its client, by time, by the server's own end; and what it still answers then.
#include <boost/test/unit_test.hpp>

#include "test/unit/state/scripted_connection.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(session_endings_test)

namespace {

struct connected : connected_client {
  tick_verdict after(duration waited) {
    client.time += waited;
    return client.protocol.tick(client.time);
  }
  std::vector<status> received() {
    std::vector<status> statuses;
    for (const response& one : client.receive()) statuses.push_back(one.result.status);
    return statuses;
  }
  void expect(std::vector<status> wanted) {
    const auto got = received();
    BOOST_TEST(got == wanted, boost::test_tools::per_element());
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_client_ends_its_side, connected)

BOOST_AUTO_TEST_CASE(with_nothing_in_flight_that_is_all) {
  client.protocol.end_of_stream(client.time);
  BOOST_TEST(client.protocol.done());
  BOOST_TEST(client.protocol.ended_by_client());
}

BOOST_AUTO_TEST_CASE(when_it_ends_for_good_the_place_of_a_frame_half_read_is_free_again) {
  auto frame = request(7, "abcdef");
  frame.pop_back(); // its last byte is still to come
  client.send(frame);
  BOOST_TEST(desk.requests_in_flight() == 1u);
  client.protocol.end();
  BOOST_TEST(desk.requests_in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_in_flight_is_still_answered_and_written) {
  client.send(request(7, "abc"));
  client.protocol.end_of_stream(client.time);
  BOOST_TEST(!client.protocol.done());
  client.answer_all();
  BOOST_TEST(!client.protocol.done());
  expect({status::ok});
  BOOST_TEST(client.protocol.done());
}

BOOST_AUTO_TEST_CASE(wherever_a_frame_is_cut_its_client_is_told_if_its_id_is_known) {
  const bytes frame = request(7, "abc");
  for (size_t cut = 0; cut <= frame.size(); ++cut) {
    scripted_connection other{small_limits, desk};
    other.send({frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(cut)});
    other.protocol.end_of_stream(other.time);
    other.answer_all();
    const auto got = other.receive();
    if (cut < frame_header_bytes) {
      BOOST_TEST(got.empty(), "cut at " << cut);
    } else {
      BOOST_REQUIRE_MESSAGE(got.size() == 1u, "cut at " << cut);
      BOOST_TEST(got[0].id == 7u);
      BOOST_TEST(got[0].result.status == (cut < frame.size() ? status::frame_cut_short : status::ok));
    }
    BOOST_TEST(other.protocol.done());
    BOOST_TEST(desk.requests_in_flight() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_refused_frame_that_is_cut_is_not_answered_twice) {
  client.send(header(1, 7, 100));
  client.send(bytes(50));
  client.protocol.end_of_stream(client.time);
  expect({status::document_too_large});
  BOOST_TEST(client.protocol.done());
}

BOOST_AUTO_TEST_CASE(a_cut_frame_is_answered_after_what_is_in_flight) {
  client.send(request(7, "abc"));
  client.send(header(1, 8, 5));
  client.protocol.end_of_stream(client.time);
  client.answer_all();
  expect({status::ok, status::frame_cut_short});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(time_passes, connected)

BOOST_AUTO_TEST_CASE(a_silent_client_is_closed_after_the_idle_timeout_and_not_before) {
  BOOST_TEST(after(99ms) == tick_verdict::nothing);
  BOOST_TEST(after(1ms) == tick_verdict::close);
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_for_an_answer_is_not_idle) {
  client.send(request(7, "abc"));
  BOOST_TEST(after(1h) == tick_verdict::nothing);
  client.answer_all();
  client.receive();
  BOOST_TEST(after(99ms) == tick_verdict::nothing);
  BOOST_TEST(after(1ms) == tick_verdict::close);
}

BOOST_AUTO_TEST_CASE(each_frame_begins_the_idle_time_anew) {
  after(60ms);
  client.send(cancel(1));
  BOOST_TEST(after(60ms) == tick_verdict::nothing);
  BOOST_TEST(after(40ms) == tick_verdict::close);
}

BOOST_AUTO_TEST_CASE(a_frame_may_take_the_read_timeout_however_its_bytes_trickle) {
  client.send(header(1, 7, 13));
  for (int i = 0; i < 9; ++i) {
    BOOST_TEST(after(2ms) == tick_verdict::nothing);
    client.send(bytes(1));
  }
  BOOST_TEST(after(2ms) == tick_verdict::reading_ended);
  expect({status::frame_timeout});
  BOOST_TEST(client.protocol.done());
  BOOST_TEST(desk.requests_in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(a_header_that_is_never_finished_ends_the_connection_without_a_word) {
  client.send(bytes(15));
  BOOST_TEST(after(20ms) == tick_verdict::reading_ended);
  BOOST_TEST(client.protocol.done());
}

BOOST_AUTO_TEST_CASE(a_refused_payload_that_never_ends_has_had_its_answer) {
  client.send(header(1, 7, 1000));
  expect({status::document_too_large});
  BOOST_TEST(after(20ms) == tick_verdict::reading_ended);
  BOOST_TEST(client.protocol.done());
}

BOOST_AUTO_TEST_CASE(time_in_which_nobody_looked_is_not_the_clients) {
  auto frame = request(7, "abcdef");
  frame.pop_back();
  client.send(frame);
  client.time += 500ms;
  client.protocol.forgive(490ms, client.time);
  BOOST_TEST(after(9ms) == tick_verdict::nothing);
  BOOST_TEST(after(1ms) == tick_verdict::reading_ended);
}

BOOST_AUTO_TEST_CASE(what_is_forgiven_is_not_earned) {
  client.time += 50ms;
  client.protocol.forgive(1h, client.time);
  BOOST_TEST(after(99ms) == tick_verdict::nothing);
  BOOST_TEST(after(1ms) == tick_verdict::close);
}

BOOST_AUTO_TEST_CASE(a_frame_timeout_is_told_once_and_after_what_is_in_flight) {
  client.send(request(7, "abc"));
  client.send(header(1, 8, 5));
  BOOST_TEST(after(20ms) == tick_verdict::reading_ended);
  BOOST_TEST(after(20ms) == tick_verdict::nothing);
  client.answer_all();
  expect({status::ok, status::frame_timeout});
  BOOST_TEST(client.protocol.done());
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_take_its_responses_is_closed) {
  client.send(request(7, "abc"));
  client.answer_all();
  BOOST_TEST(after(1h) == tick_verdict::nothing); // nobody has begun to write
  BOOST_TEST(client.protocol.begin_write(client.time).size() == 1u);
  BOOST_TEST(after(29ms) == tick_verdict::nothing);
  BOOST_TEST(after(1ms) == tick_verdict::close);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_not_read_has_no_read_timeout) {
  for (const uint64_t id : {1u, 2u, 3u}) client.send(request(id, "abc"));
  BOOST_TEST(after(1h) == tick_verdict::nothing);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_server_drains, connected)

BOOST_AUTO_TEST_CASE(a_quiet_connection_is_drained_at_once) {
  client.protocol.drain();
  BOOST_TEST(client.protocol.drained());
  client.protocol.end();
  BOOST_TEST(client.protocol.done());
}

BOOST_AUTO_TEST_CASE(what_was_accepted_is_answered_and_written_first) {
  client.send(request(7, "abc"));
  client.protocol.drain();
  BOOST_TEST(!client.protocol.drained());
  client.answer_all();
  BOOST_TEST(!client.protocol.drained());
  expect({status::ok});
  BOOST_TEST(client.protocol.drained());
}

BOOST_AUTO_TEST_CASE(a_request_whose_header_came_before_is_carried_out) {
  client.send(header(1, 7, 5));
  client.protocol.drain();
  client.send(bytes(5, 'a'));
  BOOST_TEST(client.jobs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_request_whose_header_comes_later_is_answered_and_skipped) {
  client.protocol.drain();
  client.send(request(7, "abc"));
  client.send(request(8, "abc"));
  expect({status::shutting_down, status::shutting_down});
  BOOST_TEST(client.protocol.drained());
}

BOOST_AUTO_TEST_CASE(a_cancel_is_still_heard) {
  client.send(request(7, "abc"));
  client.protocol.drain();
  client.send(cancel(7));
  BOOST_TEST(client.cancelled.size() == 1u);
}

BOOST_AUTO_TEST_CASE(at_the_deadline_all_that_is_begun_is_answered_and_late_outcomes_are_dropped) {
  client.send(request(7, "abc"));
  client.send(header(1, 8, 5));
  BOOST_TEST(client.protocol.abandon() == 2u);
  expect({status::shutting_down, status::shutting_down});
  BOOST_TEST(client.protocol.done());
  BOOST_TEST(!client.protocol.answered({101}, {}, client.time));
  client.jobs.clear();
  BOOST_TEST(desk.requests_in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(the_deadline_meets_a_connection_whose_last_response_is_still_held_back) {
  client.send(request(7, "abc"));
  client.send(header(9, 8, 0));
  BOOST_TEST(client.protocol.abandon() == 1u);
  expect({status::shutting_down, status::unknown_type});
  BOOST_TEST(client.protocol.done());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(what_is_skipped_when_the_server_gives_up_is_not_read_on_behind, connected) {
  client.send(header(1, 7, 5000)); // too large: refused, and to be skipped
  client.protocol.abandon();
  client.protocol.payload_skipped(client.time);
  BOOST_TEST(client.protocol.reading() == read_step::ended);
}

BOOST_FIXTURE_TEST_CASE(a_connection_in_the_middle_of_a_frame_or_with_something_to_write_is_not_drained, connected) {
  client.send(stats(6));
  const bytes frame = request(7, "abc");
  client.send({frame.begin(), frame.begin() + 5});
  client.protocol.drain();
  client.answer_all();
  client.receive();
  BOOST_TEST(!client.protocol.drained()); // of the header the rest is to come
  client.send({frame.begin() + 5, frame.end()});
  BOOST_TEST(!client.protocol.drained()); // its refusal is to be written
  expect({status::shutting_down});
  BOOST_TEST(client.protocol.drained());
}

BOOST_FIXTURE_TEST_CASE(only_a_document_that_is_partly_there_has_bytes_to_give, connected) {
  const bytes frame = request(7, "abcdef");
  const auto gives = [&] { return client.protocol.standing_at(client.time).gives_bytes; };
  client.send({frame.begin(), frame.begin() + 5});
  BOOST_TEST(!gives());
  client.send({frame.begin() + 5, frame.begin() + frame_header_bytes});
  BOOST_TEST(!gives());
  client.send({frame.begin() + frame_header_bytes, frame.end() - 1});
  BOOST_TEST(gives());
}

BOOST_AUTO_TEST_CASE(
  of_a_document_that_waits_for_bytes_time_in_which_nobody_looked_is_its_clients_no_more_than_before) {
  admission little{10, 10};
  scripted_connection first{small_limits, little}, second{small_limits, little};
  const bytes whole = request(1, "12345678");
  first.send({whole.begin(), whole.end() - 3});
  second.send(request(2, "abcd"));
  second.time += small_limits.read_timeout / 2;
  second.protocol.starved(second.time);
  second.time += 1s;
  second.protocol.forgive(1s, second.time);
  first.protocol.payload_refused(first.time);
  BOOST_TEST((second.protocol.tick(second.time) == tick_verdict::nothing));
  second.time += small_limits.read_timeout / 2 - 1ms;
  BOOST_TEST((second.protocol.tick(second.time) == tick_verdict::nothing));
  second.time += 1ms;
  BOOST_TEST((second.protocol.tick(second.time) == tick_verdict::reading_ended));
}

BOOST_FIXTURE_TEST_CASE(who_waits_for_an_answer_or_has_not_taken_it_is_busy_and_then_idle, connected) {
  const auto is = [&](standing::kind kind) { return client.protocol.standing_at(client.time).at == kind; };
  client.send(request(7, "abc"));
  BOOST_TEST((client.protocol.busy() && is(standing::kind::busy)));
  client.answer_all();
  BOOST_TEST((client.protocol.busy() && is(standing::kind::busy)));
  client.receive();
  BOOST_TEST((!client.protocol.busy() && is(standing::kind::idle)));
}

BOOST_AUTO_TEST_SUITE_END()

// Who is let in, held back or refused when a request has only shown its header.
#include <boost/test/unit_test.hpp>

#include "test/unit/state/scripted_connection.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(gate_test)

namespace {

constexpr session_limits patient{.document_bytes_max = 1000,
                                 .requests_in_flight_max = 10,
                                 .idle_timeout = 10s,
                                 .read_timeout = 1s,
                                 .write_timeout = 1s,
                                 .held_back_max = 100ms};

struct at_the_gate {
  admission places{2, 100};
  queue_pressure pressure;
  gate way_in{places, pressure};

  gate_verdict verdict(uint64_t bytes, size_t in_flight) {
    return way_in.ask({.document_bytes = bytes, .in_flight = in_flight}).verdict;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(gates, at_the_gate)

BOOST_AUTO_TEST_CASE(a_calm_queue_lets_everybody_in_for_whom_there_is_a_place) {
  BOOST_TEST((verdict(100, 50) == gate_verdict::take));
}

BOOST_AUTO_TEST_CASE(who_has_its_share_of_a_queue_under_pressure_is_refused_and_told_when_to_come_back) {
  pressure = {.in_flight_a_client_max = 2, .retry_after_ms = 7};
  BOOST_TEST((verdict(1, 1) == gate_verdict::take));
  const auto answer = way_in.ask({.document_bytes = 1, .in_flight = 2});
  BOOST_TEST((answer.verdict == gate_verdict::refuse));
  BOOST_TEST(answer.retry_after_ms == 7u);
  BOOST_TEST(places.requests_in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(who_has_nothing_in_flight_is_held_back_where_there_is_no_room) {
  pressure.in_flight_a_client_max = 0;
  BOOST_TEST((verdict(1, 0) == gate_verdict::hold));
  pressure = no_pressure;
  auto all = way_in.ask({.document_bytes = 100});
  all.place.arrived(100);
  all.place.whole();
  BOOST_TEST((verdict(1, 0) == gate_verdict::hold));
  BOOST_TEST((verdict(1, 1) == gate_verdict::refuse));
}

BOOST_AUTO_TEST_CASE(what_has_lain_in_its_socket_for_too_long_is_refused_to_whoever_sends_ahead) {
  pressure = {.retry_after_ms = 7, .waited_max = 10ms};
  const auto asked = [this](duration waited, size_t in_flight, bool more_behind) {
    return way_in.ask({.document_bytes = 1, .in_flight = in_flight, .waited = waited, .more_behind = more_behind});
  };
  BOOST_TEST((asked(10ms, 1, true).verdict == gate_verdict::take));
  BOOST_TEST((asked(11ms, 1, false).verdict == gate_verdict::refuse));
  BOOST_TEST((asked(11ms, 0, true).verdict == gate_verdict::refuse));
  BOOST_TEST(asked(11ms, 0, true).retry_after_ms == 7u);
  BOOST_TEST((asked(1h, 0, false).verdict == gate_verdict::take)); // its client waits for it alone
}

BOOST_AUTO_TEST_CASE(nobody_is_held_back_for_what_will_never_have_room) {
  BOOST_TEST((verdict(101, 0) == gate_verdict::refuse));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_request_that_is_held_back_is_not_read_and_goes_on_when_there_is_room) {
  admission places{1, 1000};
  scripted_connection first{patient, places}, second{patient, places};
  first.send(request(1, "abc"));
  const bytes sent = request(2, "xyz");
  BOOST_TEST(second.send(sent) == frame_header_bytes);
  BOOST_TEST((second.protocol.reading() == read_step::pause));
  BOOST_TEST(!second.protocol.go_on(second.time));
  first.answer_all();
  BOOST_TEST(second.protocol.go_on(second.time));
  second.send({sent.begin() + frame_header_bytes, sent.end()});
  BOOST_TEST(second.jobs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(who_was_held_back_for_as_long_as_anybody_may_is_refused_and_its_document_skipped) {
  admission places{1, 1000};
  scripted_connection first{patient, places}, second{patient, places};
  first.send(request(1, "abc"));
  second.send(header(1, 2, 7));
  second.pressure.retry_after_ms = 20;
  second.time += 99ms;
  BOOST_TEST(!second.protocol.go_on(second.time));
  second.time += 1ms;
  BOOST_TEST(second.protocol.go_on(second.time));
  BOOST_TEST((second.receive() == std::vector<response>{{2, {status::overload, 20, 0, origin::none}}}));
  BOOST_TEST((second.protocol.reading() == read_step::skip));
}

BOOST_AUTO_TEST_CASE(the_time_a_client_was_held_back_is_not_counted_against_it) {
  admission places{1, 1000};
  scripted_connection first{patient, places}, second{patient, places};
  first.send(request(1, "abc"));
  second.send(header(1, 2, 7));
  second.time += 90ms;
  BOOST_TEST((second.protocol.tick(second.time) == tick_verdict::nothing));
  first.answer_all();
  BOOST_TEST(second.protocol.go_on(second.time));
  second.time += 999ms;
  BOOST_TEST((second.protocol.tick(second.time) == tick_verdict::nothing));
  second.time += 1ms;
  BOOST_TEST((second.protocol.tick(second.time) == tick_verdict::reading_ended));
}

BOOST_AUTO_TEST_CASE(who_is_held_back_when_the_server_drains_or_gives_up_is_told_so_once) {
  for (const bool drains : {true, false}) {
    admission places{1, 1000};
    scripted_connection first{patient, places}, second{patient, places};
    first.send(request(1, "abc"));
    second.send(header(1, 2, 7));
    if (drains) {
      second.protocol.drain();
      BOOST_TEST(second.protocol.go_on(second.time));
    } else {
      BOOST_TEST(second.protocol.abandon() == 1u);
    }
    BOOST_TEST((second.receive() == std::vector<response>{{2, {status::shutting_down, 0, 0, origin::none}}}));
  }
}

BOOST_AUTO_TEST_CASE(whoever_waits_in_vain_is_asked_about_when_its_patience_ends) {
  admission places{1, 1000};
  scripted_connection first{patient, places}, second{patient, places};
  BOOST_TEST((second.protocol.held_back_until() == instant::min()));
  first.send(request(1, "abc"));
  second.send(header(1, 2, 7));
  BOOST_TEST((second.protocol.held_back_until() == second.time + 100ms));
  first.answer_all();
  BOOST_TEST(second.protocol.go_on(second.time));
  BOOST_TEST((second.protocol.held_back_until() == instant::min()));
}

BOOST_AUTO_TEST_CASE(who_may_be_held_back_without_a_limit_need_never_be_asked_about) {
  session_limits endless = patient;
  endless.held_back_max = duration::max();
  admission places{1, 1000};
  scripted_connection first{endless, places}, second{endless, places};
  first.send(request(1, "abc"));
  second.send(header(1, 2, 7));
  BOOST_TEST((second.protocol.held_back_until() == instant::max()));
}

BOOST_AUTO_TEST_CASE(who_ends_its_side_while_it_is_held_back_hears_that_its_frame_was_cut_short) {
  admission places{1, 1000};
  scripted_connection first{patient, places}, second{patient, places};
  first.send(request(1, "abc"));
  second.send(header(1, 2, 7));
  second.protocol.end_of_stream(second.time);
  BOOST_TEST((second.receive() == std::vector<response>{{2, {status::frame_cut_short, 0, 0, origin::none}}}));
  BOOST_TEST(second.protocol.done());
}

BOOST_AUTO_TEST_CASE(who_is_held_back_is_busy_to_whoever_looks_for_a_connection_to_close) {
  admission places{1, 1000};
  scripted_connection first{patient, places}, second{patient, places};
  first.send(request(1, "abc"));
  BOOST_TEST(!second.protocol.busy());
  second.send(header(1, 2, 7));
  BOOST_TEST(second.protocol.busy());
  BOOST_TEST((second.protocol.standing_at(second.time).at == standing::kind::busy));
}

BOOST_AUTO_TEST_CASE(without_memory_for_documents_nobody_is_let_in_until_there_is_some) {
  at_the_gate g;
  g.way_in.short_of_memory(true);
  BOOST_TEST((g.verdict(1, 0) == gate_verdict::refuse));
  g.way_in.short_of_memory(false);
  BOOST_TEST((g.verdict(1, 0) == gate_verdict::take));
}

BOOST_AUTO_TEST_SUITE_END()

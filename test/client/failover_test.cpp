// Which of several servers is asked, and that what one does not do another does.
#include <atomic>
#include <thread>

#include "test/client/played_server.hpp"

using namespace texlex;
using namespace texlex::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(failover_test)

namespace {

byte_server::script letters_by(std::atomic<int>& connections) {
  return [&connections](const byte_connection& to) {
    ++connections;
    if (greet(to)) serve_letters(to);
  };
}

} // namespace

BOOST_AUTO_TEST_CASE(the_first_server_that_works_is_asked) {
  std::atomic<int> first{0}, second{0};
  byte_server one{letters_by(first)}, other{letters_by(second)};
  auto client = client_of({"unix:/nowhere/at/all.sock", url_of(one), url_of(other)});
  for (int i = 0; i < 5; ++i) check_letters(client.tokenize("abc"), 3);
  BOOST_TEST(first.load() == 1);
  BOOST_TEST(second.load() == 0);
}

BOOST_AUTO_TEST_CASE(a_refusal_for_lack_of_room_goes_to_the_other_at_once) {
  byte_server full{[](const byte_connection& to) {
    if (!greet(to)) return;
    while (const auto asked = to.receive()) respond(to, *asked, refusal(status::overload, 20'000));
  }};
  std::atomic<int> asked{0};
  byte_server other{letters_by(asked)};
  auto client = client_of({url_of(full), url_of(other)});
  check_letters(client.tokenize("abc"), 3);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_lost_with_requests_in_flight_costs_none) {
  byte_server dies{[](const byte_connection& to) {
    if (!greet(to)) return;
    for (int i = 0; i < 5; ++i) (void)to.receive();
  }};
  std::atomic<int> asked{0};
  byte_server other{letters_by(asked)};
  auto client = client_of({url_of(dies), url_of(other)});
  std::vector<remote::call> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(std::move(*client.submit("ab")));
  for (auto& each : calls) check_letters(each.wait(), 2);
}

BOOST_AUTO_TEST_CASE(nobody_anywhere_is_an_error_that_names_the_server) {
  remote::client_options how;
  how.attempts_max = 2;
  auto client = client_of({"unix:/nowhere/a.sock", "unix:/nowhere/b.sock"}, how);
  check_fails(client.tokenize("a"), remote::status::unreachable, "unix:/nowhere/");
}

BOOST_AUTO_TEST_CASE(who_wants_to_know_soon_that_a_server_is_gone_is_told_after_as_many_tries_as_he_says) {
  std::atomic<int> connections{0};
  byte_server ends{[&](const byte_connection& to) {
    ++connections;
    if (greet(to)) (void)to.receive();
  }};
  remote::client_options how;
  how.attempts_max = 20;
  how.unreachable_attempts_max = 2;
  auto client = client_of({url_of(ends)}, how);
  check_fails(client.tokenize("a"), remote::status::unreachable, url_of(ends));
  BOOST_TEST(connections.load() == 2);
}

// Its end is there as soon as its hello: nothing can be asked in between.
BOOST_AUTO_TEST_CASE(a_server_that_ends_the_connection_behind_its_hello_is_not_connected_to_without_end) {
  std::atomic<int> connections{0};
  byte_server ends{[&](const byte_connection& to) {
    ++connections;
    (void)to.send(frame(frame_type::hello_response, 1, encode_hello_response(usual_offer())));
  }};
  remote::client_options how;
  how.attempts_max = 3;
  auto client = client_of({url_of(ends)}, how);
  check_fails(client.tokenize("a"), remote::status::unreachable, url_of(ends));
  BOOST_TEST(connections.load() <= 3);
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_resolve_is_an_error_that_names_it) {
  remote::client_options how;
  how.attempts_max = 1;
  auto client = client_of({"tcp://no-such-host.invalid:4000"}, how);
  check_fails(client.tokenize("a"), remote::status::unreachable, "no-such-host.invalid");
}

BOOST_AUTO_TEST_CASE(a_server_that_keeps_silent_is_given_up) {
  byte_server silent{[](const byte_connection& to) { to.wait_for_end(); }};
  std::atomic<int> asked{0};
  byte_server other{letters_by(asked)};
  remote::client_options how;
  how.connect_timeout = milliseconds{50};
  auto client = client_of({url_of(silent), url_of(other)}, how);
  check_letters(client.tokenize("abc"), 3);
}

BOOST_AUTO_TEST_CASE(too_many_connections_are_refused_and_the_other_is_asked) {
  byte_server full{[](const byte_connection& to) {
    (void)to.receive();
    to.send(encode_response(0, {status::too_many_connections, 0, 0, origin::none}));
  }};
  std::atomic<int> asked{0};
  byte_server other{letters_by(asked)};
  auto client = client_of({url_of(full), url_of(other)});
  check_letters(client.tokenize("abc"), 3);
}

// The server takes two of four, says so, and answers nothing until the other two were sent elsewhere.
BOOST_AUTO_TEST_CASE(what_a_server_that_goes_away_did_not_take_is_sent_elsewhere_without_waiting) {
  std::atomic<int> elsewhere{0};
  std::atomic<bool> late{false};
  byte_server other{[&](const byte_connection& to) {
    if (!greet(to)) return;
    while (const auto asked = to.receive()) {
      ++elsewhere;
      respond(to, *asked, letters(document_of(*asked).size()));
    }
  }};
  byte_server drains{[&](const byte_connection& to) {
    if (!greet(to)) return;
    std::vector<received_frame> all;
    for (int i = 0; i < 4; ++i) all.push_back(*to.receive());
    const auto said = encode_going_away({2, all[1].header.id});
    to.send(frame(frame_type::going_away, 0, {reinterpret_cast<const char*>(said.data()), said.size()}));
    for (int i = 0; i < 5000 && elsewhere < 2; ++i) std::this_thread::sleep_for(milliseconds{1});
    late = elsewhere < 2;
    for (size_t i = 2; i < 4; ++i) respond(to, all[i], refusal(status::shutting_down));
    for (size_t i = 0; i < 2; ++i) respond(to, all[i], letters(document_of(all[i]).size()));
    to.wait_for_end();
  }};
  auto client = client_of({url_of(drains), url_of(other)});
  std::vector<remote::call> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(std::move(*client.submit("abc")));
  for (auto& each : calls) check_letters(each.wait(), 3);
  BOOST_TEST(!late.load());
  BOOST_TEST(elsewhere.load() == 2);
  check_letters(client.tokenize("abc"), 3); // nothing more is sent to the one that drains
  BOOST_TEST(elsewhere.load() == 3);
}

BOOST_AUTO_TEST_CASE(a_server_that_goes_away_and_never_answers_what_it_did_not_take_is_left_at_once) {
  std::atomic<int> connections{0};
  byte_server server{[&](const byte_connection& to) {
    const bool is_first = connections++ == 0;
    if (!greet(to)) return;
    if (!is_first) return serve_letters(to);
    (void)to.receive();
    const auto said = encode_going_away({0, 0});
    to.send(frame(frame_type::going_away, 0, {reinterpret_cast<const char*>(said.data()), said.size()}));
    to.wait_for_end();
  }};
  auto client = client_of({url_of(server)});
  check_letters(client.tokenize("abc"), 3);
  BOOST_TEST(connections.load() == 2);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_started_anew_is_connected_to_again) {
  std::atomic<int> connections{0};
  byte_server server{[&](const byte_connection& to) {
    const bool is_first = connections++ == 0;
    if (!greet(to)) return;
    if (!is_first) return serve_letters(to);
    const auto asked = to.receive();
    if (asked) respond(to, *asked, letters(1));
  }};
  auto client = client_of({url_of(server)});
  check_letters(client.tokenize("a"), 1);
  check_letters(client.tokenize("abc"), 3);
  BOOST_TEST(connections.load() == 2);
}

BOOST_AUTO_TEST_SUITE_END()

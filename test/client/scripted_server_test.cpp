// What a client makes of servers that keep to the protocol.
#include <atomic>
#include <thread>

#include <sys/socket.h>

#include "test/client/played_server.hpp"

using namespace texlex;
using namespace texlex::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(scripted_server_test)

BOOST_AUTO_TEST_CASE(a_document_comes_back_as_columns) {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  auto client = client_of({url_of(server)});
  for (const std::string document : {"", "a", "abcdefgh"}) check_letters(client.tokenize(document), document.size());
  const std::string large(100'000, 'x');
  check_letters(client.tokenize(large), large.size());
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_asked_for_is_what_the_frame_says) {
  static const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  std::atomic<bool> right{false};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    const auto asked = to.receive();
    const auto taken = decode_tokenize(asked->payload);
    const auto& how = std::get<tokenize_request>(taken).options;
    right = how.columns == 0x83 && how.view == token_view::source && how.unit == position_unit::utf16_units
            && how.issues_told_max == 7 && how.regime == "plain" && how.deadline_ms > 4000 && how.deadline_ms <= 5000
            && how.priority == request_priority::interactive && how.trace && traceparent_of(*how.trace) == traceparent;
    respond(to, *asked, refusal(status::internal_error));
    to.wait_for_end();
  }};
  auto client = client_of({url_of(server)});
  remote::question how;
  how.regime = "plain";
  how.columns = TEXLEX_CLIENT_KINDS | TEXLEX_CLIENT_STARTS | TEXLEX_CLIENT_ISSUES;
  how.view = TEXLEX_VIEW_SOURCE;
  how.unit = TEXLEX_COLUMN_UTF16;
  how.issues_max = 7;
  how.timeout = milliseconds{5000};
  how.priority = TEXLEX_CLIENT_INTERACTIVE;
  how.traceparent = traceparent;
  const auto got = client.tokenize("a", how);
  check_fails(got, remote::status::refused, url_of(server) + ": the server refused: internal-error");
  BOOST_TEST(got.error().server_status == static_cast<uint32_t>(status::internal_error));
  BOOST_TEST(got.error().server_status_name() == "internal-error");
  BOOST_TEST(right.load());
}

BOOST_AUTO_TEST_CASE(requests_share_a_connection_and_may_be_answered_in_any_order) {
  byte_server server{[](const byte_connection& to) {
    if (!greet(to)) return;
    std::vector<received_frame> all;
    for (int i = 0; i < 10; ++i) all.push_back(*to.receive());
    for (auto each = all.rbegin(); each != all.rend(); ++each) respond(to, *each, letters(document_of(*each).size()));
    to.wait_for_end();
  }};
  auto client = client_of({url_of(server)});
  std::vector<std::string> documents;
  std::vector<remote::call> calls;
  for (size_t i = 0; i < 10; ++i) documents.emplace_back(i, 'x');
  for (const std::string& each : documents) calls.push_back(std::move(*client.submit(each)));
  for (size_t i = 0; i < 10; ++i) check_letters(calls[i].wait(), i);
  check_fails(calls[0].wait(), remote::status::null_argument);
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(many_threads_may_ask_one_client) {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  auto client = client_of({url_of(server)});
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> threads;
    for (size_t thread = 0; thread < 8; ++thread)
      threads.emplace_back([&, thread] {
        for (size_t i = 0; i < 50; ++i) {
          const std::string document(thread * 50 + i, 'x');
          const auto got = client.tokenize(document);
          if (got && got->size() == document.size()) ++right;
        }
      });
  }
  BOOST_TEST(right.load() == 400);
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(no_more_requests_are_in_flight_than_the_server_takes) {
  std::atomic<bool> too_many{false};
  byte_server server{[&](const byte_connection& to) {
    auto offer = usual_offer();
    offer.requests_in_flight_max = 1;
    if (!greet(to, offer)) return;
    while (const auto asked = to.receive()) {
      std::this_thread::sleep_for(milliseconds{1});
      uint8_t next = 0;
      if (::recv(to.descriptor(), &next, 1, MSG_PEEK | MSG_DONTWAIT) > 0) too_many = true;
      respond(to, *asked, letters(document_of(*asked).size()));
    }
  }};
  auto client = client_of({url_of(server)});
  std::vector<remote::call> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(std::move(*client.submit("abc")));
  for (auto& each : calls) check_letters(each.wait(), 3);
  BOOST_TEST(!too_many.load());
}

BOOST_AUTO_TEST_CASE(overload_is_tried_again_after_as_long_as_the_server_asks) {
  std::atomic<int> asked_count{0};
  std::atomic<int64_t> waited_ms{0};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    auto before = std::chrono::steady_clock::now();
    while (const auto asked = to.receive()) {
      const auto at = std::chrono::steady_clock::now();
      if (++asked_count == 2) waited_ms = std::chrono::duration_cast<milliseconds>(at - before).count();
      before = at;
      respond(to, *asked, asked_count < 3 ? refusal(status::overload, 60) : letters(2));
    }
  }};
  auto client = client_of({url_of(server)});
  check_letters(client.tokenize("ab"), 2);
  BOOST_TEST(asked_count.load() == 3);
  BOOST_TEST(waited_ms.load() >= 60);
}

BOOST_AUTO_TEST_CASE(what_another_try_cannot_help_is_not_tried_again) {
  std::atomic<int> asked_count{0};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    while (const auto asked = to.receive()) {
      ++asked_count;
      respond(to, *asked, refusal(status::condemned_document));
    }
  }};
  auto client = client_of({url_of(server)});
  check_fails(client.tokenize("a"), remote::status::refused, "condemned-document");
  BOOST_TEST(asked_count.load() == 1);
}

BOOST_AUTO_TEST_CASE(tries_end_after_as_many_as_there_may_be) {
  std::atomic<int> asked_count{0};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    while (const auto asked = to.receive()) {
      ++asked_count;
      respond(to, *asked, refusal(status::overload));
    }
  }};
  remote::client_options how;
  how.attempts_max = 3;
  auto client = client_of({url_of(server)}, how);
  check_fails(client.tokenize("a"), remote::status::refused, "overload");
  BOOST_TEST(asked_count.load() == 3);
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_answer_in_time_is_told_that_nobody_waits) {
  std::atomic<bool> cancelled{false};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    const auto first = to.receive();
    const auto second = to.receive();
    cancelled = second && is(*second, frame_type::cancel) && second->header.id == first->header.id;
    respond(to, *first, refusal(status::cancelled));
    serve_letters(to);
  }};
  auto client = client_of({url_of(server)});
  remote::question how;
  how.timeout = milliseconds{50};
  check_fails(client.tokenize("abc", how), remote::status::timed_out);
  check_letters(client.tokenize("ab"), 2); // the connection goes on
  BOOST_TEST(cancelled.load());
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_call_that_is_dropped_is_cancelled_and_its_document_may_be_freed) {
  std::atomic<size_t> bytes{0};
  std::atomic<bool> begun{false}, dropped{false};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    char first_byte = 0; // the rest fills the socket before it is read
    if (::recv(to.descriptor(), &first_byte, 1, MSG_PEEK) != 1) return;
    begun = true;
    dropped.wait(false);
    const auto first = to.receive();
    if (!first) return;
    bytes = document_of(*first).find_first_not_of('x') == std::string::npos ? first->payload.size() : 0;
    respond(to, *first, refusal(status::cancelled));
    serve_letters(to);
  }};
  auto client = client_of({url_of(server)});
  auto document = std::make_unique<std::string>(1'000'000, 'x');
  {
    auto call = client.submit(*document);
    BOOST_TEST_REQUIRE(static_cast<bool>(call));
    remote::question soon;
    soon.timeout = milliseconds{5};
    while (!begun) (void)client.tokenize("a", soon); // has the client connect and send
  }
  dropped = true;
  dropped.notify_all();
  std::fill(document->begin(), document->end(), 'y');
  document.reset();
  check_letters(client.tokenize("ab"), 2);
  BOOST_TEST(bytes > 1'000'000u); // as it was when it was dropped
}

BOOST_AUTO_TEST_CASE(a_server_that_knows_no_hello_is_asked_for_counts) {
  byte_server server{[](const byte_connection& to) {
    while (const auto asked = to.receive()) {
      if (!is(*asked, frame_type::request)) {
        to.send(encode_response(asked->header.id, {status::unknown_type, 0, 0, origin::none}));
        return;
      }
      to.send(encode_response(asked->header.id, {status::ok, 2, 1, origin::primary}));
    }
  }};
  auto client = client_of({url_of(server)});
  remote::question counts;
  counts.columns = 0;
  const auto got = client.tokenize("ab", counts);
  BOOST_TEST_REQUIRE(static_cast<bool>(got), got.error().text);
  BOOST_TEST(got->size() == 2u);
  BOOST_TEST(got->issue_count() == 1u);
  BOOST_TEST(got->kinds().empty());
  check_fails(client.tokenize("ab"), remote::status::unsupported, "version 1");
  counts.priority = TEXLEX_CLIENT_BACKGROUND;
  check_fails(client.tokenize("ab", counts), remote::status::unsupported, "version 1");
}

BOOST_AUTO_TEST_CASE(what_the_server_cannot_do_is_not_asked) {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  auto client = client_of({url_of(server)});
  remote::question how;
  how.regime = "plane";
  check_fails(client.tokenize("a", how), remote::status::unsupported, "no regime \"plane\"; it has latex, plain");
  how = {};
  how.columns = TEXLEX_CLIENT_ISSUES;
  how.issues_max = 100'000;
  check_fails(client.tokenize("a", how), remote::status::unsupported, "65536 issues at most");
  const std::string large(2u << 20, 'x');
  check_fails(client.tokenize(large), remote::status::refused, "document-too-large");
}

BOOST_AUTO_TEST_SUITE_END()

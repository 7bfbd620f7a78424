// What a server says of itself, for who wants to know before anything is asked.
#include <atomic>
#include <cstring>
#include <thread>

#include "test/client/played_server.hpp"

using namespace texlex;
using namespace texlex::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(offer_test)

namespace {

void check_offer_fails(const remote::result<remote::server_offer>& got, remote::status wanted, std::string_view text) {
  BOOST_TEST_REQUIRE(!got);
  BOOST_TEST(got.status() == wanted, got.error().text);
  BOOST_TEST((got.error().text.find(text) != std::string::npos), got.error().text);
}

} // namespace

BOOST_AUTO_TEST_CASE(all_that_a_server_says_is_told_and_its_connection_is_used_then) {
  byte_server server{[](const byte_connection& to) {
    auto said = usual_offer();
    said.columns = 0x83;
    said.document_bytes_max = 1000;
    said.issues_told_max = 9;
    said.batch_documents_max = 17;
    if (greet(to, said)) serve_letters(to);
  }};
  auto client = client_of({url_of(server)});
  for (int i = 0; i < 2; ++i) {
    const auto got = client.offer();
    BOOST_TEST_REQUIRE(static_cast<bool>(got), got.error().text);
    BOOST_TEST(got->version == 2u);
    BOOST_TEST(got->columns == 0x83u);
    BOOST_TEST(got->document_bytes_max == 1000u);
    BOOST_TEST(got->issues_max == 9u);
    BOOST_TEST(got->batch_documents_max == 17u);
    BOOST_TEST(!got->passes_descriptors);
    BOOST_TEST((got->regimes == std::vector<std::string>{"latex", "plain"}));
    check_letters(client.tokenize("abc"), 3);
  }
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(each_of_several_servers_is_asked_for_itself) {
  byte_server one{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  auto other_offer = usual_offer();
  other_offer.regimes = {"expl3"};
  byte_server other{[&](const byte_connection& to) {
    if (greet(to, other_offer)) serve_letters(to);
  }};
  auto client = client_of({url_of(one), "unix:/nowhere/at/all.sock", url_of(other)});
  BOOST_TEST(client.offer(2)->regimes.front() == "expl3");
  check_offer_fails(client.offer(1), remote::status::unreachable, "unix:/nowhere/at/all.sock: No such file");
  BOOST_TEST(client.offer(0)->regimes.front() == "latex");
  check_offer_fails(client.offer(3), remote::status::bad_option, "");
  BOOST_TEST(one.connections() == 1u);
  BOOST_TEST(other.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(of_a_server_of_version_1_nothing_is_told_that_holds_for_version_2_alone) {
  for (const bool knows_hello : {false, true}) {
    byte_server server{[&](const byte_connection& to) {
      while (const auto asked = to.receive()) {
        auto said = usual_offer();
        said.version = 1;
        if (knows_hello)
          to.send(frame(frame_type::hello_response, asked->header.id, encode_hello_response(said)));
        else if (is(*asked, frame_type::hello))
          return (void)to.send(encode_response(asked->header.id, {status::unknown_type, 0, 0, origin::none}));
      }
    }};
    auto client = client_of({url_of(server)});
    const auto got = client.offer();
    BOOST_TEST_REQUIRE(static_cast<bool>(got), got.error().text);
    BOOST_TEST(got->version == 1u);
    BOOST_TEST(got->columns == 0u);
    BOOST_TEST(got->issues_max == 0u);
    BOOST_TEST(got->batch_documents_max == 0u);
    BOOST_TEST(got->document_bytes_max > 0u);
    BOOST_TEST(got->regimes.empty());
  }
}

BOOST_AUTO_TEST_CASE(there_is_one_try_and_no_pause_before_the_next_question) {
  std::atomic<int> connections{0};
  byte_server server{[&](const byte_connection& to) {
    if (++connections <= 3) return; // ended before the hello is answered
    if (greet(to)) serve_letters(to);
  }};
  auto client = client_of({url_of(server)});
  for (int i = 1; i <= 3; ++i) {
    check_offer_fails(client.offer(), remote::status::unreachable, "");
    BOOST_TEST(connections.load() == i);
  }
  BOOST_TEST(static_cast<bool>(client.offer()));
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_the_connection_is_told_as_such) {
  byte_server full{[](const byte_connection& to) {
    (void)to.receive();
    to.send(encode_response(0, {status::too_many_connections, 0, 0, origin::none}));
  }};
  const auto got = client_of({url_of(full)}).offer();
  check_offer_fails(got, remote::status::refused, "too-many-connections");
  BOOST_TEST(got.error().server_status == static_cast<uint32_t>(status::too_many_connections));
}

BOOST_AUTO_TEST_CASE(what_takes_longer_than_the_question_may_is_found_by_the_next_one) {
  std::atomic<bool> may_answer{false};
  byte_server slow{[&](const byte_connection& to) {
    const auto hello = to.receive();
    while (!may_answer) std::this_thread::sleep_for(milliseconds{1});
    if (hello) to.send(frame(frame_type::hello_response, hello->header.id, encode_hello_response(usual_offer())));
    serve_letters(to);
  }};
  auto client = client_of({url_of(slow)});
  check_offer_fails(client.offer(0, milliseconds{20}), remote::status::timed_out, "");
  may_answer = true;
  BOOST_TEST(static_cast<bool>(client.offer(0, milliseconds{20'000})));
  BOOST_TEST(slow.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_silent_server_is_not_waited_for_longer_than_connecting_may_take) {
  byte_server silent{[](const byte_connection& to) { to.wait_for_end(); }};
  remote::client_options how;
  how.connect_timeout = milliseconds{50};
  auto client = client_of({url_of(silent)}, how);
  check_offer_fails(client.offer(), remote::status::unreachable, "did not answer the hello");
}

BOOST_AUTO_TEST_CASE(a_server_that_shuts_down_offers_nothing) {
  std::atomic<bool> is_said{false};
  byte_server drains{[&](const byte_connection& to) {
    if (!greet(to)) return;
    const auto asked = to.receive();
    const auto said = encode_going_away({1, asked->header.id});
    to.send(frame(frame_type::going_away, 0, {reinterpret_cast<const char*>(said.data()), said.size()}));
    is_said = true;
    to.wait_for_end();
  }};
  auto client = client_of({url_of(drains)});
  auto call = client.submit("abc");
  while (!is_said) (void)texlex_client_turn(client.get()), std::this_thread::sleep_for(milliseconds{1});
  check_offer_fails(client.offer(), remote::status::refused, "shutting-down");
}

BOOST_AUTO_TEST_CASE(questions_from_several_threads_beside_documents_are_all_answered) {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  auto client = client_of({url_of(server)});
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 6; ++thread)
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 50; ++i)
          if (thread % 2 == 0 ? static_cast<bool>(client.offer()) : static_cast<bool>(client.tokenize("abc"))) ++right;
      });
  }
  BOOST_TEST(right.load() == 300);
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(who_inquires_again_and_again_keeps_no_document_waiting) {
  remote::client_options how;
  how.timeout = milliseconds{20'000};
  how.unreachable_attempts_max = 3;
  auto client = client_of({"unix:/nowhere/at/all.sock"}, how);
  std::atomic<bool> ended{false};
  const std::jthread inquires{[&] {
    while (!ended) (void)client.offer(), std::this_thread::sleep_for(milliseconds{1});
  }};
  const auto got = client.tokenize("abc");
  ended = true;
  check_fails(got, remote::status::unreachable, "No such file");
}

BOOST_AUTO_TEST_CASE(in_c_what_is_null_is_an_error_and_has_nothing) {
  texlex_client_offer* offer = nullptr;
  BOOST_TEST(texlex_client_ask_offer(nullptr, 0, 0, &offer) == TEXLEX_CLIENT_NULL_ARGUMENT);
  auto client = client_of({"unix:/nowhere.sock"});
  BOOST_TEST(texlex_client_ask_offer(client.get(), 0, 0, nullptr) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_ask_offer(client.get(), 1, 0, &offer) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(texlex_client_ask_offer(client.get(), 0, UINT64_MAX, &offer) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST((offer == nullptr));
  BOOST_TEST(texlex_client_offer_status(nullptr) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_offer_version(nullptr) == 0u);
  BOOST_TEST(texlex_client_offer_regime_count(nullptr) == 0u);
  BOOST_TEST((texlex_client_offer_regime(nullptr, 0) == nullptr));
  BOOST_TEST(std::strlen(texlex_client_offer_text(nullptr)) > 0u);
  texlex_client_offer_free(nullptr);
  BOOST_TEST(texlex_client_ask_offer(client.get(), 0, 0, &offer) == TEXLEX_CLIENT_UNREACHABLE);
  BOOST_TEST_REQUIRE((offer != nullptr)); // made whatever it is
  BOOST_TEST(texlex_client_offer_status(offer) == TEXLEX_CLIENT_UNREACHABLE);
  BOOST_TEST(texlex_client_offer_document_bytes_max(offer) == 0u);
  texlex_client_offer_free(offer);
}

BOOST_AUTO_TEST_SUITE_END()

// A texlexd in place of the scan: one that is right, slow, overloaded or full, of version 1, or that ends connections.
// What the client library does about it is tested in test/client; here is what comes of it.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "kernels/regimes.hpp"
#include "test/unit/cli/played_service.hpp"

using namespace texlex;
using namespace texlex::cli;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(token_service_test)

BOOST_AUTO_TEST_CASE(a_server_that_is_right_gives_what_a_scan_gives) {
  const byte_server server{serve_rightly};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  BOOST_TEST(!service.service.speaks_version_1());
  for (const std::string document : {"", "a", "\\abc \u00e9%\n}\xFF", "\x01\x01\n\n"})
    BOOST_TEST(differs(service.group, document) == "");
  BOOST_TEST(differs(service.group, std::string(300'000, 'x') + "\\y") == "");
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(the_regime_is_always_said_and_nothing_is_asked_for_that_is_not_needed) {
  std::vector<std::pair<tokenize_options, std::string>> asked;
  const byte_server server{[&](const byte_connection& client) {
    if (!greet(client)) return;
    while (const auto frame = client.receive()) {
      const auto options = understand(*frame).options;
      asked.emplace_back(options, options.regime);
      if (!client.send(right_answer(*frame))) return;
    }
  }};
  const auto ask = [&](auto change) {
    auto wanted = wishes(server);
    change(wanted);
    only_service service{wanted};
    BOOST_TEST(service.begin() == "");
    const std::array inputs{scan_input{bytes_of("a"), find_regime("plain-8bit"), token_view::source}};
    BOOST_TEST(std::holds_alternative<token_columns>(service.group.tokenize(inputs).front()));
    const auto [options, regime] = asked.back();
    BOOST_TEST(regime == "plain-8bit");
    BOOST_TEST((options.view == token_view::source));
    return options;
  };
  BOOST_TEST(ask([](auto&) {}).columns == 0x83u);
  BOOST_TEST(ask([](auto& wanted) { wanted.issues_max = 1'000'000; }).issues_told_max == 100u); // as offered
  BOOST_TEST(ask([](auto& wanted) { wanted.issues = false; }).columns == 0x03u);
  BOOST_TEST(ask([](auto& wanted) { wanted.issues = false, wanted.format = "counts"; }).columns == 0u);
}

BOOST_AUTO_TEST_CASE(an_answer_may_come_byte_by_byte) {
  const byte_server server{[](const byte_connection& client) {
    const auto trickle = [&](const bytes& all) {
      return std::all_of(all.begin(), all.end(), [&](const uint8_t& byte) { return client.send({&byte, 1}); });
    };
    const auto hello = client.receive();
    if (!hello || !trickle(hello_answer(hello->header.id))) return;
    while (const auto frame = client.receive())
      if (!trickle(right_answer(*frame))) return;
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  BOOST_TEST(differs(service.group, "\\abc d\xFF") == "");
}

BOOST_AUTO_TEST_CASE(one_connection_does_for_any_number_of_threads) {
  const byte_server server{serve_rightly};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i)
      threads.emplace_back([&, i] {
        for (int k = 0; k < 20; ++k)
          if (!differs(service.group, std::string(static_cast<size_t>(i * 1000 + k), 'a')).empty()) ++wrong;
      });
  }
  BOOST_TEST(wrong == 0);
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(small_documents_go_together_and_large_ones_by_themselves) {
  std::atomic<int> batches = 0, alone = 0;
  const byte_server server{[&](const byte_connection& client) {
    if (!greet(client)) return;
    while (const auto frame = client.receive()) {
      ++(is_batch(*frame) ? batches : alone);
      const auto nobody = [](std::string_view) { return status::ok; };
      if (!client.send(is_batch(*frame) ? right_batch_answer(*frame, nobody) : right_answer(*frame))) return;
    }
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  std::vector<std::string> documents;
  for (size_t i = 0; i < 100; ++i) documents.push_back("\\a" + std::string(i, 'x') + "}\xFF");
  documents[17] = std::string(token_service::small_document_bytes, 'x') + "\\y";
  documents[99] = std::string(200'000, 'z');
  std::vector<scan_input> inputs;
  for (const std::string& each : documents) inputs.push_back(input_of(each));
  const auto got = service.group.tokenize(inputs);
  BOOST_TEST_REQUIRE(got.size() == documents.size());
  for (size_t i = 0; i < got.size(); ++i) BOOST_TEST(difference(got[i], documents[i]) == "");
  BOOST_TEST(batches == 1);
  BOOST_TEST(alone == 2);
}

BOOST_AUTO_TEST_CASE(a_document_of_many_that_is_refused_has_a_sentence_and_the_others_their_tokens) {
  const byte_server server{[](const byte_connection& client) {
    if (!greet(client)) return;
    const auto refuses = [](std::string_view document) {
      return document == "bad" ? status::condemned_document : status::ok;
    };
    while (const auto frame = client.receive())
      if (!client.send(is_batch(*frame) ? right_batch_answer(*frame, refuses) : right_answer(*frame))) return;
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  const std::array inputs{input_of("good"), input_of("bad"), input_of("\\best")};
  const auto got = service.group.tokenize(inputs);
  BOOST_TEST(difference(got[0], "good") == "");
  BOOST_TEST(has(difference(got[1], "bad"), "condemned-document"));
  BOOST_TEST(!std::get<group_failure>(got[1]).none_left);
  BOOST_TEST(difference(got[2], "\\best") == "");
}

BOOST_AUTO_TEST_CASE(documents_for_which_there_was_no_room_are_asked_for_again_and_none_is_lost) {
  std::atomic<int> frames = 0;
  const byte_server server{[&](const byte_connection& client) {
    if (!greet(client)) return;
    while (const auto frame = client.receive()) {
      ++frames;
      int places = 4;
      const auto refuses = [&](std::string_view) { return places-- > 0 ? status::ok : status::overload; };
      if (!client.send(is_batch(*frame) ? right_batch_answer(*frame, refuses) : right_answer(*frame))) return;
    }
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  std::vector<std::string> documents;
  for (size_t i = 0; i < 200; ++i) documents.push_back(std::string(i, 'x') + "}");
  std::vector<scan_input> inputs;
  for (const std::string& each : documents) inputs.push_back(input_of(each));
  const auto got = service.group.tokenize(inputs);
  for (size_t i = 0; i < got.size(); ++i) BOOST_TEST(difference(got[i], documents[i]) == "");
  BOOST_TEST(frames >= 50);
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_no_batches_is_asked_one_by_one) {
  const byte_server server{[](const byte_connection& client) {
    auto said = usual_offer();
    said.batch_documents_max = 0;
    if (greet(client, said)) answer_rightly(client);
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  BOOST_TEST(service.group.batch_documents_max() == 1u);
  const std::array inputs{input_of("a"), input_of("b}")};
  const auto got = service.group.tokenize(inputs);
  BOOST_TEST(difference(got[0], "a") == "");
  BOOST_TEST(difference(got[1], "b}") == "");
}

BOOST_AUTO_TEST_CASE(overload_is_waited_out) {
  std::atomic<int> requests = 0;
  const byte_server server{[&](const byte_connection& client) {
    if (!greet(client)) return;
    while (const auto frame = client.receive()) {
      const uint64_t id = frame->header.id;
      switch (requests++) {
        case 0: (void)client.send(refusal(id, status::overload, 1)); break;
        case 1: (void)client.send(refusal(id, status::deadline_exceeded)); break;
        default: (void)client.send(right_answer(*frame));
      }
    }
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  BOOST_TEST(differs(service.group, "a}") == "");
  BOOST_TEST(requests == 3);
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_server_that_has_no_place_for_a_connection_is_waited_for) {
  const byte_server server{[](const byte_connection& client) {
    if (client.number >= 2) return serve_rightly(client);
    if (client.receive()) (void)client.send(bytes_of_response(0, {status::too_many_connections, 0, 0, origin::none}));
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  BOOST_TEST(differs(service.group, "a}") == "");
  BOOST_TEST(server.connections() == 3u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_ended_while_it_was_idle_is_replaced) {
  const byte_server server{[](const byte_connection& client) {
    if (!greet(client)) return;
    const auto frame = client.receive();
    if (frame) (void)client.send(right_answer(*frame));
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  for (int i = 0; i < 5; ++i) BOOST_TEST(differs(service.group, "a}") == "");
  BOOST_TEST(server.connections() == 5u);
}

// Counts by version 1 are under a regime that nobody is told.
BOOST_AUTO_TEST_CASE(a_server_that_is_replaced_by_one_of_version_1_is_asked_for_nothing_more) {
  std::atomic<int> counted = 0;
  const byte_server server{[&](const byte_connection& client) {
    if (client.number == 0) {
      if (greet(client)) (void)client.receive();
      return;
    }
    while (const auto frame = client.receive()) {
      const bool asks = frame->header.type == static_cast<uint32_t>(frame_type::request);
      if (asks) ++counted;
      const auto answer =
        asks ? outcome{status::ok, 2, 0, origin::primary} : outcome{status::unknown_type, 0, 0, origin::none};
      if (!client.send(bytes_of_response(frame->header.id, answer)) || !asks) return;
    }
  }};
  auto wanted = wishes(server);
  wanted.format = "counts";
  wanted.issues = false;
  only_service service{wanted};
  BOOST_TEST(service.begin() == "");
  const auto said = differs(service.group, "a");
  BOOST_TEST(has(said, "no longer does what it offered"), said);
  BOOST_TEST(has(said, "version 1"), said);
  BOOST_TEST(service.group.gave_up());
  BOOST_TEST(counted == 0);
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_each_time_is_replaced_once) {
  const byte_server server{[](const byte_connection& client) {
    if (greet(client)) (void)client.receive();
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  const auto said = differs(service.group, "a}");
  BOOST_TEST(has(said, "ended the connection"), said);
  BOOST_TEST(service.group.gave_up());
  BOOST_TEST(server.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_said_of_a_document_keeps_the_others_from_nothing) {
  const status of_a_document[] = {status::document_too_large, status::worker_lost, status::internal_error,
                                  status::condemned_document};
  std::atomic<size_t> next = 0;
  const byte_server server{[&](const byte_connection& client) {
    if (!greet(client)) return;
    while (const auto frame = client.receive()) {
      const bool refuses = understand(*frame).document == "bad";
      if (!client.send(refuses ? refusal(frame->header.id, of_a_document[next++]) : right_answer(*frame))) return;
    }
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  for (const status why : of_a_document) {
    BOOST_TEST(has(differs(service.group, "bad"), name_of(why)));
    BOOST_TEST(differs(service.group, "good") == "");
  }
  BOOST_TEST(!service.group.gave_up());
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_document_larger_than_the_server_takes_is_not_sent) {
  std::atomic<int> requests = 0;
  auto said = usual_offer();
  said.document_bytes_max = 10;
  const byte_server server{[&](const byte_connection& client) {
    if (!greet(client, said)) return;
    while (const auto frame = client.receive()) {
      ++requests;
      if (!client.send(right_answer(*frame))) return;
    }
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  const auto refused = differs(service.group, "12345678901");
  BOOST_TEST(has(refused, "11 bytes"), refused);
  BOOST_TEST(has(refused, "10 at most"), refused);
  BOOST_TEST(differs(service.group, "1234567890") == "");
  BOOST_TEST(requests == 1);
}

BOOST_AUTO_TEST_CASE(a_document_with_more_issues_than_the_server_tells_and_are_wanted_is_an_error) {
  auto said = usual_offer();
  said.issues_told_max = 3;
  const byte_server server{[&](const byte_connection& client) {
    if (!greet(client, said)) return;
    while (const auto frame = client.receive())
      if (!client.send(right_answer(*frame))) return;
  }};
  only_service service{wishes(server)};
  BOOST_TEST(service.begin() == "");
  BOOST_TEST(differs(service.group, "\x01\x01\x01") == "");
  const auto refused = differs(service.group, "\x01\x01\x01\x01");
  BOOST_TEST(has(refused, "4 issues"), refused);
  BOOST_TEST(has(refused, "--issues-max 3"), refused);
  BOOST_TEST(!service.group.gave_up());
}

BOOST_AUTO_TEST_CASE(a_server_of_version_1_counts_whether_it_knows_the_hello_or_not) {
  for (const bool knows_hello : {false, true}) {
    const byte_server server{[&](const byte_connection& client) {
      while (const auto frame = client.receive()) {
        const uint64_t id = frame->header.id;
        if (frame->header.type == static_cast<uint32_t>(frame_type::request)) {
          (void)client.send(bytes_of_response(id, {status::ok, 2, 1, origin::primary}));
          continue;
        }
        auto said = usual_offer();
        said.version = 1;
        if (knows_hello) {
          (void)client.send(hello_answer(id, said));
          continue;
        }
        (void)client.send(bytes_of_response(id, {status::unknown_type, 0, 0, origin::none}));
        return;
      }
    }};
    auto wanted = wishes(server);
    wanted.format = "counts";
    wanted.issues = false;
    only_service service{wanted};
    BOOST_TEST(service.begin() == "");
    BOOST_TEST(service.service.speaks_version_1());
    const auto all = service.group.tokenize(std::array{input_of("a}")});
    const auto& got = all.front();
    BOOST_REQUIRE(std::holds_alternative<token_columns>(got));
    BOOST_TEST(std::get<token_columns>(got).count == 2u);
    BOOST_TEST(std::get<token_columns>(got).issue_count == 1u);
    BOOST_TEST(server.connections() == (knows_hello ? 1u : 2u));
    BOOST_TEST(has(differs(service.group, ""), "2 tokens")); // which it has not
    only_service tokens{wishes(server)};
    BOOST_TEST(has(tokens.begin(), "--format tsv"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

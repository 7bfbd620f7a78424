// Version 2 of the protocol over texlexd as it is shipped: the tokens themselves, and what becomes of their memory.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "kernels/regimes.hpp"
#include "test/e2e/token_caller.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(tokens_test)

namespace {

/// Whatever workers are.
void for_each_isolation(const std::function<void(const std::vector<std::string>&)>& check) {
  for (const char* isolation : {"thread", "process"})
    BOOST_TEST_CONTEXT("isolation " << isolation) check({"--isolation", isolation});
}

std::vector<std::string> with(std::vector<std::string> flags, const std::vector<std::string>& more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

} // namespace

BOOST_AUTO_TEST_CASE(tokens_come_as_in_process_under_every_regime_and_view) {
  for_each_isolation([](const std::vector<std::string>& flags) {
    running_texlexd server{flags};
    token_caller caller{server};
    BOOST_TEST(caller.hello.columns == all_columns);
    BOOST_TEST(caller.hello.regimes.size() == regime_names().size());
    uint64_t id = 0;
    for (const std::string& document : sample_documents())
      for (const std::string& regime : caller.hello.regimes)
        for (const token_view view : {token_view::tex, token_view::source}) {
          caller.tokenize(++id, document, {.columns = kinds_and_starts, .view = view, .regime = regime});
          caller.expect_tokens(id, scan(document, *find_regime(regime), view));
        }
    BOOST_TEST(eventually_none_in_flight(server));
    server.stop();
  });
}

BOOST_AUTO_TEST_CASE(requests_of_every_priority_are_answered_alike) {
  running_texlexd server;
  token_caller caller{server};
  const std::string document = "\\a{b}";
  const auto expected = scan(document, *find_regime("plain"));
  uint64_t id = 0;
  for (const auto priority : {request_priority::background, request_priority::normal, request_priority::interactive}) {
    const tokenize_options options{.columns = kinds_and_starts, .regime = "plain", .priority = priority};
    caller.tokenize(++id, document, options);
    caller.expect_tokens(id, expected);
    caller.tokenize_batch(++id, {document, document}, options);
    for (const tokenized& each : caller.responses(id)) token_caller::check_tokens(each, expected);
  }
}

// While it is answered, much of what it has sent ahead has been read already.
BOOST_AUTO_TEST_CASE(a_client_that_sends_more_ahead_than_may_be_in_flight_has_all_its_tokens) {
  constexpr uint64_t requests = 64;
  for (const char* way : {"--io-uring", "--no-io-uring"}) BOOST_TEST_CONTEXT(way) {
      running_texlexd server{{"--requests-per-connection-max", "4", way}};
      token_caller caller{server};
      std::string document;
      while (document.size() < 20'000) document += "some \\words ";
      std::jthread sender{[&] {
        for (uint64_t id = 1; id <= requests; ++id) caller.tokenize(id, document, {.columns = kinds_and_starts});
      }};
      caller.expect_tokens_of_all(requests, scan(document, *find_regime("latex")));
      sender.join();
      server.stop();
    }
}

BOOST_AUTO_TEST_CASE(large_documents_come_with_all_columns_whoever_scans_them) {
  for_each_isolation([](const std::vector<std::string>& flags) {
    running_texlexd server{flags};
    token_caller caller{server};
    const std::string document = megabyte();
    const scanned expected = scan(document, *find_regime("latex"));
    caller.tokenize(1, document, {.columns = kinds_and_starts}); // alone in the house
    caller.expect_tokens(1, expected);
    caller.tokenize(2, document, {.columns = all_columns, .issues_told_max = 10});
    caller.expect_tokens(2, expected);
    server.stop();
  });
}

BOOST_AUTO_TEST_CASE(the_winner_s_columns_are_right_where_most_attempts_stall_and_have_copies) {
  for_each_isolation([](const std::vector<std::string>& flags) {
    running_texlexd server{
      with(flags, {"--inject-stall-ppm", "500000", "--inject-stall-us", "20000", "--hedge-delay-us", "1000",
                   "--hedge-budget-percent", "100", "--hedge-ceiling-percent", "100"})};
    token_caller caller{server};
    const std::string document = sample_documents().front();
    const scanned expected = scan(document, *find_regime("latex"));
    for (uint64_t id = 1; id <= 100; ++id) {
      caller.tokenize(id, document, {.columns = kinds_and_starts});
      caller.expect_tokens(id, expected);
    }
    BOOST_TEST(eventually_none_in_flight(server));
    server.stop();
  });
}

BOOST_AUTO_TEST_CASE(documents_of_a_batch_are_answered_as_if_each_had_come_alone) {
  for_each_isolation([](const std::vector<std::string>& flags) {
    running_texlexd server{flags};
    token_caller caller{server};
    std::vector<std::string> documents;
    for (const std::string& sample : sample_documents())
      if (sample.size() < 10'000) documents.push_back(sample);
    documents.resize(caller.hello.batch_documents_max, "\\TeX");
    for (uint64_t id = 1; id <= 20; ++id) {
      caller.tokenize_batch(id, documents, {.columns = kinds_and_starts, .regime = "plain"});
      const auto got = caller.responses(id);
      BOOST_REQUIRE(got.size() == documents.size());
      for (size_t i = 0; i < got.size(); ++i)
        token_caller::check_tokens(got[i], scan(documents[i], *find_regime("plain")));
    }
    BOOST_TEST(eventually_none_in_flight(server));
    server.stop();
  });
}

BOOST_AUTO_TEST_CASE(a_batch_finds_places_for_some_of_its_documents_and_the_others_are_refused) {
  running_texlexd server{{"--requests-max", "10"}};
  token_caller caller{server};
  caller.tokenize_batch(1, std::vector<std::string>(25, "abc"), {});
  const auto got = caller.responses(1);
  BOOST_REQUIRE(got.size() == 25u);
  for (size_t i = 0; i < got.size(); ++i)
    BOOST_TEST(got[i].head.result.status == (i < 10 ? status::ok : status::overload));
  caller.tokenize_batch(2, std::vector<std::string>(10, "abc"), {}); // they were given back
  for (const tokenized& each : caller.responses(2)) BOOST_TEST(each.head.result.status == status::ok);
  server.stop();
}

BOOST_AUTO_TEST_CASE(documents_of_a_batch_are_hedged_each_for_itself) {
  for (const char* isolation : {"thread", "process"}) {
    running_texlexd server{{"--isolation", isolation, "--inject-stall-ppm", "300000", "--inject-stall-us", "20000",
                            "--hedge-delay-us", "1000", "--hedge-budget-percent", "100", "--hedge-ceiling-percent",
                            "100", "--loop-bytes-max", "0"}};
    token_caller caller{server};
    std::vector<std::string> documents;
    for (size_t i = 0; i < 50; ++i) documents.push_back(std::string(i, 'a'));
    for (uint64_t id = 1; id <= 4; ++id) {
      caller.tokenize_batch(id, documents, {});
      const auto got = caller.responses(id);
      BOOST_REQUIRE(got.size() == documents.size());
      for (size_t i = 0; i < got.size(); ++i) {
        BOOST_TEST(got[i].head.result.status == status::ok);
        BOOST_TEST(got[i].head.result.token_count == i + 1);
      }
    }
    server.stop();
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_holds_bounded_memory_and_keeps_nobody_waiting) {
  for_each_isolation([](const std::vector<std::string>& flags) {
    running_texlexd server{with(flags, {"--column-bytes-max", "67108864"})};
    const std::string document = megabyte();
    const scanned expected = scan(document, *find_regime("latex"));
    token_caller slow{server};
    std::jthread sending{[&] {
      for (uint64_t id = 1; id <= 20; ++id) slow.tokenize(id, document, {.columns = kinds_and_starts});
    }};
    token_caller polite{server};
    for (uint64_t id = 1; id <= 50; ++id) {
      polite.tokenize(id, "Hi \\TeX", {.columns = kinds_and_starts});
      polite.expect_tokens(id, scan("Hi \\TeX", *find_regime("latex")));
      BOOST_TEST(column_bytes_in_flight(server) <= 67108864u);
    }
    slow.expect_tokens_of_all(20, expected); // and loses nothing by it
    sending.join();
    BOOST_TEST(eventually_none_in_flight(server));
    server.stop();
  });
}

BOOST_AUTO_TEST_CASE(the_columns_of_a_client_that_is_gone_are_given_back) {
  for_each_isolation([](const std::vector<std::string>& flags) {
    running_texlexd server{flags};
    const std::string document = megabyte();
    for (int round = 0; round < 20; ++round) {
      token_caller gone{server};
      gone.tokenize(1, document, {.columns = all_columns});
    }
    BOOST_TEST(eventually_none_in_flight(server));
    server.stop();
  });
}

BOOST_AUTO_TEST_CASE(what_would_never_fit_is_refused_as_too_large) {
  for_each_isolation([](const std::vector<std::string>& flags) {
    running_texlexd server{with(flags, {"--column-bytes-max", "100000"})};
    token_caller caller{server};
    const std::string document(50'000, 'a');
    caller.tokenize(1, document, {.columns = kinds_and_starts});
    BOOST_TEST(caller.response(1).head.result.status == status::document_too_large);
    caller.tokenize(2, document, {}); // counts take none of that memory
    BOOST_TEST(caller.response(2).head.result.token_count == 50'001u);
    server.stop();
  });
}

BOOST_AUTO_TEST_CASE(who_has_asked_for_it_is_told_at_sigterm_which_request_was_the_last) {
  running_texlexd server;
  token_caller caller{server, static_cast<uint32_t>(hello_feature::going_away)};
  BOOST_TEST(caller.hello.features == static_cast<uint32_t>(hello_feature::going_away));
  caller.tokenize(5, "abc", {.columns = kinds_and_starts});
  caller.expect_tokens(5, scan("abc", *find_regime("latex")));
  server.signal(SIGTERM);
  BOOST_TEST((caller.last_words() == going_away{1, 5}));
  BOOST_TEST(server.wait().exit_status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

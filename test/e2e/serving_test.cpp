// What texlexd is for: documents in, counts out, the same as in process.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

#include "kernels/regimes.hpp"
#include "test/e2e/running_texlexd.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(serving_test)

BOOST_AUTO_TEST_CASE(documents_are_counted_as_in_process_over_unix_and_tcp) {
  running_texlexd server{{"--tcp-port", "0"}};
  auto local = server.connect();
  auto remote = server.connect_tcp();
  uint64_t id = 0;
  for (const std::string& document : sample_documents()) {
    for (service_caller* caller : {&local, &remote}) {
      caller->request(++id, document);
      caller->expect_counts(id, document);
    }
  }
  server.stop();
}

BOOST_AUTO_TEST_CASE(an_empty_document_is_one_empty_line) {
  running_texlexd server;
  auto caller = server.connect();
  caller.request(1, "");
  const client_response got = caller.response();
  BOOST_TEST(got.result == (outcome{status::ok, 1, 0, origin::primary}));
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_document_of_a_megabyte_is_counted_rightly) {
  running_texlexd server;
  auto caller = server.connect();
  std::string document;
  for (const std::string& sample : sample_documents()) document += sample;
  while (document.size() < (1u << 20)) document += document;
  document.resize(1u << 20);
  caller.request(1, document);
  caller.expect_counts(1, document);
  server.stop();
}

BOOST_AUTO_TEST_CASE(documents_are_read_under_the_regime_the_server_was_given) {
  running_texlexd server{{"--regime", "expl3-8bit"}};
  auto caller = server.connect();
  const std::string document = "\\tl_set:Nn \\l_tmpa_tl { \xC3\xA4~b }";
  caller.request(1, document);
  const scanned tokens = scan(document, *find_regime("expl3-8bit"));
  BOOST_TEST(caller.response().result.token_count == tokens.kinds.size());
  BOOST_TEST(tokens.kinds.size() != scan(document, *find_regime("latex")).kinds.size());
  server.stop();
}

BOOST_AUTO_TEST_CASE(pipelined_requests_of_many_connections_are_each_answered_once_and_rightly) {
  running_texlexd server{{"--tcp-port", "0"}};
  const auto documents = sample_documents();
  std::vector<outcome> wanted;
  for (const std::string& document : documents) wanted.push_back(counts_of(document));

  constexpr uint64_t requests = 500, in_flight_max = 16;
  std::atomic<uint64_t> right = 0;
  const auto talk = [&](service_caller caller) {
    std::vector<bool> answered(requests);
    uint64_t sent = 0;
    for (uint64_t received = 0; received < requests; ++received) {
      for (; sent < requests && sent < received + in_flight_max; ++sent)
        if (caller.connection().send_request(sent, documents[sent % documents.size()])) return;
      const auto got = caller.connection().receive();
      const auto* response = std::get_if<client_response>(&got);
      if (response == nullptr || response->id >= requests || answered[response->id]) return;
      answered[response->id] = true;
      outcome result = response->result;
      result.origin = origin::primary;
      right += result == wanted[response->id % documents.size()];
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(talk, i % 2 == 0 ? server.connect() : server.connect_tcp());
  }
  BOOST_TEST(right == 4 * requests);
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_late_request_is_hedged_and_still_answered_once) {
  running_texlexd server{{"--hedge-delay-us", "100"}};
  auto caller = server.connect();
  const std::string document(1u << 20, 'a'); // takes a kernel longer than the delay
  for (uint64_t id = 1; id <= 20; ++id) {
    caller.request(id, document);
    caller.expect_counts(id, document);
  }
  server.stop();
  if (server.ready_line().find("workers 1 ") != std::string::npos) return; // nobody to hedge with
  BOOST_TEST(server.log().find("[hedge] req=20 fired=0 ") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

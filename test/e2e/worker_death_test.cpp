// Workers that die in the middle of a document, and workers that are replaced because they are worn: each request is
// still answered once, and rightly if it is answered ok.
#include <boost/test/unit_test.hpp>

#include <map>
#include <regex>
#include <string>
#include <variant>

#include "runtime/time.hpp"
#include "test/e2e/neighbour.hpp"
#include "test/e2e/token_caller.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(worker_death_test)

namespace {

std::vector<std::string> crashing(int times) {
  return {"--test-crash-marker", "%die", "--test-crash-count", std::to_string(times)};
}

const std::string deadly = "%die\n" + std::string(10'000, 'a');

} // namespace

BOOST_AUTO_TEST_CASE(a_request_whose_worker_dies_once_is_answered_by_another) {
  running_texlexd server{crashing(1)};
  neighbour beside{server};
  auto one = server.connect();
  one.request(1, deadly);
  one.expect_counts(1, deadly);
  beside.expect_undisturbed();
  server.stop();
  BOOST_TEST(server.log().find("died: the document begins with test.crash_marker") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_request_two_workers_die_on_is_lost_and_says_so) {
  running_texlexd server{crashing(2)};
  neighbour beside{server};
  auto one = server.connect();
  one.request(1, deadly);
  one.expect(1, status::worker_lost);
  const std::string another = deadly + "b"; // nobody dies any more
  one.request(2, another);
  one.expect_counts(2, another);
  one.request(3, deadly); // and nobody is given a chance to
  one.expect(3, status::condemned_document);
  beside.expect_undisturbed();
  server.stop();
}

BOOST_AUTO_TEST_CASE(what_the_log_says_of_a_lost_request_names_its_trace) {
  running_texlexd server{crashing(2)};
  const auto trace = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  token_caller one{server};
  one.tokenize(1, deadly, {.trace = trace});
  BOOST_TEST((one.response(1).head.result.status == status::worker_lost));
  server.stop();
  const std::string said = ", traceparent " + traceparent_of(*trace)
                           + ", with a document of 10005 bytes ends with "
                             "worker-lost";
  BOOST_TEST(server.log().find(said) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(in_a_storm_of_deaths_each_request_is_answered_once) {
  running_texlexd server{crashing(10)};
  neighbour beside{server};
  const std::string harmless(5'000, 'b');
  uint64_t deadly_ones = 0; // each of its own, as one that killed twice is not tried again
  std::vector<service_caller> callers;
  for (int i = 0; i < 4; ++i) callers.push_back(server.connect());
  constexpr uint64_t requests = 60; // of a connection; all at once
  for (uint64_t id = 0; id < requests; ++id)
    for (auto& each : callers) each.request(id, id % 12 == 3 ? deadly + std::to_string(++deadly_ones) : harmless);
  std::map<status, uint64_t> statuses;
  for (auto& each : callers) {
    std::vector<bool> answered(requests);
    for (uint64_t i = 0; i < requests; ++i) {
      const client_response got = each.response();
      BOOST_REQUIRE(got.id < requests);
      BOOST_TEST(!answered[got.id]);
      answered[got.id] = true;
      ++statuses[got.result.status];
    }
    each.expect_silence();
  }
  BOOST_TEST(statuses[status::ok] + statuses[status::worker_lost] == 4 * requests);
  BOOST_TEST(statuses[status::worker_lost] <= 5u); // ten deaths, two a lost request
  beside.expect_undisturbed();
  server.stop();
}

namespace {

// A replacement gets ready when its core has nothing better to do: on a busy machine that may take a while.
void send_until_a_worker_was_replaced(service_caller& caller, const std::string& document) {
  const instant until = now() + patience;
  for (uint64_t id = 1; now() < until; id += 2) {
    caller.request(id, document);
    caller.expect_counts(id, document);
    const auto told = caller.connection().ask_stats(id + 1);
    BOOST_REQUIRE(std::holds_alternative<std::string>(told));
    std::smatch match;
    const std::string& text = std::get<std::string>(told);
    BOOST_REQUIRE(std::regex_search(text, match, std::regex{R"(texlexd_rotations_total (\d+))"}));
    if (std::stoul(match[1]) > 0) return;
  }
  BOOST_ERROR("no worker was replaced");
}

} // namespace

BOOST_AUTO_TEST_CASE(worn_workers_are_replaced_and_nobody_notices) {
  running_texlexd server{{"--alloc-budget-mb", "1", "--tcp-port", "0"}};
  neighbour beside{server};
  auto one = server.connect_tcp();
  const std::string document(200'000, 'a'); // a megabyte of tokens
  send_until_a_worker_was_replaced(one, document);
  beside.expect_undisturbed();
  server.stop();
  // The last line sums up; one for every 10 000 requests may come before the replacement is ready.
  const std::string log = server.log();
  const size_t summary = log.rfind("[hedge] ");
  BOOST_REQUIRE(summary != std::string::npos);
  BOOST_TEST(log.find("rotations=0", summary) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(documents_beyond_the_resident_arena_are_trimmed_for_and_wear_a_worker_too) {
  running_texlexd server{{"--arena-resident-mb", "1", "--major-cycles-budget", "3"}};
  auto one = server.connect();
  const std::string document(1'000'000, 'a');
  send_until_a_worker_was_replaced(one, document);
  server.stop();
}

BOOST_AUTO_TEST_CASE(with_a_budget_smaller_than_one_document_every_request_is_answered) {
  running_texlexd server{{"--alloc-budget-mb", "1", "--rss-budget-mb", "1", "--rotations-at-once", "4"}};
  neighbour beside{server};
  auto one = server.connect();
  const std::string document(1'000'000, 'a'); // five megabytes of tokens
  send_until_a_worker_was_replaced(one, document);
  beside.expect_undisturbed();
  server.stop();
}

BOOST_AUTO_TEST_SUITE_END()

// What clients send by mistake or on purpose, to the program as it is shipped: each gets a plain answer, and a good
// neighbour with requests in flight all the time notices nothing.
#include <boost/test/unit_test.hpp>

#include <random>
#include <set>

#include "test/e2e/neighbour.hpp"
#include "test/support/frames.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(bad_input_test)

namespace {

constexpr uint32_t limit = 64u << 20; // the default

struct with_neighbour {
  running_texlexd server{{"--tcp-port", "0"}};
  neighbour beside{server};

  void teardown() {
    beside.expect_undisturbed();
    server.stop(); // a drain ends only when nothing is owed to anybody
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(bad_input, with_neighbour)

BOOST_AUTO_TEST_CASE(a_document_of_exactly_the_limit_is_tokenized_and_one_byte_more_is_refused) {
  auto one = server.connect();
  const std::string document(limit, 'a');
  one.request(1, document);
  one.expect_counts(1, document);
  one.request(2, document + "a");
  one.expect(2, status::document_too_large);
  one.request(3, "abc");
  one.expect_counts(3, "abc");
}

BOOST_AUTO_TEST_CASE(a_header_that_claims_4_gib_is_answered_and_ends_its_connection) {
  auto one = server.connect();
  one.header(1, 7, 0xFFFF'FFFF);
  one.expect(7, status::frame_too_large);
  one.expect_end();
}

BOOST_AUTO_TEST_CASE(an_unknown_type_is_answered_and_ends_its_connection_after_what_was_in_flight) {
  auto one = server.connect_tcp();
  const std::string document(limit / 2, 'a');
  one.request(6, document);
  one.header(0x47455420, 7, 0); // "GET "
  one.expect_counts(6, document);
  one.expect(7, status::unknown_type);
  one.expect_end();
}

BOOST_AUTO_TEST_CASE(wherever_a_frame_is_cut_its_client_hears_of_it_if_the_id_is_known) {
  const auto frame = request_frame(7, "abcdef");
  for (size_t cut = 0; cut < frame.size(); ++cut) {
    auto one = cut % 2 == 0 ? server.connect() : server.connect_tcp();
    one.raw(std::span{frame}.first(cut));
    one.connection().end_sending();
    if (cut >= frame_header_bytes) one.expect(7, status::frame_cut_short);
    one.expect_end();
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_vanishes_wherever_its_frame_is_cut_leaves_nothing_behind) {
  const auto frame = request_frame(7, std::string(1000, 'a'));
  for (size_t cut = 0; cut < frame.size(); cut += 7) {
    auto one = cut % 2 == 0 ? server.connect() : server.connect_tcp();
    one.raw(std::span{frame}.first(cut));
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_vanishes_with_requests_in_flight_leaves_nothing_behind) {
  const std::string document(limit / 4, 'a');
  for (int round = 0; round < 10; ++round) {
    auto one = round % 2 == 0 ? server.connect() : server.connect_tcp();
    for (uint64_t id = 0; id < 8; ++id) one.request(id, document);
  }
}

BOOST_AUTO_TEST_CASE(a_cancel_of_an_unknown_id_is_ignored) {
  auto one = server.connect();
  one.cancel(99);
  one.request(1, "abc");
  one.expect_counts(1, "abc");
  one.cancel(1); // answered already
  one.request(2, "abc");
  one.expect_counts(2, "abc");
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_is_answered_once) {
  auto one = server.connect();
  const std::string document(limit, 'a');
  for (uint64_t id = 1; id <= 20; ++id) {
    one.request(id, document);
    one.cancel(id);
    const client_response got = one.response();
    BOOST_TEST(got.id == id);
    BOOST_TEST((got.result.status == status::cancelled || got.result.status == status::ok));
  }
  one.request(21, "abc");
  one.expect_counts(21, "abc");
}

BOOST_AUTO_TEST_CASE(an_id_in_flight_twice_is_refused_the_second_time) {
  auto one = server.connect();
  const std::string document(limit, 'a');
  bool refused = false;
  for (uint64_t id = 1; id <= 50 && !refused; ++id) { // again if the first one was done before the second came
    one.request(id, document);
    one.request(id, "abc");
    std::multiset<status> statuses;
    for (int i = 0; i < 2; ++i) {
      const client_response got = one.response();
      BOOST_TEST(got.id == id);
      statuses.insert(got.result.status);
    }
    BOOST_TEST(statuses.count(status::ok) + statuses.count(status::duplicate_id) == 2u);
    BOOST_TEST(statuses.count(status::ok) >= 1u);
    refused = statuses.contains(status::duplicate_id);
  }
  BOOST_TEST(refused);
}

BOOST_AUTO_TEST_CASE(a_payload_without_its_inner_length_is_the_document_as_the_predecessor_had_it) {
  auto one = server.connect();
  one.raw(bare_request_frame(5, "a \\b"));
  one.expect_counts(5, "a \\b");
}

BOOST_AUTO_TEST_CASE(documents_of_random_bytes_are_counted_as_in_process) {
  auto one = server.connect();
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  for (uint64_t id = 1; id <= 100; ++id) {
    std::string document(random() % 20'000, '\0');
    for (char& byte : document) byte = static_cast<char>(random());
    BOOST_TEST_CONTEXT("seed " << seed << ", document " << id) {
      one.request(id, document);
      one.expect_counts(id, document);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

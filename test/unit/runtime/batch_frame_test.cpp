#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "runtime/batch_frame.hpp"
#include "test/support/frames.hpp"
#include "test/support/printed_status.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(batch_frame_test)

namespace {

std::vector<uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

std::vector<uint8_t> payload_of(const std::vector<std::string>& documents, const tokenize_options& options = {}) {
  return bytes_of(batch_payload(documents, options));
}

std::vector<std::string> documents_in(const batch_request& request) {
  std::vector<std::string> documents;
  request.for_each_document([&](std::span<const uint8_t> each) { documents.emplace_back(each.begin(), each.end()); });
  return documents;
}

status wrong_with(const std::vector<uint8_t>& payload) {
  const auto decoded = decode_batch(payload);
  const auto* const wrong = std::get_if<status>(&decoded);
  return wrong != nullptr ? *wrong : status::ok;
}

/// Two responses, of a head alone each.
std::vector<uint8_t> two_responses() {
  const std::string each = encode_tokenized_head({.result = {status::ok, 0, 0, origin::primary}}, {});
  const std::vector<uint64_t> lengths(2, each.size());
  return bytes_of(encode_batch_response_head({.status = status::ok}, lengths) + each + each);
}

} // namespace

BOOST_AUTO_TEST_CASE(documents_and_options_come_out_as_they_went_in) {
  const std::vector<std::string> documents{"ab", "", "\\TeX", ""};
  const tokenize_options options{
    .columns = 3, .view = token_view::source, .deadline_ms = 7, .issues_told_max = 9, .regime = "plain"};
  const auto payload = payload_of(documents, options);
  BOOST_TEST(batch_documents_announced(payload) == 4u);
  const auto decoded = decode_batch(payload);
  BOOST_REQUIRE(std::holds_alternative<batch_request>(decoded));
  const auto& request = std::get<batch_request>(decoded);
  BOOST_TEST((request.options == options));
  BOOST_TEST(documents_in(request) == documents, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(as_many_documents_as_there_may_be_go_into_one_and_not_one_more) {
  const std::vector<std::string> most(limits::batch_documents_max, "a");
  auto payload = payload_of(most);
  BOOST_TEST(wrong_with(payload) == status::ok);
  payload[14] = 1; // 257, with the 1 that stands in byte 15
  BOOST_TEST(wrong_with(payload) == status::malformed_frame);
  BOOST_TEST(batch_documents_announced(payload) == limits::batch_documents_max);
}

BOOST_AUTO_TEST_CASE(what_contradicts_itself_is_malformed) {
  const auto good = payload_of({"abc", "d"});
  const auto changed = [&](size_t at, uint8_t byte) {
    auto payload = good;
    payload[at] = byte;
    return payload;
  };
  BOOST_TEST(wrong_with(good) == status::ok);
  BOOST_TEST(wrong_with(changed(14, 0)) == status::malformed_frame); // no documents
  BOOST_TEST(wrong_with(changed(14, 3)) == status::malformed_frame); // the table would begin within the fixed part
  BOOST_TEST(wrong_with(changed(0, 36)) == status::malformed_frame); // and end elsewhere
  BOOST_TEST(wrong_with(changed(4, 5)) == status::malformed_frame);  // more bytes than there are
  BOOST_TEST(wrong_with(changed(32, 2)) == status::malformed_frame); // lengths that do not add up
  BOOST_TEST(wrong_with(changed(35, 1)) == status::malformed_frame); // far too much
  BOOST_TEST(wrong_with(changed(24, 1)) == status::malformed_frame); // reserved
  BOOST_TEST(wrong_with({good.begin(), good.begin() + 31}) == status::malformed_frame);
  BOOST_TEST(wrong_with({good.begin(), good.end() - 1}) == status::malformed_frame);
  BOOST_TEST(batch_documents_announced({good.data(), 31}) == 0u);
}

// Each may be as long as four bytes tell, and all together longer than that.
BOOST_AUTO_TEST_CASE(lengths_whose_sum_goes_beyond_four_bytes_are_malformed) {
  auto payload = payload_of({"ab", "c"});
  for (const size_t at : {33u, 34u, 35u, 37u, 38u, 39u}) payload[at] = 0xFF;
  payload[32] = 0x04;
  payload[36] = 0xFF; // 0xFFFFFF04 + 0xFFFFFFFF, which is 3 in four bytes
  BOOST_TEST(wrong_with(payload) == status::malformed_frame);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_refused_and_never_ignored) {
  auto payload = payload_of({"a"});
  payload[12] = 2;
  BOOST_TEST(wrong_with(payload) == status::unsupported_option);
}

BOOST_AUTO_TEST_CASE(responses_come_out_as_they_went_in_at_multiples_of_64) {
  const auto payload = two_responses();
  const auto decoded = decode_batch_response(payload);
  BOOST_REQUIRE(decoded);
  BOOST_TEST(decoded->whole.status == status::ok);
  BOOST_REQUIRE(decoded->responses.size() == 2u);
  for (const auto each : decoded->responses) {
    BOOST_TEST((each.data() - payload.data()) % 64 == 0);
    BOOST_TEST(decode_tokenized(each).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_of_them_all_has_no_responses_and_tells_when_to_come_back) {
  const auto payload = bytes_of(encode_batch_response_head({.status = status::overload, .token_count = 50}, {}));
  BOOST_TEST(payload.size() == 64u);
  const auto decoded = decode_batch_response(payload);
  BOOST_REQUIRE(decoded);
  BOOST_TEST(decoded->whole.status == status::overload);
  BOOST_TEST(decoded->whole.token_count == 50u);
  BOOST_TEST(decoded->responses.empty());
}

BOOST_AUTO_TEST_CASE(a_response_that_lies_about_what_is_in_it_is_none) {
  const auto good = two_responses();
  const auto is_one = [&](size_t at, uint8_t byte) {
    auto payload = good;
    payload[at] = byte;
    return decode_batch_response(payload).has_value();
  };
  BOOST_TEST(is_one(0, 'T'));
  BOOST_TEST(!is_one(0, 't'));
  BOOST_TEST(!is_one(4, 3));     // version
  BOOST_TEST(!is_one(6, 0xFF));  // a directory that goes beyond the payload
  BOOST_TEST(!is_one(8, 3));     // refused, and yet responses
  BOOST_TEST(!is_one(16, 1));    // length
  BOOST_TEST(!is_one(64, 1));    // begins within the directory
  BOOST_TEST(!is_one(64, 200));  // or behind the end
  BOOST_TEST(!is_one(72, 0x80)); // overlaps the next
  BOOST_TEST(!is_one(88, 0x80)); // ends behind the end
  BOOST_TEST(!is_one(95, 0x80)); // likewise, by far
  BOOST_TEST(!decode_batch_response({good.data(), 63}));
}

BOOST_AUTO_TEST_CASE(bytes_changed_at_random_lead_nowhere_outside) {
  const char* const given = std::getenv("TEXLEX_SEED");
  const uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  BOOST_TEST_MESSAGE("TEXLEX_SEED=" << seed);
  std::mt19937_64 random{seed};
  const auto request = payload_of({"abc", "", "\\TeX"}, {.columns = 3, .regime = "plain"}), response = two_responses();
  const auto spoilt = [&](std::vector<uint8_t> payload) {
    for (int i = 0; i < 3; ++i) payload[random() % payload.size()] = static_cast<uint8_t>(random());
    payload.resize(payload.size() - random() % 4);
    return payload;
  };
  for (int round = 0; round < 20'000; ++round) {
    const auto bad_request = spoilt(request), bad_response = spoilt(response);
    const auto taken = decode_batch(bad_request);
    if (const auto* const batch = std::get_if<batch_request>(&taken)) {
      size_t all = 0;
      for (const std::string& each : documents_in(*batch)) all += each.size();
      BOOST_TEST(all == batch->text.size(), "TEXLEX_SEED=" << seed);
    }
    if (const auto answer = decode_batch_response(bad_response))
      for (const auto each : answer->responses)
        BOOST_TEST((each.data() >= bad_response.data()
                    && each.data() + each.size() <= bad_response.data() + bad_response.size()),
                   "TEXLEX_SEED=" << seed);
  }
}

BOOST_AUTO_TEST_CASE(documents_and_columns_of_a_batch_are_never_passed_by_descriptor) {
  BOOST_TEST(wrong_with(payload_of({"a", "b"}, {.document_by_descriptor = true})) == status::unsupported_option);
  BOOST_TEST(wrong_with(payload_of({"a", "b"}, {.columns_by_descriptor = true})) == status::unsupported_option);
}

BOOST_AUTO_TEST_SUITE_END()

// What a client says of a document before it, in the payload of a tokenize frame.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "runtime/tokenize_frame.hpp"
#include "test/support/printed_status.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(tokenize_options_test)

namespace {

constexpr trace_context some_trace{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, {21, 22, 23, 24}, 1};

std::vector<uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

std::vector<uint8_t> tokenize_payload(const tokenize_options& options, std::string_view document) {
  return bytes_of(encode_tokenize_head(options, static_cast<uint32_t>(document.size())) + std::string{document});
}

/// Options as bytes, before no document.
std::vector<uint8_t> head_with(const std::string& options) {
  std::string head = encode_tokenize_head({}, 0) + options;
  head[0] = static_cast<char>(head.size());
  return bytes_of(head);
}

status wrong_with(const std::vector<uint8_t>& payload) {
  const auto decoded = decode_tokenize(payload);
  const auto* const wrong = std::get_if<status>(&decoded);
  return wrong != nullptr ? *wrong : status::ok;
}

} // namespace

BOOST_AUTO_TEST_CASE(options_come_out_as_they_went_in_with_the_document_behind_them) {
  for (const std::string_view regime : {"", "a", "abcd", "latex-package"}) {
    const tokenize_options options{.columns = 0x81,
                                   .view = token_view::source,
                                   .unit = position_unit::utf16_units,
                                   .deadline_ms = 77,
                                   .issues_told_max = 9,
                                   .regime = regime,
                                   .priority = request_priority::background,
                                   .trace = some_trace};
    const auto payload = tokenize_payload(options, "\\foo");
    const auto decoded = decode_tokenize(payload);
    BOOST_REQUIRE(std::holds_alternative<tokenize_request>(decoded));
    const auto& request = std::get<tokenize_request>(decoded);
    BOOST_TEST((request.options == options));
    BOOST_TEST(std::string(payload.begin() + static_cast<std::ptrdiff_t>(request.document_offset), payload.end())
               == "\\foo");
  }
}

BOOST_AUTO_TEST_CASE(what_contradicts_itself_is_malformed) {
  const auto good = tokenize_payload({.columns = 3, .regime = "latex"}, "abc");
  BOOST_TEST(wrong_with(good) == status::ok);
  const auto with = [&](size_t at, uint8_t value) {
    auto changed = good;
    changed[at] = value;
    return wrong_with(changed);
  };
  BOOST_TEST(wrong_with({}) == status::malformed_frame);
  BOOST_TEST(wrong_with({good.begin(), good.end() - 1}) == status::malformed_frame);
  BOOST_TEST(with(0, 31) == status::malformed_frame);  // the head is shorter than its fixed part
  BOOST_TEST(with(0, 33) == status::malformed_frame);  // no multiple of four
  BOOST_TEST(with(3, 1) == status::malformed_frame);   // far longer than it may be
  BOOST_TEST(with(4, 4) == status::malformed_frame);   // the document is longer than what there is
  BOOST_TEST(with(14, 1) == status::malformed_frame);  // reserved
  BOOST_TEST(with(31, 1) == status::malformed_frame);  // reserved
  BOOST_TEST(with(34, 60) == status::malformed_frame); // the option leaves the head
  BOOST_TEST(with(34, 0) == status::malformed_frame);  // a regime without a name
  BOOST_TEST(with(41, 1) == status::malformed_frame);  // padding
}

BOOST_AUTO_TEST_CASE(an_option_twice_is_malformed) {
  for (const tokenize_options& options :
       {tokenize_options{.regime = "latex"}, tokenize_options{.document_by_descriptor = true},
        tokenize_options{.columns_by_descriptor = true}, tokenize_options{.priority = request_priority::interactive},
        tokenize_options{.trace = some_trace}}) {
    const std::string option = encode_tokenize_head(options, 0).substr(tokenize_fixed_bytes);
    BOOST_TEST(wrong_with(head_with(option)) == status::ok);
    BOOST_TEST(wrong_with(head_with(option + option)) == status::malformed_frame);
  }
  const std::string normal{"\5\0\1\0\1\0\0\0", 8}; // also where it says what would hold without it
  BOOST_TEST(wrong_with(head_with(normal)) == status::ok);
  BOOST_TEST(wrong_with(head_with(normal + normal)) == status::malformed_frame);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_refused_and_never_ignored) {
  const auto with = [](size_t at, uint8_t value) {
    auto changed = tokenize_payload({.regime = "latex"}, "abc");
    changed[at] = value;
    return wrong_with(changed);
  };
  BOOST_TEST(with(9, 1) == status::unsupported_option);  // a column
  BOOST_TEST(with(12, 2) == status::unsupported_option); // a view
  BOOST_TEST(with(13, 3) == status::unsupported_option); // a unit
  BOOST_TEST(with(32, 9) == status::unsupported_option); // an option
}

BOOST_AUTO_TEST_CASE(a_document_that_is_passed_is_not_behind_its_head) {
  const tokenize_options options{
    .columns = 3, .regime = "plain", .document_by_descriptor = true, .columns_by_descriptor = true};
  const auto payload = bytes_of(encode_tokenize_head(options, 1234));
  const auto got = decode_tokenize(payload);
  BOOST_REQUIRE(std::holds_alternative<tokenize_request>(got));
  BOOST_TEST((std::get<tokenize_request>(got).options == options));
  BOOST_TEST(std::get<tokenize_request>(got).document_bytes == 1234u);
  BOOST_TEST(std::get<tokenize_request>(got).document_offset == payload.size());
  const auto longer = tokenize_payload(options, "x");
  BOOST_TEST((std::get<status>(decode_tokenize(longer)) == status::malformed_frame));
}

BOOST_AUTO_TEST_CASE(an_option_whose_value_is_as_long_as_no_value_of_it_is_malformed) {
  for (const char id : {'\1', '\2', '\3', '\4', '\5'})
    for (size_t bytes = 0; bytes <= 28; ++bytes) {
      const bool fits = id == 1 ? bytes > 0 : id == 4 ? bytes == trace_context_bytes : bytes == (id == 5 ? 1 : 0);
      if (fits) continue;
      std::string option{id, 0, static_cast<char>(bytes), 0};
      option.append(bytes, '\1').resize((option.size() + 3) / 4 * 4);
      BOOST_TEST(wrong_with(head_with(option)) == status::malformed_frame);
    }
}

BOOST_AUTO_TEST_CASE(a_priority_that_does_not_exist_is_refused) {
  BOOST_TEST(wrong_with(head_with({"\5\0\1\0\2\0\0\0", 8})) == status::ok);
  BOOST_TEST(wrong_with(head_with({"\5\0\1\0\3\0\0\0", 8})) == status::unsupported_option);
  BOOST_TEST(wrong_with(head_with({"\5\0\1\0\xFF\0\0\0", 8})) == status::unsupported_option);
}

BOOST_AUTO_TEST_CASE(a_trace_or_a_span_whose_id_is_all_zeros_is_malformed) {
  for (trace_context none : {trace_context{{}, some_trace.parent_id, 1}, trace_context{some_trace.trace_id, {}, 1}})
    BOOST_TEST(wrong_with(bytes_of(encode_tokenize_head({.trace = none}, 0))) == status::malformed_frame);
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "runtime/frame.hpp"
#include "runtime/tokenize_frame.hpp"
#include "test/support/printed_status.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(tokenize_frame_test)

namespace {

std::vector<uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

std::vector<uint8_t> tokenize_payload(const tokenize_options& options, std::string_view document) {
  return bytes_of(encode_tokenize_head(options, static_cast<uint32_t>(document.size())) + std::string{document});
}

struct two_tokens {
  std::vector<uint8_t> kinds{11, 0};
  std::vector<uint8_t> starts{0, 0, 0, 0, 1, 0, 0, 0};
  std::vector<uint8_t> name_offsets{0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0};
  std::vector<uint8_t> names{'f', 'o', 'o'};
  std::vector<column_bytes> columns{{column_id::kind, kinds},
                                    {column_id::start, starts},
                                    {column_id::name_offset, name_offsets},
                                    {column_id::name_byte, names}};
  tokenized_head head{.result = {status::ok, 2, 1, origin::hedge}, .issues_told = 0, .view = token_view::source};

  std::vector<uint8_t> payload() const {
    std::string text = encode_tokenized_head(head, columns);
    for (const column_bytes& each : columns) {
      text.append(each.bytes.begin(), each.bytes.end());
      text.resize(padded_to_column(text.size()), '\0');
    }
    return bytes_of(text);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_hello_comes_out_as_it_went_in) {
  const hello said{1, 2, 5};
  BOOST_TEST((decode_hello(encode_hello(said)) == said));
}

BOOST_AUTO_TEST_CASE(a_hello_with_another_magic_a_missing_byte_or_versions_upside_down_is_none) {
  const auto good = encode_hello({1, 2, 0});
  auto other_magic = good;
  other_magic[0] = 't';
  BOOST_TEST(!decode_hello(other_magic));
  BOOST_TEST(!decode_hello(std::span{good}.first(hello_bytes - 1)));
  BOOST_TEST(!decode_hello(encode_hello({2, 1, 0})));
  auto reserved = good;
  reserved[12] = 1;
  BOOST_TEST(!decode_hello(reserved));
}

BOOST_AUTO_TEST_CASE(a_going_away_comes_out_as_it_went_in_and_cut_or_of_another_version_it_is_none) {
  const going_away said{3, uint64_t{1} << 63};
  const auto good = encode_going_away(said);
  BOOST_TEST((decode_going_away(good) == said));
  BOOST_TEST(!decode_going_away(std::span{good}.first(going_away_bytes - 1)));
  for (const size_t byte : {0u, 4u}) {
    auto other = good;
    other[byte] = 0x7F;
    BOOST_TEST(!decode_going_away(other));
  }
}

BOOST_AUTO_TEST_CASE(what_a_later_version_puts_behind_a_hello_is_skipped) {
  const auto good = encode_hello({2, 3, 0});
  std::vector<uint8_t> longer{good.begin(), good.end()};
  longer.resize(100, 0xFF);
  BOOST_TEST((decode_hello(longer) == hello{2, 3, 0}));
}

BOOST_AUTO_TEST_CASE(a_hello_response_comes_out_as_it_went_in) {
  const hello_response said{.version = 2,
                            .features = 0,
                            .columns = 0xFF,
                            .document_bytes_max = 1ull << 33,
                            .requests_in_flight_max = 64,
                            .issues_told_max = 10,
                            .regimes = {"latex", "plain"}};
  BOOST_TEST((decode_hello_response(bytes_of(encode_hello_response(said))) == said));
}

BOOST_AUTO_TEST_CASE(a_hello_response_whose_names_do_not_end_is_none) {
  std::string text = encode_hello_response({.regimes = {"latex"}});
  text.pop_back();
  BOOST_TEST(!decode_hello_response(bytes_of(text)));
}

BOOST_AUTO_TEST_CASE(a_response_comes_out_as_it_went_in_with_columns_at_multiples_of_64) {
  const two_tokens sent;
  const auto payload = sent.payload();
  BOOST_TEST(payload.size() == tokenized_payload_bytes(sent.columns));
  const auto got = decode_tokenized(payload);
  BOOST_REQUIRE(got);
  BOOST_TEST((got->head.result == sent.head.result));
  BOOST_TEST((got->head.view == token_view::source));
  for (const column_bytes& each : sent.columns) {
    const auto column = got->column(each.id);
    BOOST_REQUIRE(column);
    BOOST_TEST(std::ranges::equal(*column, each.bytes));
    BOOST_TEST((column->data() - payload.data()) % 64 == 0);
  }
  BOOST_TEST(!got->column(column_id::end));
}

BOOST_AUTO_TEST_CASE(a_response_that_is_not_ok_has_a_head_alone_and_tells_when_to_come_back) {
  const std::string text = encode_tokenized_head({.result = {status::overload, 250, 0, origin::none}}, {});
  BOOST_TEST(text.size() == tokenized_head_bytes);
  const auto got = decode_tokenized(bytes_of(text));
  BOOST_REQUIRE(got);
  BOOST_TEST((got->head.result == outcome{status::overload, 250, 0, origin::none}));
}

BOOST_AUTO_TEST_CASE(a_response_that_lies_about_its_columns_is_none) {
  const auto good = two_tokens{}.payload();
  const auto with = [&](size_t at, uint8_t value) {
    auto changed = good;
    changed[at] = value;
    return decode_tokenized(changed).has_value();
  };
  constexpr size_t first = tokenized_head_bytes, second = first + 16;
  BOOST_TEST(with(0, 'T'));            // unchanged
  BOOST_TEST(!with(16, 0));            // total bytes
  BOOST_TEST(!with(6, 200));           // a directory longer than the payload
  BOOST_TEST(!with(24, 3));            // more tokens than entries
  BOOST_TEST(!with(first + 2, 2));     // a type its id does not have
  BOOST_TEST(!with(first + 4, 0));     // over the head
  BOOST_TEST(!with(second + 4, 2));    // over the first column
  BOOST_TEST(!with(second + 7, 0xFF)); // behind the end
  BOOST_TEST(!with(second + 8, 12));   // more bytes than entries
  BOOST_TEST(!with(second + 15, 1));   // far beyond the end
  BOOST_TEST(!with(second, 1));        // an id twice
  BOOST_TEST(!with(8, 6));             // columns of what is not ok
  BOOST_TEST(!with(130, 1));           // no zero behind a column of two bytes
  BOOST_TEST(!with(good.size() - 1, 1));
}

BOOST_AUTO_TEST_CASE(an_id_of_a_later_version_is_skipped) {
  two_tokens sent;
  sent.columns.push_back({static_cast<column_id>(77), sent.names});
  auto payload = sent.payload();
  const auto got = decode_tokenized(payload);
  BOOST_REQUIRE(got);
  BOOST_TEST(got->column(column_id::kind).has_value());
}

// Both decoders, on what is nearly right: whatever they yield lies within what they were given.
BOOST_AUTO_TEST_CASE(bytes_changed_at_random_lead_nowhere_outside) {
  const char* const given = std::getenv("TEXLEX_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  BOOST_TEST_MESSAGE("TEXLEX_SEED=" << seed);
  BOOST_TEST_CONTEXT("TEXLEX_SEED=" << seed) {
    std::mt19937_64 dice{seed};
    const auto response = two_tokens{}.payload();
    const auto request = tokenize_payload({.columns = 0xFF, .regime = "latex-package"}, "some document");
    for (int round = 0; round < 20'000; ++round) {
      auto changed = round % 2 == 0 ? response : request;
      for (uint64_t changes = 1 + dice() % 3; changes > 0; --changes)
        changed[dice() % changed.size()] = static_cast<uint8_t>(dice());
      if (dice() % 8 == 0) changed.resize(dice() % (changed.size() + 1));
      const std::vector<uint8_t> exact{changed}; // no room behind it that a sanitizer would not see
      if (const auto got = decode_tokenized(exact)) {
        for (const auto& column : got->columns)
          if (column) {
            BOOST_REQUIRE(column->data() >= exact.data());
            BOOST_REQUIRE(column->data() + column->size() <= exact.data() + exact.size());
          }
      }
      const auto decoded = decode_tokenize(exact);
      if (const auto* const got = std::get_if<tokenize_request>(&decoded))
        BOOST_REQUIRE(got->document_offset <= exact.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(columns_that_are_lent_are_found_where_they_lie_and_only_within_what_is_mapped) {
  alignas(64) std::array<uint8_t, 512> memory{};
  memory[64] = 11;
  memory[256] = 5;
  const std::array<column_bytes, 2> columns{
    {{column_id::kind, std::span{memory}.subspan(64, 1)}, {column_id::start, std::span{memory}.subspan(256, 4)}}};
  const tokenized_head head{.result = {status::ok, 1, 0, origin::primary}};
  const auto payload = bytes_of(encode_tokenized_head(head, columns, memory));
  BOOST_TEST(payload.size() == tokenized_payload_bytes(columns, true));
  BOOST_REQUIRE(lent_bytes(payload));
  BOOST_TEST(*lent_bytes(payload) == 320u);
  const auto got = decode_tokenized(payload, std::span{memory}.first(320));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->column(column_id::kind)->data() == memory.data() + 64);
  BOOST_TEST((*got->column(column_id::start))[0] == 5);
  BOOST_TEST(!decode_tokenized(payload, std::span{memory}.first(319)));
  BOOST_TEST(!decode_tokenized(payload));
  for (size_t at = 0; at < payload.size(); ++at) // a hostile server's directory leads nowhere else
    for (const int bit : {0, 3, 7}) {
      auto wrong = payload;
      wrong[at] ^= static_cast<uint8_t>(1 << bit);
      const auto read = decode_tokenized(wrong, std::span{memory}.first(320));
      if (!read) continue;
      for (const auto& column : read->columns)
        if (column && !column->empty())
          BOOST_TEST(
            (column->data() >= memory.data() && column->data() + column->size() <= memory.data() + 320)
            != (column->data() >= wrong.data() && column->data() + column->size() <= wrong.data() + wrong.size()));
    }
}

BOOST_AUTO_TEST_CASE(a_hello_response_that_is_cut_of_another_magic_or_lies_about_its_length_is_none) {
  const auto good = bytes_of(encode_hello_response({.regimes = {"latex"}}));
  BOOST_REQUIRE(decode_hello_response(good).has_value());
  BOOST_TEST(!decode_hello_response(std::span{good}.first(hello_response_bytes - 1)));
  const auto with_byte = [&](size_t at, size_t value) {
    auto changed = good;
    changed[at] = static_cast<uint8_t>(value);
    return changed;
  };
  BOOST_TEST(!decode_hello_response(with_byte(0, 't')));
  BOOST_TEST(!decode_hello_response(with_byte(6, hello_response_bytes - 1)));
  BOOST_TEST(!decode_hello_response(with_byte(6, good.size() + 1)));
}

BOOST_AUTO_TEST_CASE(in_what_is_too_short_for_a_response_nothing_is_lent) {
  const std::vector<uint8_t> stub(tokenized_head_bytes - 1, 1);
  BOOST_TEST(!lent_bytes(stub).has_value());
}

BOOST_AUTO_TEST_CASE(an_origin_of_a_later_version_is_none_that_is_known) {
  auto frame = encode_response(1, {status::ok, 2, 3, origin::hedge});
  const auto payload = std::span{frame}.subspan<frame_header_bytes, response_payload_bytes>();
  BOOST_TEST((decode_response(payload).origin == origin::hedge));
  payload[response_payload_bytes - 1] = static_cast<uint8_t>(origin::hedge) + 1;
  BOOST_TEST((decode_response(payload).origin == origin::none));
}

BOOST_AUTO_TEST_SUITE_END()

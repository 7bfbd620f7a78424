#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/column_answer.hpp"
#include "kernels/derive.hpp"
#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::literals;

BOOST_AUTO_TEST_SUITE(column_answer_test)

namespace {

constexpr std::string_view awkward =
  "Hi \\TeX \xC3\xA9\xF0\x9D\x84\x9E\x00 ^^41 \\^^4d^^41\n% comment\n\n\\\xFF\xFFx ~}\\"
  "\r\n  tail \\"sv;

column_order order_of(uint32_t columns, token_view view = token_view::tex, uint32_t issues = 100) {
  return {.columns = columns,
          .view = view,
          .unit = position_unit::utf16_units,
          .issues_told_max = issues,
          .memory = document_pool{1u << 20, std::make_shared<quota>(uint64_t{64} << 20)}};
}

column_answer_ptr answer(const column_order& order, std::string_view document, const regime& regime) {
  const scan_input input{bytes_of(document), &regime, order.view};
  auto columns = column_scan::begin(order, input);
  BOOST_REQUIRE(columns);
  const scan_output output = columns->output();
  scan_cursor cursor;
  find_kernel("best")->advance(input, UINT32_MAX, cursor, output);
  const std::atomic<bool> stop = false;
  return columns->finish(cursor, stop);
}

std::span<const uint8_t> column(const column_answer& from, column_id id) {
  for (const column_bytes& each : from.columns)
    if (each.id == id) return each.bytes;
  BOOST_FAIL("there is no column " << static_cast<int>(id));
  return {};
}

std::vector<uint32_t> numbers(const column_answer& from, column_id id) {
  const auto bytes = column(from, id);
  std::vector<uint32_t> result(bytes.size() / 4);
  std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

std::vector<uint32_t> units(const column_answer& from, column_id id) {
  const auto bytes = column(from, id);
  return {bytes.begin(), bytes.end()};
}

} // namespace

BOOST_AUTO_TEST_CASE(every_column_says_what_the_scan_and_the_deriver_say_in_every_regime_and_view) {
  for (const std::string_view name : regime_names())
    for (const token_view view : {token_view::tex, token_view::source}) {
      BOOST_TEST_CONTEXT(name << (view == token_view::tex ? " tex" : " source")) {
        const regime& rules = *find_regime(name);
        const scanned expected = scan(awkward, rules, view);
        const auto got = answer(order_of(all_columns, view), awkward, rules);
        BOOST_REQUIRE(got->columns.size() == column_id_count);
        BOOST_TEST(numbers(*got, column_id::start) == expected.starts, boost::test_tools::per_element());
        const auto kinds = units(*got, column_id::kind);
        const auto ends = numbers(*got, column_id::end), codes = numbers(*got, column_id::code),
                   lines = numbers(*got, column_id::line), columns = numbers(*got, column_id::column),
                   name_offsets = numbers(*got, column_id::name_offset);
        const auto names = column(*got, column_id::name_byte);
        BOOST_REQUIRE(kinds.size() == expected.kinds.size());
        BOOST_REQUIRE(name_offsets.size() == kinds.size() + 1);
        BOOST_TEST(name_offsets.front() == 0u);
        BOOST_TEST(name_offsets.back() == names.size());
        token_deriver deriver{bytes_of(awkward), rules};
        position_counter places{bytes_of(awkward), rules.encoding, column_unit::utf16_units};
        for (size_t i = 0; i < kinds.size(); ++i) {
          const token_kind kind = expected.kinds[i];
          BOOST_TEST(kinds[i] == static_cast<uint32_t>(kind));
          token_text text;
          if (!is_trivia(kind)) deriver.derive(kind, expected.starts[i], text);
          if (view == token_view::source) text.end = i + 1 < kinds.size() ? expected.starts[i + 1] : awkward.size();
          BOOST_TEST(ends[i] == text.end);
          const bool has_code = kind != token_kind::control_sequence && kind < token_kind::paragraph;
          BOOST_TEST(codes[i] == (has_code ? static_cast<uint32_t>(text.code) : 0u));
          const auto place = places.at(expected.starts[i]);
          BOOST_TEST(lines[i] == place.line);
          BOOST_TEST(columns[i] == place.column);
          const auto name_of_this = names.subspan(name_offsets[i], name_offsets[i + 1] - name_offsets[i]);
          const std::string derived = kind == token_kind::control_sequence ? text.name : "";
          BOOST_TEST(std::string(name_of_this.begin(), name_of_this.end()) == derived);
        }
        BOOST_TEST(got->issues_told == expected.issues.size());
        const auto issue_kinds = units(*got, column_id::issue_kind);
        const auto issue_offsets = numbers(*got, column_id::issue_offset);
        for (size_t i = 0; i < expected.issues.size(); ++i) {
          BOOST_TEST(issue_kinds[i] == static_cast<uint32_t>(expected.issues[i].kind));
          BOOST_TEST(issue_offsets[i] == expected.issues[i].offset);
        }
      }
    }
}

BOOST_AUTO_TEST_CASE(only_what_was_wanted_is_there_in_the_order_of_ids) {
  const auto got = answer(order_of(0b1000'1010), awkward, *find_regime("latex"));
  BOOST_REQUIRE(got->columns.size() == 4u);
  BOOST_TEST((got->columns[0].id == column_id::start));
  BOOST_TEST((got->columns[1].id == column_id::code));
  BOOST_TEST((got->columns[2].id == column_id::issue_kind));
  BOOST_TEST((got->columns[3].id == column_id::issue_offset));
}

BOOST_AUTO_TEST_CASE(behind_each_column_there_are_zeros_up_to_the_next_multiple_of_64) {
  column_order order = order_of(all_columns);
  const regime& rules = *find_regime("latex");
  {
    const document_lease before = order.memory->take(column_memory_bytes(order, awkward.size()));
    std::memset(before->data(), 0xEE, before->capacity()); // another client's
  }
  const auto got = answer(order, awkward, rules);
  for (const column_bytes& each : got->columns)
    for (size_t i = each.bytes.size(); i < padded_to_column(each.bytes.size()); ++i)
      BOOST_REQUIRE(each.bytes.data()[i] == 0);
}

BOOST_AUTO_TEST_CASE(no_more_issues_are_told_than_were_asked_for_and_all_are_counted) {
  const std::string nuls(100, '\0');
  const auto got =
    answer(order_of(static_cast<uint32_t>(column_set::issues), token_view::tex, 3), nuls, *find_regime("latex"));
  BOOST_TEST(got->issues_told == 3u);
  BOOST_TEST(column(*got, column_id::issue_kind).size() == 3u);
  BOOST_TEST(column(*got, column_id::issue_offset).size() == 12u);
  const auto none =
    answer(order_of(static_cast<uint32_t>(column_set::issues), token_view::tex, 0), nuls, *find_regime("latex"));
  BOOST_TEST(none->issues_told == 0u);
}

BOOST_AUTO_TEST_CASE(an_empty_document_has_its_paragraph) {
  const auto got = answer(order_of(all_columns), "", *find_regime("latex"));
  BOOST_TEST(units(*got, column_id::kind) == std::vector<uint32_t>{16}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_stop_flag_ends_the_derivation) {
  const std::string letters(100'000, 'a');
  const column_order order = order_of(all_columns);
  const scan_input input{bytes_of(letters), find_regime("latex"), token_view::tex};
  auto columns = column_scan::begin(order, input);
  BOOST_REQUIRE(columns);
  scan_cursor cursor;
  find_kernel("best")->advance(input, UINT32_MAX, cursor, columns->output());
  const std::atomic<bool> stop = true;
  BOOST_TEST(!columns->finish(cursor, stop));
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_given_back_with_the_answer) {
  column_order order = order_of(all_columns);
  const regime& rules = *find_regime("latex");
  const auto allowed = std::make_shared<quota>(column_memory_bytes(order, awkward.size()));
  order.memory = document_pool{1u << 20, allowed};
  auto got = answer(order, awkward, rules);
  BOOST_TEST(allowed->taken() == got->bytes);
  BOOST_TEST(!column_scan::begin(order, {bytes_of(awkward), &rules, token_view::tex}));
  got.reset();
  BOOST_TEST(allowed->taken() == 0u);
  BOOST_TEST(column_scan::begin(order, {bytes_of(awkward), &rules, token_view::tex}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

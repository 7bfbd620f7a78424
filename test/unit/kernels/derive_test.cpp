// Ends, names, lines and columns out of kind and start.
#include <boost/test/unit_test.hpp>

#include <random>

#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(derive_test)

namespace {

// Ends of all tokens of a document.
std::vector<uint64_t> ends(std::string_view document, std::string_view regime_name = "latex") {
  const regime& rules = *find_regime(regime_name);
  const auto tokens = scan(document, rules);
  token_deriver deriver{bytes_of(document), rules};
  token_text text;
  std::vector<uint64_t> result;
  for (size_t i = 0; i < tokens.kinds.size(); ++i) {
    deriver.derive(tokens.kinds[i], tokens.starts[i], text);
    result.push_back(text.end);
  }
  return result;
}

text_position place(std::string_view document, uint64_t offset, column_unit unit, encoding how = encoding::utf8) {
  return position_counter{bytes_of(document), how, unit}.at(offset);
}

#define CHECK_ENDS(document, ...)                                                                                      \
  do {                                                                                                                 \
    const std::vector<uint64_t> expected{__VA_ARGS__};                                                                 \
    BOOST_TEST(ends(document) == expected, boost::test_tools::per_element());                                          \
  } while (false)

} // namespace

BOOST_AUTO_TEST_CASE(a_name_ends_before_the_blanks_it_swallows) { CHECK_ENDS("\\foo  x", 4, 7, 7); }

BOOST_AUTO_TEST_CASE(a_space_of_a_line_end_covers_its_terminator) { CHECK_ENDS("a\r\nb", 1, 3, 4, 4); }

BOOST_AUTO_TEST_CASE(a_space_of_a_line_end_starts_behind_trailing_spaces) { CHECK_ENDS("a  \nb", 1, 4, 5, 5); }

BOOST_AUTO_TEST_CASE(a_name_of_the_line_end_covers_trailing_spaces_and_terminator) { CHECK_ENDS("\\  \nb", 4, 5, 5); }

BOOST_AUTO_TEST_CASE(notation_belongs_to_its_character) { CHECK_ENDS("^^41 \\^^41b ^^\nc", 4, 5, 11, 15, 16, 16); }

BOOST_AUTO_TEST_CASE(a_multibyte_character_ends_after_its_last_byte) { CHECK_ENDS("é\\é漢", 2, 8); }

BOOST_AUTO_TEST_CASE(tokens_may_be_asked_in_any_order) {
  const std::string_view document = "\\ab c\n\\de f\n";
  const regime& rules = *find_regime("latex");
  const auto tokens = scan(document, rules);
  token_deriver forward{bytes_of(document), rules};
  token_deriver backward{bytes_of(document), rules};
  std::vector<std::string> names(tokens.kinds.size());
  token_text text;
  for (size_t i = 0; i < names.size(); ++i) {
    forward.derive(tokens.kinds[i], tokens.starts[i], text);
    names[i] = text.name + std::to_string(text.code) + "-" + std::to_string(text.end);
  }
  for (size_t i = names.size(); i-- > 0;) {
    backward.derive(tokens.kinds[i], tokens.starts[i], text);
    BOOST_TEST(names[i] == text.name + std::to_string(text.code) + "-" + std::to_string(text.end));
  }
}

BOOST_AUTO_TEST_CASE(lines_and_columns_count_from_one) {
  const auto first = place("a\nb", 0, column_unit::code_points);
  BOOST_TEST(first.line == 1u);
  BOOST_TEST(first.column == 1u);
  const auto last = place("a\r\nb", 3, column_unit::code_points);
  BOOST_TEST(last.line == 2u);
  BOOST_TEST(last.column == 1u);
}

BOOST_AUTO_TEST_CASE(columns_count_bytes_code_points_or_utf16_units) {
  const std::string_view text = "é😀x";
  BOOST_TEST(place(text, 6, column_unit::bytes).column == 7u);
  BOOST_TEST(place(text, 6, column_unit::code_points).column == 3u);
  BOOST_TEST(place(text, 6, column_unit::utf16_units).column == 4u);
  BOOST_TEST(place(text, 6, column_unit::code_points, encoding::eight_bit).column == 7u);
}

BOOST_AUTO_TEST_CASE(an_offset_before_the_last_one_is_found_again) {
  position_counter counter{bytes_of("a\nbc\nd"), encoding::utf8, column_unit::code_points};
  BOOST_TEST(counter.at(5).line == 3u);
  BOOST_TEST(counter.at(3).line == 2u);
  BOOST_TEST(counter.at(3).column == 2u);
}

BOOST_AUTO_TEST_CASE(a_place_is_the_same_whether_one_goes_there_byte_by_byte_or_at_once) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 chance{seed};
    std::string document;
    const uint64_t plain = chance() % 40; // of fifty characters
    for (uint64_t length = chance() % 200; length > 0; --length) {
      constexpr const char* others[] = {"\n",     "\r",         "\r\n",     "\x7f", "\x01",
                                        "\u00e9", "\U0001d400", "\xe6\xbc", "\xff", "\t"};
      document += chance() % 50 < plain ? "a" : others[chance() % std::size(others)];
    }
    for (const auto how : {encoding::utf8, encoding::eight_bit})
      for (const auto unit : {column_unit::bytes, column_unit::code_points, column_unit::utf16_units}) {
        position_counter near{bytes_of(document), how, unit};
        position_counter far{bytes_of(document), how, unit};
        for (uint64_t offset = 0; offset <= document.size(); ++offset) {
          const auto expected = near.at(offset);
          const auto found = position_counter{bytes_of(document), how, unit}.at(offset);
          BOOST_TEST((found.line == expected.line && found.column == expected.column), "seed " << seed);
          if (offset % 31 != 0) continue;
          const auto on = far.at(offset);
          BOOST_TEST((on.line == expected.line && on.column == expected.column), "seed " << seed);
        }
      }
  }
}

BOOST_AUTO_TEST_SUITE_END()

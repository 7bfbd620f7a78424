// The table of category codes and the named regimes.
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

#include "kernels/regimes.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(catcode_test)

BOOST_AUTO_TEST_CASE(a_new_table_holds_other_everywhere) {
  const catcode_table table;
  for (const char32_t character : {U'\0', U'A', U'\x7F', U'é', U'😀', code_point_max})
    BOOST_TEST((table[character] == catcode::other));
}

BOOST_AUTO_TEST_CASE(a_code_above_the_last_code_point_is_invalid) {
  BOOST_TEST((catcode_table{}[0x110000] == catcode::invalid));
}

BOOST_AUTO_TEST_CASE(a_change_to_a_copy_leaves_the_original_alone) {
  const catcode_table original;
  catcode_table copy = original;
  copy.set('@', catcode::letter);
  copy.set(0x3042, catcode::active);
  BOOST_TEST((original['@'] == catcode::other));
  BOOST_TEST((original[0x3042] == catcode::other));
  BOOST_TEST((copy['@'] == catcode::letter));
  BOOST_TEST((copy[0x3042] == catcode::active));
}

BOOST_AUTO_TEST_CASE(any_sequence_of_changes_gives_the_last_code_set) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  const auto below = [&random](char32_t bound) { return static_cast<char32_t>(random() % bound); };
  std::vector<catcode> expected(code_point_max + 1, catcode::other);
  catcode_table table;
  for (int change = 0; change < 200; ++change) {
    const char32_t first = below(code_point_max + 1);
    const char32_t length = below(change % 3 == 0 ? 0x20000 : 600);
    const char32_t last = std::min<char32_t>(first + length, code_point_max);
    const auto code = static_cast<uint8_t>(below(16));
    table.set({first, last, code});
    std::fill(expected.begin() + first, expected.begin() + last + 1, static_cast<catcode>(code));
  }
  uint32_t wrong = 0;
  for (char32_t character = 0; character <= code_point_max; ++character)
    wrong += table[character] != expected[character];
  BOOST_TEST(wrong == 0u, "seed " << seed);
}

BOOST_AUTO_TEST_CASE(every_named_regime_exists_and_no_other) {
  BOOST_TEST(regime_names().size() == 10u);
  for (const auto name : regime_names()) BOOST_TEST((find_regime(name) != nullptr));
  BOOST_TEST((find_regime("latex ") == nullptr));
  BOOST_TEST((find_regime("") == nullptr));
}

BOOST_AUTO_TEST_CASE(regimes_hold_what_their_formats_hold) {
  const auto code = [](std::string_view name, char32_t character) {
    return static_cast<int>(find_regime(name)->catcodes[character]);
  };
  BOOST_TEST(code("initex", '\\') == 0);
  BOOST_TEST(code("initex", '{') == 12);
  BOOST_TEST(code("initex", 0x7F) == 15);
  BOOST_TEST(code("plain", 0x0B) == 7);
  BOOST_TEST(code("plain", 0x01) == 8);
  BOOST_TEST(code("latex", 0x01) == 15);
  BOOST_TEST(code("latex", 0xAD) == 13);
  BOOST_TEST(code("latex", 0xFEFF) == 9);
  BOOST_TEST(code("latex", 0x4E00) == 11);
  BOOST_TEST(code("latex-package", '@') == 11);
  BOOST_TEST(code("expl3", ' ') == 9);
  BOOST_TEST(code("expl3", '~') == 10);
  BOOST_TEST(code("latex-8bit", 0x80) == 13);
  BOOST_TEST(code("latex-8bit", 0x01) == 13);
  BOOST_TEST(find_regime("expl3")->end_line_character == 32);
  BOOST_TEST(find_regime("latex")->end_line_character == 13);
}

BOOST_AUTO_TEST_SUITE_END()

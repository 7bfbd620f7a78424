// TeX's rules, one a test: The TeXbook, chapters 7 and 8. How tokens are written here: test/support/token_list.hpp.
#include <boost/test/unit_test.hpp>

#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(scan_test)

namespace {

std::string tokens(std::string_view document, std::string_view regime_name = "latex") {
  const regime& rules = *find_regime(regime_name);
  return show(document, rules, scan(document, rules));
}

std::string tokens_under(const regime& rules, std::string_view document) {
  return show(document, rules, scan(document, rules));
}

regime latex_with(std::initializer_list<std::pair<char32_t, catcode>> overrides) {
  regime rules = *find_regime("latex");
  for (const auto& [character, code] : overrides) rules.catcodes.set(character, code);
  return rules;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lines)

BOOST_AUTO_TEST_CASE(an_empty_document_is_one_blank_line) { BOOST_TEST(tokens("") == "¶"); }

BOOST_AUTO_TEST_CASE(a_line_end_in_the_middle_of_text_is_a_space) { BOOST_TEST(tokens("a\nb") == "a␣b␣"); }

BOOST_AUTO_TEST_CASE(lf_cr_and_crlf_each_end_one_line) { BOOST_TEST(tokens("a\nb\rc\r\nd") == "a␣b␣c␣d␣"); }

BOOST_AUTO_TEST_CASE(lf_then_cr_are_two_line_ends) { BOOST_TEST(tokens("a\n\rb") == "a␣¶b␣"); }

BOOST_AUTO_TEST_CASE(a_blank_line_is_a_paragraph) { BOOST_TEST(tokens("a\n\nb\n") == "a␣¶b␣"); }

BOOST_AUTO_TEST_CASE(each_blank_line_is_a_paragraph_of_its_own) { BOOST_TEST(tokens("\n\n\n") == "¶¶¶"); }

BOOST_AUTO_TEST_CASE(a_terminator_at_the_very_end_starts_no_further_line) { BOOST_TEST(tokens("a\n") == "a␣"); }

BOOST_AUTO_TEST_CASE(a_last_line_without_terminator_counts) { BOOST_TEST(tokens("a\nb") == tokens("a\nb\n")); }

BOOST_AUTO_TEST_CASE(trailing_spaces_are_dropped_before_a_line_is_read) { BOOST_TEST(tokens("a   \nb") == "a␣b␣"); }

BOOST_AUTO_TEST_CASE(a_trailing_tab_is_not_stripped_but_is_a_space_token) { BOOST_TEST(tokens("a\t \nb") == "a␣b␣"); }

BOOST_AUTO_TEST_CASE(a_line_of_blanks_is_a_blank_line) { BOOST_TEST(tokens("a\n  \t \nb") == "a␣¶b␣"); }

BOOST_AUTO_TEST_CASE(leading_blanks_are_skipped) { BOOST_TEST(tokens(" \t  a") == "a␣"); }

BOOST_AUTO_TEST_CASE(a_run_of_blanks_is_one_space) { BOOST_TEST(tokens("a \t  b") == "a␣b␣"); }

BOOST_AUTO_TEST_CASE(next_line_and_line_separator_do_not_end_a_line) {
  BOOST_TEST(tokens("a\u0085b\u2028c") == "a\u0085b\u2028c␣");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(control_sequences)

BOOST_AUTO_TEST_CASE(a_control_word_is_the_longest_run_of_letters) { BOOST_TEST(tokens("\\foo1") == "\\foo·1␣"); }

BOOST_AUTO_TEST_CASE(a_control_word_swallows_the_blanks_behind_it) { BOOST_TEST(tokens("\\foo \t x") == "\\foo·x␣"); }

BOOST_AUTO_TEST_CASE(a_control_word_swallows_the_end_of_its_line) { BOOST_TEST(tokens("\\foo\nx") == "\\foo·x␣"); }

BOOST_AUTO_TEST_CASE(a_blank_line_after_a_control_word_is_still_a_paragraph) {
  BOOST_TEST(tokens("\\foo\n\nx") == "\\foo·¶x␣");
}

BOOST_AUTO_TEST_CASE(a_control_symbol_is_one_character) { BOOST_TEST(tokens("\\%\\\\%x") == "\\%·\\\\·"); }

BOOST_AUTO_TEST_CASE(a_space_after_a_control_symbol_is_kept) { BOOST_TEST(tokens("\\$ x") == "\\$·␣x␣"); }

BOOST_AUTO_TEST_CASE(blanks_after_a_control_space_are_skipped) { BOOST_TEST(tokens("\\  x") == "\\ ·x␣"); }

BOOST_AUTO_TEST_CASE(an_escape_before_a_tab_names_the_tab_and_skips_blanks) {
  BOOST_TEST(tokens("\\\t x") == "\\\t·x␣");
}

BOOST_AUTO_TEST_CASE(an_escape_at_the_end_of_a_line_names_the_end_line_character) {
  BOOST_TEST(tokens("a\\  \nb") == "a\\\r·b␣");
}

BOOST_AUTO_TEST_CASE(letters_beyond_ascii_belong_to_names) { BOOST_TEST(tokens("\\größe 1") == "\\größe·1␣"); }

BOOST_AUTO_TEST_CASE(at_is_a_letter_in_packages_only) {
  BOOST_TEST(tokens("\\a@b") == "\\a·@b␣");
  BOOST_TEST(tokens("\\a@b", "latex-package") == "\\a@b·");
}

BOOST_AUTO_TEST_CASE(underscore_and_colon_are_letters_under_expl3) {
  BOOST_TEST(tokens("\\cs_new:Npn", "expl3") == "\\cs_new:Npn·");
}

BOOST_AUTO_TEST_CASE(without_an_end_line_character_an_escape_at_the_end_is_the_null_name) {
  regime rules = *find_regime("latex");
  rules.end_line_character = no_end_line_character;
  BOOST_TEST(tokens_under(rules, "a\\\nb") == "a\\·b");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(characters)

BOOST_AUTO_TEST_CASE(each_category_makes_its_own_token) { BOOST_TEST(tokens("{}$&#^_~a1") == "{1}2$3&4#6^7_8~13a1␣"); }

BOOST_AUTO_TEST_CASE(under_initex_braces_and_the_like_are_other) {
  BOOST_TEST(tokens("{}$&#^_~", "initex") == "{}$&#^_~␣");
}

BOOST_AUTO_TEST_CASE(a_comment_drops_the_rest_of_its_line_and_its_end) { BOOST_TEST(tokens("a%b\n c") == "ac␣"); }

BOOST_AUTO_TEST_CASE(a_line_after_a_comment_starts_anew) { BOOST_TEST(tokens("a%\n\nb") == "a¶b␣"); }

BOOST_AUTO_TEST_CASE(a_comment_line_is_not_blank) { BOOST_TEST(tokens("a\n%\nb") == "a␣b␣"); }

BOOST_AUTO_TEST_CASE(ignored_characters_vanish_and_leave_the_state_alone) {
  const regime rules = latex_with({{'!', catcode::ignored}});
  BOOST_TEST(tokens_under(rules, "!! a!b! !c") == "ab␣c␣");
}

BOOST_AUTO_TEST_CASE(invalid_characters_vanish_and_leave_the_state_alone) {
  BOOST_TEST(tokens("\x01 a\x7f"
                    "b \x02 c")
             == "ab␣c␣");
}

BOOST_AUTO_TEST_CASE(spaces_and_line_ends_are_ignored_under_expl3) {
  BOOST_TEST(tokens("a b ~ c\n\nd", "expl3") == "ab␣cd");
}

BOOST_AUTO_TEST_CASE(a_multibyte_character_is_one_token) { BOOST_TEST(tokens("é漢😀") == "é漢😀␣"); }

BOOST_AUTO_TEST_CASE(in_an_8_bit_regime_each_byte_is_a_character) {
  BOOST_TEST(tokens("\xC3\xA9", "initex-8bit") == "Ã©␣");
}

BOOST_AUTO_TEST_CASE(malformed_utf8_reads_as_one_replacement_character_a_maximal_subpart) {
  BOOST_TEST(tokens("a\xE2\x82"
                    "b\xFF\xC0\x80\xED\xA0\x80")
             == "a\uFFFDb\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD␣");
}

BOOST_AUTO_TEST_CASE(an_active_end_line_character_is_a_token_at_each_line_end) {
  const regime rules = latex_with({{13, catcode::active}});
  BOOST_TEST(tokens_under(rules, "a\n\nb") == "a\r13\r13b\r13");
}

BOOST_AUTO_TEST_CASE(a_line_may_end_in_a_letter_that_goes_on_a_name) {
  regime rules = *find_regime("latex");
  rules.end_line_character = 'x';
  BOOST_TEST(tokens_under(rules, "\\fo \nb") == "\\fox·bx");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(superscript_notation)

BOOST_AUTO_TEST_CASE(two_lower_case_hex_digits_give_a_code) { BOOST_TEST(tokens("^^41^^7a") == "Az␣"); }

BOOST_AUTO_TEST_CASE(upper_case_digits_are_no_hex) { BOOST_TEST(tokens("^^4A") == "tA␣"); }

BOOST_AUTO_TEST_CASE(another_character_is_shifted_by_64) { BOOST_TEST(tokens("^^!^^a") == "a!␣"); }

BOOST_AUTO_TEST_CASE(the_result_is_looked_up_again) { BOOST_TEST(tokens("^^5cfoo^^20x^^25y") == "\\foo·x"); }

BOOST_AUTO_TEST_CASE(it_may_end_a_line) { BOOST_TEST(tokens("a^^Mb\nc") == "a␣c␣"); }

BOOST_AUTO_TEST_CASE(an_end_of_line_at_a_line_start_is_a_paragraph) { BOOST_TEST(tokens("^^Mb\nc") == "¶c␣"); }

BOOST_AUTO_TEST_CASE(an_end_of_line_after_a_name_makes_no_token) { BOOST_TEST(tokens("\\foo^^Mx\nc") == "\\foo·c␣"); }

BOOST_AUTO_TEST_CASE(it_works_inside_names) { BOOST_TEST(tokens("\\f^^6fo \\^^41x") == "\\foo·\\Ax·"); }

BOOST_AUTO_TEST_CASE(a_result_that_is_no_letter_ends_a_name) { BOOST_TEST(tokens("\\foo^^31x") == "\\foo·1x␣"); }

BOOST_AUTO_TEST_CASE(a_result_may_begin_another) { BOOST_TEST(tokens("^^5e^41 \\ab^^5e^41c") == "A␣\\abAc·"); }

BOOST_AUTO_TEST_CASE(at_the_end_of_a_line_it_takes_the_end_line_character) { BOOST_TEST(tokens("a^^  \nb") == "aMb␣"); }

BOOST_AUTO_TEST_CASE(two_at_the_end_without_end_line_character_stand_for_themselves) {
  regime rules = *find_regime("latex");
  rules.end_line_character = no_end_line_character;
  BOOST_TEST(tokens_under(rules, "^^") == "^7^7");
}

BOOST_AUTO_TEST_CASE(four_and_six_digits_in_unicode_regimes) { BOOST_TEST(tokens("^^^^6f22^^^^^^01f600") == "漢😀␣"); }

BOOST_AUTO_TEST_CASE(eight_bit_regimes_know_two_digits_only) {
  BOOST_TEST(tokens("^^^^41", "plain-8bit") == "\x1e^741␣");
}

BOOST_AUTO_TEST_CASE(before_a_character_beyond_ascii_they_stand_for_themselves) {
  BOOST_TEST(tokens("^^é") == "^7^7é␣");
}

BOOST_AUTO_TEST_CASE(any_character_of_category_7_will_do_if_there_are_two_of_it) {
  BOOST_TEST(tokens("\v\v41^\v41", "plain") == "A^7\v741␣");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

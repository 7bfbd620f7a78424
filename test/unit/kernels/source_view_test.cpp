// The source view: the same tokens and trivia, so that every byte belongs to exactly one token.
#include <boost/test/unit_test.hpp>

#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(source_view_test)

namespace {

std::string tokens(std::string_view document, std::string_view regime_name = "latex") {
  const regime& rules = *find_regime(regime_name);
  return show(document, rules, scan(document, rules, token_view::source));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_comment_goes_to_its_line_end_which_is_a_token_of_its_own) {
  BOOST_TEST(tokens("a%b \nc") == "a<comment 1-4><eol 4-5>c␣");
}

BOOST_AUTO_TEST_CASE(skipped_blanks_are_one_token_a_run) { BOOST_TEST(tokens("a \t b") == "a␣<blank 2-4>b␣"); }

BOOST_AUTO_TEST_CASE(leading_blanks_are_trivia) { BOOST_TEST(tokens("  a") == "<blank 0-2>a␣"); }

BOOST_AUTO_TEST_CASE(trailing_spaces_are_trivia_before_the_line_ends_space) {
  BOOST_TEST(tokens("a  \r\n") == "a<blank 1-3>␣");
}

BOOST_AUTO_TEST_CASE(skipped_and_stripped_blanks_that_touch_are_one_token) {
  BOOST_TEST(tokens("\\a\t  \n") == "\\a·<blank 2-5><eol 5-6>");
}

BOOST_AUTO_TEST_CASE(a_line_end_after_a_name_is_trivia) { BOOST_TEST(tokens("\\a\r\n\n") == "\\a·<eol 2-4>¶"); }

BOOST_AUTO_TEST_CASE(a_name_that_takes_the_line_end_takes_the_spaces_before_it_too) {
  BOOST_TEST(tokens("\\ \nb") == "\\\r·b␣");
  BOOST_TEST(scan("\\ \nb", *find_regime("latex"), token_view::source).starts[1] == 3u);
}

BOOST_AUTO_TEST_CASE(text_behind_an_end_of_line_character_is_dropped_as_a_comment) {
  BOOST_TEST(tokens("a^^Mb\n") == "a␣<comment 4-5><eol 5-6>");
}

BOOST_AUTO_TEST_CASE(invalid_characters_are_one_token_each) {
  BOOST_TEST(tokens("\x01\x02"
                    "a")
             == "<invalid 0-1><invalid 1-2>a␣");
}

BOOST_AUTO_TEST_CASE(ignored_characters_are_one_token_a_run) {
  BOOST_TEST(tokens("  a  b\n", "expl3") == "<ignored 0-2>a<ignored 3-5>b<eol 6-7>");
}

BOOST_AUTO_TEST_CASE(runs_do_not_cross_lines) { BOOST_TEST(tokens("a\n  \n  b") == "a␣<blank 2-4>¶<blank 5-7>b␣"); }

BOOST_AUTO_TEST_CASE(the_end_of_a_last_line_without_terminator_is_an_empty_token_only_if_tex_makes_one) {
  BOOST_TEST(tokens("a%") == "a<comment 1-2>");
  const auto source = scan("a", *find_regime("latex"), token_view::source);
  BOOST_TEST(source.starts.back() == 1u);
}

BOOST_AUTO_TEST_CASE(dropping_the_trivia_gives_the_tex_view) {
  const std::string_view document = "  \\a  b % c\r\n\n\x01 {x}^^M d\\\n\t \n";
  const regime& rules = *find_regime("latex");
  const auto source = scan(document, rules, token_view::source);
  scanned kept;
  for (size_t i = 0; i < source.kinds.size(); ++i) {
    if (is_trivia(source.kinds[i])) continue;
    kept.kinds.push_back(source.kinds[i]);
    kept.starts.push_back(source.starts[i]);
  }
  const auto tex = scan(document, rules);
  BOOST_TEST((kept.kinds == tex.kinds));
  BOOST_TEST(kept.starts == tex.starts, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

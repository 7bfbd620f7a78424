// What a scan has to tell about a document.
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <vector>

#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(issues_test)

namespace {

// The issues of a document as text: `name@offset` with spaces between.
std::string issues(std::string_view document, std::string_view regime_name = "latex") {
  std::string text;
  for (const issue& found : scan(document, *find_regime(regime_name)).issues) {
    if (!text.empty()) text += ' ';
    text += std::string{name_of(found.kind)} + "@" + std::to_string(found.offset);
  }
  return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_sound_document_has_none) { BOOST_TEST(issues("\\a{b} % c\n\n$x^2_i$ é") == ""); }

BOOST_AUTO_TEST_CASE(each_maximal_ill_formed_subpart_is_one) {
  BOOST_TEST(issues("a\xE2\x82"
                    "b\xFF")
             == "malformed-utf8@1 malformed-utf8@4");
}

BOOST_AUTO_TEST_CASE(malformed_utf8_is_told_in_comments_too) { BOOST_TEST(issues("%\xFF\n") == "malformed-utf8@1"); }

BOOST_AUTO_TEST_CASE(an_8_bit_regime_has_no_malformed_utf8) { BOOST_TEST(issues("\xFF", "plain-8bit") == ""); }

BOOST_AUTO_TEST_CASE(a_nul_byte_is_told_wherever_it_stands) {
  BOOST_TEST(issues("%\0\n"sv) == "nul-byte@1");
  BOOST_TEST(issues("\0"sv, "plain") == "nul-byte@0");
}

BOOST_AUTO_TEST_CASE(an_invalid_character_is_told_where_it_is_read) {
  BOOST_TEST(issues("a\x01%\x01") == "invalid-character@1");
  BOOST_TEST(issues("\0"sv) == "nul-byte@0 invalid-character@0");
}

BOOST_AUTO_TEST_CASE(an_invalid_character_in_a_name_is_a_name) { BOOST_TEST(issues("\\\x01") == ""); }

BOOST_AUTO_TEST_CASE(bidirectional_controls_are_told_in_comments_too) {
  BOOST_TEST(issues("%\u202E\n\u2066") == "bidirectional-control@1 bidirectional-control@5");
}

BOOST_AUTO_TEST_CASE(four_superscripts_without_four_digits_are_malformed) {
  BOOST_TEST(issues("a^^^^12", "plain") == "malformed-superscript@1");
  BOOST_TEST(issues("\\a^^^^12", "plain") == "malformed-superscript@2");
  BOOST_TEST(issues("^^^^0041^^41") == "");
}

BOOST_AUTO_TEST_CASE(an_end_group_too_many_is_told_where_it_stands) {
  BOOST_TEST(issues("{}}") == "unbalanced-group@2");
}

BOOST_AUTO_TEST_CASE(of_groups_never_ended_the_outermost_is_told) {
  BOOST_TEST(issues("{}a{{}") == "unbalanced-group@3");
}

BOOST_AUTO_TEST_CASE(the_outermost_group_is_found_however_many_others_begin_and_end_behind_it) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 chance{seed};
    const uint64_t more_begins = chance() % 12, length = chance() % 700;
    std::string document;
    std::vector<size_t> open;
    for (uint64_t i = 0; i < length; ++i) {
      const uint64_t drawn = chance() % (24 + more_begins);
      const bool begins = drawn >= 20, ends = drawn < 6 && !open.empty();
      if (begins) open.push_back(i);
      if (ends) open.pop_back();
      document += begins ? '{' : ends ? '}' : 'a';
    }
    const std::string expected = open.empty() ? "" : "unbalanced-group@" + std::to_string(open.front());
    BOOST_TEST(issues(document) == expected, "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(issues_come_in_order_of_offset) {
  BOOST_TEST(issues("{\x01\xFF") == "unbalanced-group@0 invalid-character@1 malformed-utf8@2");
}

BOOST_AUTO_TEST_CASE(issues_without_room_are_counted_and_the_first_ones_kept) {
  const std::string_view document = "{\x01\x01\x01";
  const regime& rules = *find_regime("latex");
  for (const size_t room : {size_t{0}, size_t{1}, size_t{2}}) {
    std::vector<token_kind> kinds(document.size() + 1);
    std::vector<uint32_t> starts(document.size() + 1);
    std::vector<issue> kept(room);
    scan_cursor cursor;
    run_scan(*find_kernel("reference"), {bytes_of(document), &rules, token_view::tex}, cursor,
             {kinds.data(), starts.data(), kept});
    BOOST_TEST(cursor.issue_count == 4u);
    const auto all = scan(document, rules).issues;
    BOOST_TEST(std::equal(kept.begin(), kept.end(), all.begin()));
  }
}

namespace {

// ASCII text in UTF-16, or with four bytes a character in UTF-32.
std::string widened(std::string_view text, bool big_endian, size_t width = 2) {
  std::string wide;
  for (const char character : text) {
    std::string unit(width, '\0');
    unit[big_endian ? width - 1 : 0] = character;
    wide += unit;
  }
  return wide;
}

} // namespace

BOOST_AUTO_TEST_CASE(utf_16_with_a_byte_order_mark_is_one_issue_whatever_follows) {
  for (const char* regime : {"latex", "latex-8bit"}) {
    BOOST_TEST(issues("\xFF\xFE" + widened("\\a}{\x01", false), regime) == "utf-16-text@0", regime);
    BOOST_TEST(issues("\xFE\xFF" + widened("\\a}{\x01", true), regime) == "utf-16-text@0", regime);
    BOOST_TEST(issues("\xFF\xFE"sv, regime) == "utf-16-text@0", regime);
    BOOST_TEST(issues("\x00\x00\xFE\xFF"sv, regime) == "utf-16-text@0", regime);
  }
}

BOOST_AUTO_TEST_CASE(utf_16_and_utf_32_without_a_mark_are_known_by_their_nul_bytes) {
  const std::string text = "\\documentclass{article}\n\\begin{document}\n";
  for (const bool big_endian : {false, true}) {
    BOOST_TEST(issues(widened(text, big_endian)) == "utf-16-text@0");
    BOOST_TEST(issues(widened(text, big_endian, 4)) == "utf-16-text@0");
    BOOST_TEST(issues(widened("abcd", big_endian)) == "utf-16-text@0");
    // A quarter of the characters may be others, from UTF-16's own part.
    std::string greek = widened("abcdefghi", big_endian);
    for (const size_t unit : {size_t{1}, size_t{4}}) greek.replace(2 * unit, 2, big_endian ? "\x03\xB1" : "\xB1\x03");
    BOOST_TEST(issues(greek) == "utf-16-text@0");
  }
}

BOOST_AUTO_TEST_CASE(nul_bytes_that_make_no_utf_16_are_issues_each) {
  BOOST_TEST(issues("\0\0"sv, "initex") == "nul-byte@0 nul-byte@1"); // which TeX ignores there
  BOOST_TEST(scan(std::string(100, '\0'), *find_regime("initex")).issue_count == 100);
  BOOST_TEST(issues("a\0b\0c\0"sv, "initex") == "nul-byte@1 nul-byte@3 nul-byte@5"); // three characters are too few
  BOOST_TEST(issues("\0abcdefghijk"sv, "initex") == "nul-byte@0");
  BOOST_TEST(issues("a\0bbccddeeff"sv, "initex") == "nul-byte@1");
}

BOOST_AUTO_TEST_CASE(a_utf_8_byte_order_mark_is_an_issue_where_tex_reads_three_characters_of_it) {
  BOOST_TEST(issues("\xEF\xBB\xBF", "initex-8bit") == "byte-order-mark@0");
  for (const char* regime : {"plain-8bit", "latex-8bit"}) {
    BOOST_TEST(issues("\xEF\xBB\xBF{", regime) == "byte-order-mark@0 unbalanced-group@3", regime);
    BOOST_TEST(issues("a\xEF\xBB\xBF", regime) == "", regime);
  }
  BOOST_TEST(scan("\xEF\xBB\xBF", *find_regime("latex-8bit")).kinds.size() == 4u); // and the line's end
  BOOST_TEST(issues("\xEF\xBB\xBF{}") == "");
}

BOOST_AUTO_TEST_CASE(issues_of_the_whole_document_are_told_once_by_every_kernel_wherever_chunks_end) {
  const std::string wide = "\xFF\xFE" + widened(std::string(300, '{'), false);
  const std::string marked = "\xEF\xBB\xBF" + std::string(300, '}');
  const regime& rules = *find_regime("latex-8bit");
  for (const auto name : kernel_names())
    for (const uint64_t chunk : {1u, 64u, 100u, 10000u})
      for (const auto view : {token_view::tex, token_view::source}) {
        const kernel& each = *find_kernel(name);
        BOOST_TEST(scan(wide, rules, view, chunk, each).issue_count == 1u);
        const auto with_mark = scan(marked, rules, view, chunk, each);
        BOOST_TEST(with_mark.issue_count == 301u);
        BOOST_TEST((with_mark.issues[0] == issue{issue_kind::byte_order_mark, 0}));
      }
}

BOOST_AUTO_TEST_SUITE_END()

// What holds for every document, tried on documents made of pieces that meet in awkward ways. Each property prints its
// seed; RC_PARAMS="seed=N" replays it.
#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;

namespace {

// Pieces of TeX, well-formed or not; any two may stand side by side.
rc::Gen<std::string> piece() {
  using namespace std::string_literals;
  return rc::gen::oneOf(rc::gen::element("\\"s, "\\foo"s, "\\a@b"s, "\\x_y:z"s, "{"s, "}"s, "%"s, " "s, "  "s, "\t"s,
                                         "\n"s, "\r"s, "\r\n"s, "a"s, "Z"s, "1"s, "~"s, "$"s, "&"s, "#"s, "_"s, "^"s),
                        rc::gen::element("^^"s, "^^M"s, "^^5c"s, "^^41"s, "^^5e^"s, "^^20"s, "^^25"s, "^^^^"s,
                                         "^^^^00e9"s, "^^^^12"s, "^^^^^^01f600"s, "^^^^^^11"s, "^^?"s, "\v\v41"s,
                                         "4a"s),
                        rc::gen::element("é"s, "漢"s, "😀"s, "\u00AD"s, "\uFEFF"s, "\u202E"s, "\xE2\x82"s, "\xF0\x9F"s,
                                         "\xFF"s, "\x80"s, "\xED\xA0\x80"s, "\0"s, "\x01"s, "\x7F"s, "\f"s, "\v"s),
                        rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
}

rc::Gen<std::string> document() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece()),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const std::string& each : pieces) text += each;
                        return text;
                      });
}

const regime& any_regime() {
  const auto names = regime_names();
  return *find_regime(*rc::gen::elementOf(std::vector<std::string_view>{names.begin(), names.end()}));
}

scanned without_trivia(const scanned& source) {
  scanned kept;
  kept.issues = source.issues;
  kept.issue_count = source.issue_count;
  for (size_t i = 0; i < source.kinds.size(); ++i) {
    if (is_trivia(source.kinds[i])) continue;
    kept.kinds.push_back(source.kinds[i]);
    kept.starts.push_back(source.starts[i]);
  }
  return kept;
}

// The tokens of a line sequence that begins `shift` bytes further on, behind those of what stands before it.
scanned joined(const scanned& first, const scanned& second, size_t shift) {
  scanned both = first;
  both.kinds.insert(both.kinds.end(), second.kinds.begin(), second.kinds.end());
  for (const uint32_t start : second.starts) both.starts.push_back(start + static_cast<uint32_t>(shift));
  return both;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_source_view_tiles_the_document) {
  BOOST_TEST(rc::check("every byte belongs to exactly one token", [] {
    const std::string text = *document();
    const regime& rules = any_regime();
    const auto source = scan(text, rules, token_view::source);
    RC_ASSERT(text.empty() || (!source.starts.empty() && source.starts.front() == 0));
    token_deriver deriver{bytes_of(text), rules};
    token_text token;
    for (size_t i = 0; i < source.starts.size(); ++i) {
      const size_t end = i + 1 < source.starts.size() ? source.starts[i + 1] : text.size();
      // Only the end of a last line without terminator is empty.
      RC_ASSERT(source.starts[i] < end || (i + 1 == source.starts.size() && source.starts[i] == text.size()));
      if (is_trivia(source.kinds[i])) continue;
      deriver.derive(source.kinds[i], source.starts[i], token);
      RC_ASSERT(token.end == end);
    }
  }));
}

BOOST_AUTO_TEST_CASE(the_tex_view_is_the_source_view_less_trivia) {
  BOOST_TEST(rc::check("dropping trivia gives the tex view and its issues", [] {
    const std::string text = *document();
    const regime& rules = any_regime();
    RC_ASSERT(scan(text, rules) == without_trivia(scan(text, rules, token_view::source)));
  }));
}

BOOST_AUTO_TEST_CASE(where_chunks_end_never_matters) {
  BOOST_TEST(rc::check("any chunk size gives the tokens of one chunk", [] {
    const std::string text = *document();
    const regime& rules = any_regime();
    const auto view = *rc::gen::element(token_view::tex, token_view::source);
    const auto chunk_bytes = *rc::gen::inRange<uint64_t>(1, 40);
    RC_ASSERT(scan(text, rules, view, chunk_bytes) == scan(text, rules, view));
  }));
}

BOOST_AUTO_TEST_CASE(lines_are_read_one_by_one) {
  BOOST_TEST(rc::check("the tokens of two texts joined by a line end are those of each", [] {
    const std::string first = *document() + "\n";
    const std::string second = *document() + "x";
    const regime& rules = any_regime();
    const auto view = *rc::gen::element(token_view::tex, token_view::source);
    const auto both = scan(first + second, rules, view);
    const auto expected = joined(scan(first, rules, view), scan(second, rules, view), first.size());
    RC_ASSERT(both.kinds == expected.kinds);
    RC_ASSERT(both.starts == expected.starts);
  }));
}

BOOST_AUTO_TEST_CASE(issues_come_in_order_and_in_full) {
  BOOST_TEST(rc::check("offsets ascend and the count is that of the list", [] {
    const std::string text = *document();
    const auto found = scan(text, any_regime());
    RC_ASSERT(found.issue_count == found.issues.size());
    RC_ASSERT(std::is_sorted(found.issues.begin(), found.issues.end(),
                             [](const issue& a, const issue& b) { return a.offset < b.offset; }));
  }));
}

BOOST_AUTO_TEST_CASE(there_is_always_room_for_the_tokens) {
  BOOST_TEST(rc::check("a document has at most a token a byte and one more", [] {
    const std::string text = *document();
    RC_ASSERT(scan(text, any_regime(), token_view::source).kinds.size() <= tokens_max(text.size()));
  }));
}

// What a texlexd answered is looked at before it is used: right answers give what a scan here gives, and of wrong ones
// nothing reaches those who turn tokens into text that could make them look elsewhere or work without end.
//
// The seeds of a plain run are fixed. A failure prints its seed; TEXLEX_SEED=<seed> replays that one alone.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "clients/cli/token_answer.hpp"
#include "clients/cli/token_formatter.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "test/support/awkward_document.hpp"
#include "test/unit/cli/sent_answer.hpp"

using namespace texlex;
using namespace texlex::cli;
using test::sent_answer;

BOOST_AUTO_TEST_SUITE(token_answer_test)

namespace {

constexpr uint32_t tokens_and_issues = 0x83;
constexpr uint32_t issues_told_max = 1000;

std::variant<token_columns, std::string> taken(const scan_input& input, const std::vector<uint8_t>& payload,
                                               uint32_t columns = tokens_and_issues) {
  const std::vector<uint8_t> exact{payload}; // no room behind it that a sanitizer would not see
  const auto decoded = decode_tokenized(exact);
  if (!decoded) return "contradicts itself";
  const auto bytes = [&](column_id id) { return decoded->column(id).value_or(std::span<const uint8_t>{}); };
  const auto numbers = [&](column_id id) {
    return std::span{reinterpret_cast<const uint32_t*>(bytes(id).data()), bytes(id).size() / 4};
  };
  return take_answer({input, columns, issues_told_max},
                     {decoded->head.result.token_count, decoded->head.result.issue_count, bytes(column_id::kind),
                      numbers(column_id::start), bytes(column_id::issue_kind), numbers(column_id::issue_offset)});
}

std::string wrong_with(const scan_input& input, const std::vector<uint8_t>& payload,
                       uint32_t columns = tokens_and_issues) {
  const auto got = taken(input, payload, columns);
  const auto* const why = std::get_if<std::string>(&got);
  return why != nullptr ? *why : "";
}

// What is wrong with the answer for a document once `change` has falsified it.
std::string wrong_once(std::string_view document, token_view view, const std::function<void(sent_answer&)>& change,
                       std::string_view regime = "latex") {
  const scan_input input{test::bytes_of(document), find_regime(regime), view};
  sent_answer answer{document, *input.regime, view};
  BOOST_TEST(wrong_with(input, answer.payload()) == "");
  change(answer);
  return wrong_with(input, answer.payload());
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// Whether these were all.
template <class Check>
bool check_seeds(uint64_t seeds, const Check& check) {
  const char* const replay = std::getenv("TEXLEX_SEED");
  const uint64_t first = replay != nullptr ? std::strtoull(replay, nullptr, 10) : 1;
  const uint64_t last = replay != nullptr ? first : seeds;
  for (uint64_t seed = first; seed <= last; ++seed) BOOST_TEST_CONTEXT("TEXLEX_SEED=" << seed) {
      check(seed);
    }
  return replay == nullptr;
}

// All that can be told of tokens, in a format; and how long it may be: a row for each, and names, whose bytes are in
// the document once and written by six characters at most.
void expect_bounded_text(const scan_input& input, const token_columns& tokens, token_format format) {
  constexpr size_t row_bytes_max = 200;
  constexpr size_t name_bytes_max = 6 * 4;
  const row_options options{
    format, {column::kind, column::text, column::start, column::end, column::line, column::column}, false};
  text_buffer out;
  for (const token_part& part : cut_tokens(input, tokens, 1 + tokens.count % 7))
    token_formatter{input, tokens, options, ""}.append(part, out);
  BOOST_REQUIRE(static_cast<uint64_t>(std::ranges::count(out.view(), '\n')) == tokens.count);
  BOOST_REQUIRE(out.size() <= tokens.count * row_bytes_max + input.document.size() * name_bytes_max);
  for (const issue_part& part : cut_issues(input, tokens, 3)) {
    position_counter position = part.position;
    for (const issue& each : part.issues) BOOST_REQUIRE(position.at(each.offset).line > 0);
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(a_right_answer_gives_what_a_scan_here_gives) {
  (void)check_seeds(300, [](uint64_t seed) {
    const test::awkward_document document{seed};
    const auto names = regime_names();
    const regime& rules = *find_regime(names[seed % names.size()]);
    for (const token_view view : {token_view::tex, token_view::source}) {
      const scan_input input{test::bytes_of(document.text), &rules, view};
      const auto got = taken(input, sent_answer{document.text, rules, view, issues_told_max}.payload());
      const auto* const why = std::get_if<std::string>(&got);
      BOOST_REQUIRE_MESSAGE(why == nullptr, (why != nullptr ? *why : std::string{}));
      const auto& there = std::get<token_columns>(got);
      const auto here = tokenize(input, *find_kernel("reference"), issues_told_max);
      BOOST_REQUIRE(there.count == here.count);
      BOOST_TEST(std::equal(there.kinds.get(), there.kinds.get() + there.count, here.kinds.get()));
      BOOST_TEST(std::equal(there.start_bits.get(), there.start_bits.get() + start_words(document.text.size()),
                            here.start_bits.get()));
      BOOST_TEST(there.issue_count == here.issue_count);
      BOOST_TEST((there.issues == here.issues));
    }
  });
}

// Of an empty document too, which under some regimes has no token even in the source view.
BOOST_AUTO_TEST_CASE(a_right_answer_of_an_empty_document_is_taken_under_every_regime_and_view) {
  uint64_t without_tokens = 0;
  for (const std::string_view name : regime_names()) {
    const regime& rules = *find_regime(name);
    for (const token_view view : {token_view::tex, token_view::source}) {
      const scan_input input{test::bytes_of(""), &rules, view};
      const auto got = taken(input, sent_answer{"", rules, view}.payload());
      const auto* const there = std::get_if<token_columns>(&got);
      BOOST_REQUIRE_MESSAGE(there != nullptr, name << ": " << (there ? "" : std::get<std::string>(got)));
      BOOST_TEST(there->count == tokenize(input, *find_kernel("reference"), 0).count);
      if (there->count == 0) ++without_tokens;
    }
  }
  BOOST_TEST(without_tokens > 0);
}

BOOST_AUTO_TEST_CASE(kinds_are_those_there_are_in_the_view_asked_for) {
  const auto with_kind = [](int kind, token_view view) {
    return wrong_once("abc", view,
                      [&](sent_answer& answer) { answer.tokens.kinds[1] = static_cast<token_kind>(kind); });
  };
  for (const int kind : {5, 9, 14, 15, 22, 200, 255}) BOOST_TEST(has(with_kind(kind, token_view::source), "kind"));
  for (const int kind : {17, 18, 19, 20, 21}) {
    BOOST_TEST(has(with_kind(kind, token_view::tex), "kind"));
    BOOST_TEST(with_kind(kind, token_view::source) == "");
  }
}

BOOST_AUTO_TEST_CASE(starts_ascend_within_the_document_and_in_the_source_view_from_its_first_byte) {
  const auto with_start = [](size_t token, uint32_t start, token_view view = token_view::tex) {
    return wrong_once("abc", view, [&](sent_answer& answer) { answer.tokens.starts[token] = start; });
  };
  BOOST_TEST(has(with_start(1, 0), "ascend"));
  BOOST_TEST(has(with_start(1, 2), "ascend"));
  BOOST_TEST(has(with_start(3, 4), "at byte 4 of a document of 3"));
  BOOST_TEST(has(with_start(3, UINT32_MAX), "of a document of 3"));
  BOOST_TEST(has(with_start(0, 1, token_view::source), "first byte"));
}

BOOST_AUTO_TEST_CASE(tokens_and_issues_begin_where_characters_do) {
  const auto moved = [](std::string_view document, size_t token, uint32_t start, std::string_view regime = "latex") {
    return wrong_once(
      document, token_view::tex, [&](sent_answer& answer) { answer.tokens.starts[token] = start; }, regime);
  };
  BOOST_TEST(has(moved("a\u00e9b", 1, 2), "within a character"));
  BOOST_TEST(has(moved("a\U0001d400b", 1, 4), "within a character"));
  BOOST_TEST(has(moved("a\xF0\x9F\x98z", 1, 3), "within a character")); // of which the last byte is missing
  BOOST_TEST(has(moved("a\r\nb", 1, 2), "within a character"));
  const auto drop_the_second = [](sent_answer& answer) {
    answer.tokens.starts.erase(answer.tokens.starts.begin() + 1);
    answer.tokens.kinds.erase(answer.tokens.kinds.begin() + 1);
    answer.count_anew();
  };
  BOOST_TEST(wrong_once("a\u00e9b", token_view::tex, drop_the_second, "latex-8bit") == ""); // each byte is one there
  const auto issue =
    wrong_once("a\u200Fb", token_view::tex, [](sent_answer& answer) { answer.tokens.issues.at(0).offset = 2; });
  BOOST_TEST(has(issue, "within a character"), issue);
}

// Each name would be as long as all that is behind it: of a megabyte, half a terabyte of text.
BOOST_AUTO_TEST_CASE(names_do_not_reach_over_the_tokens_behind_them) {
  const auto why = wrong_once(std::string(100'000, 'a'), token_view::tex, [](sent_answer& answer) {
    std::ranges::fill(answer.tokens.kinds, token_kind::control_sequence);
  });
  BOOST_TEST(has(why, "over the next"), why);
  const auto last = wrong_once("ab\\cd", token_view::tex, [](sent_answer& answer) {
    answer.tokens.starts.push_back(4);
    answer.tokens.kinds.push_back(token_kind::letter);
    answer.count_anew();
  });
  BOOST_TEST(has(last, "over the next"), last);
}

BOOST_AUTO_TEST_CASE(there_are_no_more_tokens_and_issues_than_there_can_be) {
  BOOST_TEST(has(wrong_once("a%", token_view::tex,
                            [](sent_answer& answer) {
                              answer.tokens.kinds.resize(1000, token_kind::letter);
                              answer.tokens.starts.resize(1000, 1);
                              answer.count_anew();
                            }),
                 "1000 tokens of a document of 2"));
  const auto counted = [](uint32_t count) {
    return wrong_once("a%", token_view::tex, [&](sent_answer& answer) { answer.head.result.issue_count = count; });
  };
  BOOST_TEST(has(counted(7), "7 issues of a document of 2"));
  BOOST_TEST(has(counted(3), "tells 0 of 3 issues"));
  BOOST_TEST(has(wrong_once("a", token_view::source,
                            [](sent_answer& answer) {
                              answer.tokens.kinds.clear();
                              answer.tokens.starts.clear();
                              answer.count_anew();
                            }),
                 "no token"));
}

BOOST_AUTO_TEST_CASE(issues_are_those_there_are_in_order_within_the_document) {
  const auto with_issue = [](size_t which, issue changed) {
    return wrong_once("\x01\x01 a\x01", token_view::tex,
                      [&](sent_answer& answer) { answer.tokens.issues.at(which) = changed; });
  };
  BOOST_TEST(has(with_issue(0, {issue_kind{0}, 0}), "kind"));
  BOOST_TEST(has(with_issue(0, {issue_kind{9}, 0}), "kind"));
  BOOST_TEST(has(with_issue(1, {issue_kind::nul_byte, 5}), "ascend"));
  BOOST_TEST(has(with_issue(2, {issue_kind::nul_byte, 6}), "behind the document"));
  BOOST_TEST(with_issue(1, {issue_kind::nul_byte, 0}) == ""); // two may be at one place
}

BOOST_AUTO_TEST_CASE(what_was_asked_for_is_there) {
  BOOST_TEST(has(wrong_once("a", token_view::tex, [](sent_answer& answer) { answer.has_tokens = false; }), "kind and"));
  BOOST_TEST(
    has(wrong_once("\x01", token_view::tex, [](sent_answer& answer) { answer.has_issues = false; }), "issues"));
}

BOOST_AUTO_TEST_CASE(counts_alone_are_no_more_than_there_can_be) {
  const scan_input input{test::bytes_of("a}"), find_regime("latex"), token_view::tex};
  sent_answer answer{"a}", *input.regime, input.view};
  answer.has_tokens = answer.has_issues = false;
  answer.head.issues_told = 0;
  const auto got = taken(input, answer.payload(), 0);
  BOOST_REQUIRE(std::holds_alternative<token_columns>(got));
  BOOST_TEST(std::get<token_columns>(got).count == 3u);
  BOOST_TEST(std::get<token_columns>(got).issue_count == 1u);
  answer.head.result.token_count = 4;
  BOOST_TEST(has(wrong_with(input, answer.payload(), 0), "4 tokens"));
}

// Whatever is taken for an answer can be turned into text: within the document, and about as much of it.
BOOST_AUTO_TEST_CASE(answers_changed_at_random_are_refused_or_lead_nowhere_outside) {
  size_t accepted = 0, refused = 0;
  const bool all = check_seeds(1500, [&](uint64_t seed) {
    std::mt19937_64 dice{seed};
    const test::awkward_document document{seed};
    const auto names = regime_names();
    const regime& rules = *find_regime(names[dice() % names.size()]);
    const auto view = dice() % 2 == 0 ? token_view::tex : token_view::source;
    const std::string text = document.text.substr(0, 1 + dice() % 200);
    const scan_input input{test::bytes_of(text), &rules, view};
    sent_answer answer{text, rules, view};
    auto& [kinds, starts, issues, issue_count] = answer.tokens;
    for (uint64_t changes = dice() % 4; changes > 0 && !kinds.empty(); --changes) {
      const size_t at = dice() % kinds.size();
      const auto offset = static_cast<uint32_t>(dice() % (text.size() + 2));
      switch (dice() % 6) {
        case 0: kinds[at] = static_cast<token_kind>(dice() % 24); break;
        case 1: starts[at] = offset; break;
        case 2: starts[at] += static_cast<uint32_t>(dice() % 3) - 1; break;
        case 3:
          kinds.erase(kinds.begin() + static_cast<ptrdiff_t>(at));
          starts.erase(starts.begin() + static_cast<ptrdiff_t>(at));
          break;
        case 4:
          kinds.push_back(static_cast<token_kind>(dice() % 22));
          starts.push_back(offset);
          std::ranges::sort(starts);
          break;
        default:
          if (!issues.empty()) issues[dice() % issues.size()] = {static_cast<issue_kind>(dice() % 10), offset};
      }
    }
    answer.count_anew();
    auto payload = answer.payload();
    if (dice() % 2 == 0) payload[dice() % payload.size()] = static_cast<uint8_t>(dice());
    if (dice() % 20 == 0) payload.resize(dice() % payload.size());
    const auto got = taken(input, payload);
    const auto* const tokens = std::get_if<token_columns>(&got);
    (tokens != nullptr ? accepted : refused) += 1;
    if (tokens == nullptr) return;
    for (const auto format : {token_format::tsv, token_format::jsonl}) expect_bounded_text(input, *tokens, format);
  });
  if (!all) return;
  BOOST_TEST(accepted > 100u);
  BOOST_TEST(refused > 100u);
}

BOOST_AUTO_TEST_SUITE_END()

// The library gives what the kernels give, by each of its ways: whole, token by token, in columns, in the caller's
// memory. The kernels are this program's own, linked beside the shared library that hides its copy.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/regimes.hpp"
#include "test/support/awkward_document.hpp"
#include "test/support/token_list.hpp"
#include "texlex/texlex.h"

using namespace texlex;
using namespace texlex::test;

namespace {

// A token with all that is told of it.
using row = std::tuple<uint32_t, uint32_t, uint64_t, uint64_t, uint64_t, uint64_t, std::string, std::string>;

struct told {
  std::vector<row> tokens;
  std::vector<issue> issues;

  friend bool operator==(const told&, const told&) = default;
};

// The recorded documents, and a few made by chance.
const std::vector<std::string>& documents() {
  static const auto read = [] {
    std::vector<std::string> result{"", "x", "\n", "a{", "\\", "\\\n"};
    for (const auto& entry :
         std::filesystem::directory_iterator{std::filesystem::path{TEXLEX_SOURCE_DIR} / "test/engine/documents"}) {
      std::ifstream file{entry.path(), std::ios::binary};
      result.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    }
    for (uint64_t seed = 1; seed <= 100; ++seed) result.push_back(awkward_document{seed}.text);
    return result;
  }();
  return read;
}

// What the reference and the derivations of the tree make of a document.
told expected_of(const std::string& document, const regime& rules, token_view view, column_unit unit) {
  const scanned found = scan(document, rules, view);
  token_deriver deriver{bytes_of(document), rules};
  position_counter counter{bytes_of(document), rules.encoding, unit};
  told result{{}, found.issues};
  for (size_t i = 0; i < found.kinds.size(); ++i) {
    const token_kind kind = found.kinds[i];
    const uint64_t start = found.starts[i];
    token_text text;
    if (!is_trivia(kind)) deriver.derive(kind, start, text);
    if (view == token_view::source) text.end = i + 1 < found.starts.size() ? found.starts[i + 1] : document.size();
    if (kind == token_kind::control_sequence || kind >= token_kind::paragraph) text.code = 0;
    const auto place = counter.at(start);
    result.tokens.emplace_back(static_cast<uint32_t>(kind), static_cast<uint32_t>(text.code), start, text.end,
                               place.line, place.column, document.substr(start, text.end - start), text.name);
  }
  return result;
}

std::vector<issue> issues_of(const texlex_issue* first, uint64_t count) {
  std::vector<issue> result;
  for (uint64_t i = 0; i < count; ++i) result.push_back({static_cast<issue_kind>(first[i].kind), first[i].offset});
  return result;
}

// What the library tells, token by token.
told walked(const std::string& document, const texlex_options& options) {
  told result;
  texlex_walker* walker = nullptr;
  BOOST_TEST_REQUIRE(texlex_walk(document.data(), document.size(), &options, &walker) == TEXLEX_OK);
  texlex_token token = TEXLEX_TOKEN_INIT;
  texlex_status status = TEXLEX_OK;
  while ((status = texlex_walker_next(walker, &token)) == TEXLEX_OK)
    result.tokens.emplace_back(token.kind, token.code, token.start, token.end, token.line, token.column,
                               std::string(token.text, token.text_bytes), std::string(token.name, token.name_bytes));
  BOOST_TEST(status == TEXLEX_END);
  const texlex_tokens* tokens = texlex_walker_tokens(walker);
  BOOST_TEST(texlex_tokens_count(tokens) == result.tokens.size());
  result.issues = issues_of(texlex_tokens_issues(tokens), texlex_tokens_issues_kept(tokens));
  texlex_walker_free(walker);
  return result;
}

// And in columns.
told in_columns(const std::string& document, const texlex_options& options) {
  told result;
  texlex_tokens* tokens = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokenize(document.data(), document.size(), &options, &tokens) == TEXLEX_OK);
  texlex_columns* columns = nullptr;
  const uint32_t all =
    TEXLEX_COLUMNS_ENDS | TEXLEX_COLUMNS_CODES | TEXLEX_COLUMNS_LINES | TEXLEX_COLUMNS_COLUMNS | TEXLEX_COLUMNS_NAMES;
  BOOST_TEST_REQUIRE(texlex_tokens_columns(tokens, all, &columns) == TEXLEX_OK);
  const uint32_t* starts = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokens_starts(tokens, &starts) == TEXLEX_OK);
  const uint32_t* offsets = texlex_columns_name_offsets(columns);
  for (uint64_t i = 0; i < texlex_tokens_count(tokens); ++i) {
    const uint64_t start = starts[i], end = texlex_columns_ends(columns)[i];
    result.tokens.emplace_back(
      texlex_tokens_kinds(tokens)[i], texlex_columns_codes(columns)[i], start, end, texlex_columns_lines(columns)[i],
      texlex_columns_columns(columns)[i], document.substr(start, end - start),
      std::string(texlex_columns_name_bytes(columns) + offsets[i], offsets[i + 1] - offsets[i]));
  }
  result.issues = issues_of(texlex_tokens_issues(tokens), texlex_tokens_issues_kept(tokens));
  texlex_columns_free(columns);
  texlex_tokens_free(tokens);
  return result;
}

// And in memory of the caller's, which holds rubbish before.
scanned in_own_memory(const std::string& document, const texlex_options& options, bool as_bitmap) {
  const uint64_t room = texlex_tokens_max(document.size());
  scanned result{std::vector<token_kind>(room, token_kind::invalid), std::vector<uint32_t>(room, 0xA5A5A5A5), {}, 0};
  std::vector<uint64_t> bits(texlex_start_words(document.size()), 0xA5A5'5A5A'1234'FFFF);
  std::vector<texlex_issue> issues(2 * room + 1);
  texlex_scan_memory memory = {sizeof memory,
                               room,
                               reinterpret_cast<uint8_t*>(result.kinds.data()),
                               as_bitmap ? nullptr : result.starts.data(),
                               bits.data(),
                               issues.size(),
                               issues.data(),
                               0,
                               0};
  BOOST_TEST_REQUIRE(texlex_scan(document.data(), document.size(), &options, &memory) == TEXLEX_OK);
  if (as_bitmap) {
    result.starts.clear();
    for (uint64_t i = 0; i <= document.size(); ++i)
      if ((bits[i / 64] >> i % 64 & 1) != 0) result.starts.push_back(static_cast<uint32_t>(i));
  }
  result.kinds.resize(memory.token_count);
  result.starts.resize(memory.token_count);
  result.issues = issues_of(issues.data(), memory.issue_count);
  result.issue_count = memory.issue_count;
  return result;
}

texlex_options options_of(size_t regime, uint32_t view, uint32_t unit = TEXLEX_COLUMN_CODE_POINTS) {
  texlex_options options = TEXLEX_OPTIONS_INIT;
  options.regime = texlex_regime_name(regime);
  options.view = view;
  options.column_unit = unit;
  return options;
}

// Sanitizers make it ten times as slow: there each regime has a fifth of the documents, another one than the regime
// before.
#ifdef TEXLEX_SANITIZED
constexpr size_t documents_step = 5;
#else
constexpr size_t documents_step = 1;
#endif

// Calls `check` with each document under each regime in both views, and with the options that say so.
template <class Check>
void for_all(Check check) {
  for (size_t regime = 0; regime < texlex_regime_count(); ++regime)
    for (const uint32_t view : {TEXLEX_VIEW_TEX, TEXLEX_VIEW_SOURCE})
      for (size_t i = regime % documents_step; i < documents().size(); i += documents_step) {
        BOOST_TEST_CONTEXT("document " << i << " under " << texlex_regime_name(regime) << ", view " << view)
        check(documents()[i], *find_regime(texlex_regime_name(regime)), static_cast<token_view>(view),
              options_of(regime, view));
      }
}

} // namespace

BOOST_AUTO_TEST_CASE(a_walk_tells_what_kernel_and_derivations_tell_under_all_regimes_in_both_views) {
  for_all([](const std::string& document, const regime& rules, token_view view, const texlex_options& options) {
    BOOST_TEST((walked(document, options) == expected_of(document, rules, view, column_unit::code_points)));
  });
}

BOOST_AUTO_TEST_CASE(columns_tell_what_a_walk_tells) {
  for_all([](const std::string& document, const regime&, token_view, const texlex_options& options) {
    BOOST_TEST((in_columns(document, options) == walked(document, options)));
  });
}

BOOST_AUTO_TEST_CASE(the_callers_memory_gets_what_a_kernel_writes_as_a_column_and_as_a_bitmap) {
  for_all([](const std::string& document, const regime& rules, token_view view, const texlex_options& options) {
    const scanned expected = scan(document, rules, view);
    BOOST_TEST((in_own_memory(document, options, false) == expected));
    BOOST_TEST((in_own_memory(document, options, true) == expected));
  });
}

BOOST_AUTO_TEST_CASE(all_kernels_of_this_processor_can_be_asked_for_and_tell_the_same) {
  const std::string document = "\\foo{bär} % note\n\n^^4d\xFF x";
  texlex_options options = options_of(2, TEXLEX_VIEW_SOURCE);
  const told expected = walked(document, options);
  BOOST_TEST(texlex_kernel_count() == kernel_names().size());
  for (size_t i = 0; i < texlex_kernel_count(); ++i) {
    options.kernel = texlex_kernel_name(i);
    BOOST_TEST((walked(document, options) == expected), options.kernel);
  }
}

BOOST_AUTO_TEST_CASE(columns_count_what_was_asked_for) {
  const std::string document = "ä\xF0\x9F\x98\x80x"; // U+00E4, U+1F600: 2 and 4 bytes, 1 and 2 units of UTF-16
  const auto column_of_x = [&](uint32_t unit) {
    return std::get<5>(walked(document, options_of(2, TEXLEX_VIEW_TEX, unit)).tokens[2]);
  };
  BOOST_TEST(column_of_x(TEXLEX_COLUMN_BYTES) == 7u);
  BOOST_TEST(column_of_x(TEXLEX_COLUMN_CODE_POINTS) == 3u);
  BOOST_TEST(column_of_x(TEXLEX_COLUMN_UTF16) == 4u);
}

BOOST_AUTO_TEST_CASE(only_the_columns_that_were_asked_for_are_made) {
  texlex_tokens* tokens = nullptr;
  texlex_columns* columns = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokenize("a\nb", 3, nullptr, &tokens) == TEXLEX_OK);
  BOOST_TEST_REQUIRE(texlex_tokens_columns(tokens, TEXLEX_COLUMNS_LINES, &columns) == TEXLEX_OK);
  BOOST_TEST(texlex_columns_lines(columns)[2] == 2u);
  BOOST_TEST(texlex_columns_ends(columns) == nullptr);
  BOOST_TEST(texlex_columns_codes(columns) == nullptr);
  BOOST_TEST(texlex_columns_columns(columns) == nullptr);
  BOOST_TEST(texlex_columns_name_offsets(columns) == nullptr);
  BOOST_TEST(texlex_columns_name_bytes(columns) == nullptr);
  texlex_columns_free(columns);
  texlex_tokens_free(tokens);
}

BOOST_AUTO_TEST_CASE(the_first_issues_are_kept_and_all_are_counted) {
  texlex_options options = TEXLEX_OPTIONS_INIT;
  options.issues_max = 2;
  texlex_tokens* tokens = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokenize("a}b}c}", 6, &options, &tokens) == TEXLEX_OK);
  BOOST_TEST(texlex_tokens_issue_count(tokens) == 3u);
  BOOST_TEST_REQUIRE(texlex_tokens_issues_kept(tokens) == 2u);
  BOOST_TEST(texlex_tokens_issues(tokens)[1].kind == TEXLEX_ISSUE_UNBALANCED_GROUP);
  BOOST_TEST(texlex_tokens_issues(tokens)[1].offset == 3u);
  texlex_tokens_free(tokens);
}

BOOST_AUTO_TEST_CASE(an_issue_has_a_line_and_a_column) {
  texlex_tokens* tokens = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokenize("ä\nä}", 6, nullptr, &tokens) == TEXLEX_OK);
  uint64_t line = 0, column = 0;
  BOOST_TEST(texlex_tokens_place(tokens, texlex_tokens_issues(tokens)[0].offset, &line, &column) == TEXLEX_OK);
  BOOST_TEST(line == 2u);
  BOOST_TEST(column == 2u);
  texlex_tokens_free(tokens);
}

BOOST_AUTO_TEST_CASE(a_copied_document_may_change_and_go) {
  texlex_options options = TEXLEX_OPTIONS_INIT;
  options.flags = TEXLEX_COPY_DOCUMENT;
  std::string document = "\\foo";
  texlex_walker* walker = nullptr;
  BOOST_TEST_REQUIRE(texlex_walk(document.data(), document.size(), &options, &walker) == TEXLEX_OK);
  document.assign(document.size(), '!');
  texlex_token token = TEXLEX_TOKEN_INIT;
  BOOST_TEST(texlex_walker_next(walker, &token) == TEXLEX_OK);
  BOOST_TEST(std::string(token.name, token.name_bytes) == "foo");
  BOOST_TEST(std::string(token.text, token.text_bytes) == "\\foo");
  texlex_walker_free(walker);
}

BOOST_AUTO_TEST_CASE(nothing_at_all_is_an_empty_document) {
  texlex_tokens* tokens = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokenize(nullptr, 0, nullptr, &tokens) == TEXLEX_OK);
  BOOST_TEST(texlex_tokens_count(tokens) == scan("", *find_regime("latex")).kinds.size());
  texlex_tokens_free(tokens);
}

BOOST_AUTO_TEST_CASE(names_are_those_every_text_output_has) {
  BOOST_TEST(std::string{texlex_kind_name(TEXLEX_KIND_LETTER)} == "11");
  BOOST_TEST(std::string{texlex_kind_name(TEXLEX_KIND_LINE_END)} == "eol");
  BOOST_TEST(texlex_kind_name(5) == nullptr);
  BOOST_TEST(texlex_kind_name(static_cast<uint32_t>(texlex_kind_count())) == nullptr);
  BOOST_TEST(std::string{texlex_issue_kind_name(TEXLEX_ISSUE_NUL_BYTE)} == "nul-byte");
  BOOST_TEST(std::string{texlex_issue_kind_name(TEXLEX_ISSUE_UTF16_TEXT)} == "utf-16-text");
  BOOST_TEST(std::string{texlex_issue_kind_name(TEXLEX_ISSUE_BYTE_ORDER_MARK)} == "byte-order-mark");
  BOOST_TEST(texlex_issue_kind_name(0) == nullptr);
  BOOST_TEST(texlex_issue_kind_name(static_cast<uint32_t>(texlex_issue_kind_count())) == nullptr);
  BOOST_TEST(texlex_regime_count() == regime_names().size());
  BOOST_TEST(texlex_regime_name(texlex_regime_count()) == nullptr);
  BOOST_TEST(std::string{texlex_kernel_name(texlex_kernel_count() - 1)} == "reference");
  BOOST_TEST(texlex_kernel_name(texlex_kernel_count()) == nullptr);
}

// The library's interface tells what the golden vectors hold: by every kernel, in columns and token by token.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "test/golden/vectors.hpp"
#include "texlex/texlex.h"

namespace {

using namespace texlex::golden;

texlex_options options_of(const golden_vector& vector) {
  texlex_options options = TEXLEX_OPTIONS_INIT;
  options.regime = vector.regime.c_str();
  options.view = view_of(vector);
  options.column_unit = unit_of(vector);
  options.issues_max = vector.issues_max;
  return options;
}

void tell_issues(const texlex_tokens* tokens, told& result) {
  result.issue_count = texlex_tokens_issue_count(tokens);
  const texlex_issue* issues = texlex_tokens_issues(tokens);
  for (uint64_t i = 0; i < texlex_tokens_issues_kept(tokens); ++i) {
    result.issue_kinds.push_back(issues[i].kind);
    result.issue_offsets.push_back(issues[i].offset);
  }
}

told in_columns(const std::string& document, const texlex_options& options) {
  texlex_tokens* tokens = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokenize(document.data(), document.size(), &options, &tokens) == TEXLEX_OK);
  const uint32_t* starts = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokens_starts(tokens, &starts) == TEXLEX_OK);
  texlex_columns* columns = nullptr;
  const uint32_t all =
    TEXLEX_COLUMNS_ENDS | TEXLEX_COLUMNS_CODES | TEXLEX_COLUMNS_LINES | TEXLEX_COLUMNS_COLUMNS | TEXLEX_COLUMNS_NAMES;
  BOOST_TEST_REQUIRE(texlex_tokens_columns(tokens, all, &columns) == TEXLEX_OK);
  const uint64_t count = texlex_tokens_count(tokens);
  const auto told_of = [count](const auto* column) { return numbers(column, column + count); };
  told result{told_of(texlex_tokens_kinds(tokens)),
              told_of(starts),
              told_of(texlex_columns_ends(columns)),
              told_of(texlex_columns_codes(columns)),
              told_of(texlex_columns_lines(columns)),
              told_of(texlex_columns_columns(columns)),
              {},
              0,
              {},
              {}};
  const uint32_t* offsets = texlex_columns_name_offsets(columns);
  for (uint64_t i = 0; i < count; ++i)
    result.names.emplace_back(texlex_columns_name_bytes(columns) + offsets[i], offsets[i + 1] - offsets[i]);
  tell_issues(tokens, result);
  texlex_columns_free(columns);
  texlex_tokens_free(tokens);
  return result;
}

told walked(const std::string& document, const texlex_options& options) {
  texlex_walker* walker = nullptr;
  BOOST_TEST_REQUIRE(texlex_walk(document.data(), document.size(), &options, &walker) == TEXLEX_OK);
  told result;
  texlex_token token = TEXLEX_TOKEN_INIT;
  texlex_status status = TEXLEX_OK;
  while ((status = texlex_walker_next(walker, &token)) == TEXLEX_OK) {
    result.kinds.push_back(token.kind);
    result.starts.push_back(token.start);
    result.ends.push_back(token.end);
    result.codes.push_back(token.code);
    result.lines.push_back(token.line);
    result.columns.push_back(token.column);
    result.names.emplace_back(token.name, token.name_bytes);
  }
  BOOST_TEST(status == TEXLEX_END);
  tell_issues(texlex_walker_tokens(walker), result);
  texlex_walker_free(walker);
  return result;
}

// Calls `tell` with each vector under each kernel of this processor, and compares.
template <class Tell>
void replay(Tell tell) {
  for (const golden_vector& vector : vectors())
    for (size_t kernel = 0; kernel < texlex_kernel_count(); ++kernel) {
      texlex_options options = options_of(vector);
      options.kernel = texlex_kernel_name(kernel);
      BOOST_TEST_CONTEXT(vector.name << " under " << vector.regime << ", " << vector.view << " view, in "
                                     << vector.column_unit << ", by " << options.kernel)
      check_the_same(tell(vector.document, options), vector.expected);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(vectors_test)

BOOST_AUTO_TEST_CASE(columns_are_those_of_the_vectors) { replay(in_columns); }

BOOST_AUTO_TEST_CASE(a_walk_tells_what_the_vectors_hold) { replay(walked); }

BOOST_AUTO_TEST_CASE(the_vectors_have_every_regime_in_every_view_and_unit) {
  std::set<std::tuple<std::string, std::string, std::string>> readings;
  for (const golden_vector& vector : vectors()) readings.emplace(vector.regime, vector.view, vector.column_unit);
  BOOST_TEST(vectors().size() >= 200u);
  BOOST_TEST(readings.size() == texlex_regime_count() * 2 * 3);
  for (size_t regime = 0; regime < texlex_regime_count(); ++regime)
    BOOST_TEST(readings.contains({texlex_regime_name(regime), "source", "utf16"}), texlex_regime_name(regime));
}

BOOST_AUTO_TEST_CASE(the_vectors_have_every_kind_of_token_and_issue) {
  std::set<uint64_t> kinds, issues;
  for (const golden_vector& vector : vectors()) {
    kinds.insert(vector.expected.kinds.begin(), vector.expected.kinds.end());
    issues.insert(vector.expected.issue_kinds.begin(), vector.expected.issue_kinds.end());
  }
  for (uint32_t kind = 0; kind < texlex_kind_count(); ++kind)
    BOOST_TEST(kinds.contains(kind) == (texlex_kind_name(kind) != nullptr), "kind " << kind);
  for (uint32_t kind = 1; kind < texlex_issue_kind_count(); ++kind) BOOST_TEST(issues.contains(kind), "issue " << kind);
}

BOOST_AUTO_TEST_CASE(some_vectors_have_more_issues_than_are_told) {
  size_t capped = 0;
  for (const golden_vector& vector : vectors())
    if (vector.expected.issue_count > vector.issues_max) {
      ++capped;
      BOOST_TEST(vector.expected.issue_kinds.size() == vector.issues_max);
    }
  BOOST_TEST(capped > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

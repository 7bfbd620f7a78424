// The library's interface tells what the golden vectors hold: by every kernel, in columns and token by token.
#define BOOST_BIND_GLOBAL_PLACEHOLDERS // which Boost's own reader of JSON still uses
#include <boost/test/unit_test.hpp>

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "texlex/texlex.h"

namespace {

using numbers = std::vector<uint64_t>;

// What is told of a document.
struct told {
  numbers kinds, starts, ends, codes, lines, columns;
  std::vector<std::string> names;
  uint64_t issue_count = 0;
  numbers issue_kinds, issue_offsets;
};

struct golden_vector {
  std::string name, regime, view, column_unit, document;
  uint64_t issues_max = 0;
  told expected;
};

std::string decoded_base64(std::string_view text) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char digit : text.substr(0, text.find('='))) {
    const size_t value = digits.find(digit);
    BOOST_TEST_REQUIRE(value != digits.npos, "not a digit of base64: " << digit);
    bits = bits << 6 | static_cast<uint32_t>(value);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    result += static_cast<char>(bits >> bit_count & 0xFF);
  }
  return result;
}

template <class Entry>
std::vector<Entry> array_of(const boost::property_tree::ptree& object, const char* key) {
  std::vector<Entry> result;
  for (const auto& entry : object.get_child(key)) result.push_back(entry.second.get_value<Entry>());
  return result;
}

std::vector<golden_vector> read_vectors() {
  boost::property_tree::ptree file;
  boost::property_tree::read_json(TEXLEX_SOURCE_DIR "/test/golden/vectors.json", file);
  std::vector<golden_vector> result;
  for (const auto& [no_key, object] : file) {
    golden_vector vector{object.get<std::string>("name"),
                         object.get<std::string>("regime"),
                         object.get<std::string>("view"),
                         object.get<std::string>("column_unit"),
                         decoded_base64(object.get<std::string>("document")),
                         object.get<uint64_t>("issues_max"),
                         {}};
    vector.expected = {array_of<uint64_t>(object, "kinds"),       array_of<uint64_t>(object, "starts"),
                       array_of<uint64_t>(object, "ends"),        array_of<uint64_t>(object, "codes"),
                       array_of<uint64_t>(object, "lines"),       array_of<uint64_t>(object, "columns"),
                       array_of<std::string>(object, "names"),    object.get<uint64_t>("issue_count"),
                       array_of<uint64_t>(object, "issue_kinds"), array_of<uint64_t>(object, "issue_offsets")};
    result.push_back(std::move(vector));
  }
  return result;
}

const std::vector<golden_vector>& vectors() {
  static const auto read = read_vectors();
  return read;
}

uint32_t view_of(const golden_vector& vector) {
  BOOST_TEST_REQUIRE((vector.view == "tex" || vector.view == "source"), vector.view << " is no view");
  return vector.view == "tex" ? TEXLEX_VIEW_TEX : TEXLEX_VIEW_SOURCE;
}

uint32_t unit_of(const golden_vector& vector) {
  if (vector.column_unit == "bytes") return TEXLEX_COLUMN_BYTES;
  if (vector.column_unit == "code_points") return TEXLEX_COLUMN_CODE_POINTS;
  BOOST_TEST_REQUIRE(vector.column_unit == "utf16", vector.column_unit << " is no unit");
  return TEXLEX_COLUMN_UTF16;
}

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

void check_the_same(const told& found, const told& expected) {
  BOOST_TEST(found.kinds == expected.kinds, boost::test_tools::per_element());
  BOOST_TEST(found.starts == expected.starts, boost::test_tools::per_element());
  BOOST_TEST(found.ends == expected.ends, boost::test_tools::per_element());
  BOOST_TEST(found.codes == expected.codes, boost::test_tools::per_element());
  BOOST_TEST(found.lines == expected.lines, boost::test_tools::per_element());
  BOOST_TEST(found.columns == expected.columns, boost::test_tools::per_element());
  BOOST_TEST(found.names == expected.names, boost::test_tools::per_element());
  BOOST_TEST(found.issue_count == expected.issue_count);
  BOOST_TEST(found.issue_kinds == expected.issue_kinds, boost::test_tools::per_element());
  BOOST_TEST(found.issue_offsets == expected.issue_offsets, boost::test_tools::per_element());
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

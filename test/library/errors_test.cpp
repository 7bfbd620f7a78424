// Every status the library has, and callers that were compiled with another version of its header.
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <string>
#include <vector>

#include "texlex/texlex.h"

namespace {

texlex_status tokenize(const texlex_options& options, const void* document = "x", size_t bytes = 1) {
  texlex_tokens* tokens = nullptr;
  const auto status = texlex_tokenize(document, bytes, &options, &tokens);
  BOOST_TEST((tokens == nullptr) == (status != TEXLEX_OK));
  texlex_tokens_free(tokens);
  return status;
}

// Options with one thing changed.
template <class Change>
texlex_status tokenize_with(Change change) {
  texlex_options options = TEXLEX_OPTIONS_INIT;
  change(options);
  return tokenize(options);
}

// Tokens of "ab", for as long as a test.
struct two_letters {
  texlex_tokens* tokens = nullptr;
  two_letters() { BOOST_TEST_REQUIRE(texlex_tokenize("ab", 2, nullptr, &tokens) == TEXLEX_OK); }
  ~two_letters() { texlex_tokens_free(tokens); }
  two_letters(const two_letters&) = delete;
  two_letters& operator=(const two_letters&) = delete;
};

// Memory of the caller's for documents of up to 7 bytes.
struct small_memory {
  std::vector<uint8_t> kinds = std::vector<uint8_t>(8);
  std::vector<uint32_t> starts = std::vector<uint32_t>(8);
  texlex_issue issue = {};
  texlex_scan_memory memory = {sizeof(texlex_scan_memory), 8, kinds.data(), starts.data(), nullptr, 1, &issue, 99, 99};
};

// A structure as a later version may have it: with one more field.
template <class Struct>
struct later {
  Struct known;
  uint64_t added;
};

} // namespace

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(every_status_has_a_text_of_its_own) {
  std::vector<std::string> texts;
  for (int status = TEXLEX_OK; status <= TEXLEX_INTERNAL_ERROR + 1; ++status)
    texts.emplace_back(texlex_status_text(static_cast<texlex_status>(status)));
  for (size_t i = 0; i < texts.size(); ++i)
    for (size_t j = 0; j < i; ++j) BOOST_TEST(texts[i] != texts[j]);
}

BOOST_AUTO_TEST_CASE(what_there_is_no_name_of_is_refused_by_a_status_of_its_own) {
  BOOST_TEST(tokenize_with([](auto& options) { options.regime = "klingon"; }) == TEXLEX_UNKNOWN_REGIME);
  BOOST_TEST(tokenize_with([](auto& options) { options.regime = ""; }) == TEXLEX_UNKNOWN_REGIME);
  BOOST_TEST(tokenize_with([](auto& options) { options.kernel = "mmx"; }) == TEXLEX_UNKNOWN_KERNEL);
  BOOST_TEST(tokenize_with([](auto& options) { options.view = 2; }) == TEXLEX_UNKNOWN_VIEW);
  BOOST_TEST(tokenize_with([](auto& options) { options.column_unit = 3; }) == TEXLEX_UNKNOWN_COLUMN_UNIT);
  BOOST_TEST(tokenize_with([](auto& options) { options.flags = 2; }) == TEXLEX_UNKNOWN_FLAG);
  const two_letters document;
  texlex_columns* columns = nullptr;
  BOOST_TEST(texlex_tokens_columns(document.tokens, 32, &columns) == TEXLEX_UNKNOWN_FLAG);
}

BOOST_AUTO_TEST_CASE(a_document_above_four_gibibytes_is_refused_unread) {
  const texlex_options options = TEXLEX_OPTIONS_INIT;
  BOOST_TEST(tokenize(options, "x", size_t{1} << 32) == TEXLEX_DOCUMENT_TOO_LARGE);
  small_memory place;
  BOOST_TEST(texlex_scan("x", size_t{1} << 32, nullptr, &place.memory) == TEXLEX_DOCUMENT_TOO_LARGE);
}

BOOST_AUTO_TEST_CASE(a_null_pointer_is_an_error_and_no_crash) {
  const two_letters document;
  texlex_tokens* tokens = nullptr;
  texlex_walker* walker = nullptr;
  texlex_columns* columns = nullptr;
  texlex_token token = TEXLEX_TOKEN_INIT;
  const uint32_t* starts = nullptr;
  uint64_t number = 0;
  BOOST_TEST(texlex_options_init(nullptr, sizeof(texlex_options)) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokenize(nullptr, 1, nullptr, &tokens) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokenize("x", 1, nullptr, nullptr) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_walk(nullptr, 1, nullptr, &walker) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_walk("x", 1, nullptr, nullptr) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokens_walk(nullptr, &walker) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokens_walk(document.tokens, nullptr) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_walker_next(nullptr, &token) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokens_starts(nullptr, &starts) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokens_starts(document.tokens, nullptr) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokens_columns(nullptr, 0, &columns) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokens_columns(document.tokens, 0, nullptr) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokens_place(nullptr, 0, &number, &number) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokens_place(document.tokens, 0, nullptr, &number) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_tokens_place(document.tokens, 0, &number, nullptr) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(texlex_scan("x", 1, nullptr, nullptr) == TEXLEX_NULL_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(what_is_asked_of_nothing_is_nothing) {
  BOOST_TEST(texlex_tokens_count(nullptr) == 0u);
  BOOST_TEST(texlex_tokens_kinds(nullptr) == nullptr);
  BOOST_TEST(texlex_tokens_issue_count(nullptr) == 0u);
  BOOST_TEST(texlex_tokens_issues_kept(nullptr) == 0u);
  BOOST_TEST(texlex_tokens_issues(nullptr) == nullptr);
  BOOST_TEST(texlex_walker_tokens(nullptr) == nullptr);
  BOOST_TEST(texlex_columns_ends(nullptr) == nullptr);
  BOOST_TEST(texlex_columns_codes(nullptr) == nullptr);
  BOOST_TEST(texlex_columns_lines(nullptr) == nullptr);
  BOOST_TEST(texlex_columns_columns(nullptr) == nullptr);
  BOOST_TEST(texlex_columns_name_offsets(nullptr) == nullptr);
  BOOST_TEST(texlex_columns_name_bytes(nullptr) == nullptr);
  texlex_tokens_free(nullptr);
  texlex_walker_free(nullptr);
  texlex_columns_free(nullptr);
}

BOOST_AUTO_TEST_CASE(a_place_behind_the_document_is_out_of_range_and_its_end_is_not) {
  const two_letters document;
  uint64_t line = 0, column = 0;
  BOOST_TEST(texlex_tokens_place(document.tokens, 2, &line, &column) == TEXLEX_OK);
  BOOST_TEST(line == 1u);
  BOOST_TEST(column == 3u);
  BOOST_TEST(texlex_tokens_place(document.tokens, 3, &line, &column) == TEXLEX_OUT_OF_RANGE);
}

BOOST_AUTO_TEST_CASE(memory_for_a_scan_must_hold_what_a_document_may_have) {
  small_memory place;
  BOOST_TEST(texlex_scan("1234567", 7, nullptr, &place.memory) == TEXLEX_OK);
  BOOST_TEST(place.memory.token_count == 8u);
  place.memory.token_count = 99;
  BOOST_TEST(texlex_scan("12345678", 8, nullptr, &place.memory) == TEXLEX_CAPACITY_TOO_SMALL);
  BOOST_TEST(place.memory.token_count == 99u);
}

BOOST_AUTO_TEST_CASE(memory_for_a_scan_must_be_there) {
  const auto scan_without = [](auto take_away) {
    small_memory place;
    take_away(place.memory);
    return texlex_scan("x", 1, nullptr, &place.memory);
  };
  BOOST_TEST(scan_without([](auto& memory) { memory.kinds = nullptr; }) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(scan_without([](auto& memory) { memory.starts = nullptr; }) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(scan_without([](auto& memory) { memory.issues = nullptr; }) == TEXLEX_NULL_ARGUMENT);
  BOOST_TEST(scan_without([](auto& memory) { memory.struct_size = 0; }) == TEXLEX_UNSUPPORTED_STRUCT);
  BOOST_TEST(scan_without([](auto& memory) {
               memory.issues = nullptr;
               memory.issue_capacity = 0;
             })
             == TEXLEX_OK);
}

BOOST_AUTO_TEST_CASE(a_structure_whose_size_was_not_set_is_refused) {
  for (const size_t size : {size_t{0}, sizeof(texlex_options) - 1, size_t{1} << 20, ~size_t{0}})
    BOOST_TEST(tokenize_with([size](auto& options) { options.struct_size = size; }) == TEXLEX_UNSUPPORTED_STRUCT);
  texlex_walker* walker = nullptr;
  BOOST_TEST_REQUIRE(texlex_walk("ab", 2, nullptr, &walker) == TEXLEX_OK);
  texlex_token token = {};
  BOOST_TEST(texlex_walker_next(walker, &token) == TEXLEX_UNSUPPORTED_STRUCT);
  token.struct_size = sizeof token;
  BOOST_TEST(texlex_walker_next(walker, &token) == TEXLEX_OK);
  BOOST_TEST(token.code == 'a'); // it was not passed over
  texlex_walker_free(walker);
}

BOOST_AUTO_TEST_CASE(a_newer_caller_is_served_unless_it_sets_what_is_not_known) {
  later<texlex_options> options = {TEXLEX_OPTIONS_INIT, 0};
  options.known.struct_size = sizeof options;
  BOOST_TEST(tokenize(options.known) == TEXLEX_OK);
  options.added = 1;
  BOOST_TEST(tokenize(options.known) == TEXLEX_UNSUPPORTED_STRUCT);
}

BOOST_AUTO_TEST_CASE(what_a_newer_caller_has_room_for_and_is_not_known_is_zero) {
  later<texlex_options> options;
  std::memset(&options, 0xFF, sizeof options);
  BOOST_TEST(texlex_options_init(&options.known, sizeof options) == TEXLEX_OK);
  BOOST_TEST(options.known.struct_size == sizeof options);
  BOOST_TEST(options.known.issues_max == 65536u);
  BOOST_TEST(options.added == 0u);
  BOOST_TEST(texlex_options_init(&options.known, 8) == TEXLEX_UNSUPPORTED_STRUCT);

  texlex_walker* walker = nullptr;
  BOOST_TEST_REQUIRE(texlex_walk("ab", 2, nullptr, &walker) == TEXLEX_OK);
  later<texlex_token> token;
  std::memset(&token, 0xFF, sizeof token);
  token.known.struct_size = sizeof token;
  BOOST_TEST(texlex_walker_next(walker, &token.known) == TEXLEX_OK);
  BOOST_TEST(token.known.struct_size == sizeof token);
  BOOST_TEST(token.known.end == 1u);
  BOOST_TEST(token.added == 0u);
  texlex_walker_free(walker);
}

BOOST_AUTO_TEST_CASE(header_and_library_tell_the_versions_they_are_of) {
  BOOST_TEST(std::string{texlex_version()} == TEXLEX_VERSION); // the project's
  BOOST_TEST(std::string{TEXLEX_VERSION_STRING} == TEXLEX_VERSION);
  BOOST_TEST(std::to_string(TEXLEX_VERSION_MAJOR) + '.' + std::to_string(TEXLEX_VERSION_MINOR) + '.'
               + std::to_string(TEXLEX_VERSION_PATCH)
             == TEXLEX_VERSION);
  BOOST_TEST(texlex_abi_version() == TEXLEX_ABI_VERSION);
}

BOOST_AUTO_TEST_SUITE_END()

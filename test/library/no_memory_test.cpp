// Each allocation of the library may fail: the call says so, has changed nothing, and may be made again.
#include <boost/test/unit_test.hpp>

#include <string>

#include "test/support/scarce_memory.hpp"
#include "texlex/texlex.h"

using namespace texlex::test;

namespace {

// How often it failed for want of memory before it succeeded.
template <class Call>
int failures_before_success(Call call) {
  return failures_before<TEXLEX_OK, TEXLEX_NO_MEMORY>(call);
}

} // namespace

BOOST_AUTO_TEST_CASE(to_tokenize_may_lack_memory_at_each_step) {
  texlex_options options = TEXLEX_OPTIONS_INIT;
  options.regime = "plain-8bit"; // made at its first use, which is now
  options.flags = TEXLEX_COPY_DOCUMENT;
  texlex_tokens* tokens = nullptr;
  const int failures = failures_before_success([&] {
    const auto status = texlex_tokenize("\\foo x", 6, &options, &tokens);
    if (status != TEXLEX_OK && tokens != nullptr) return TEXLEX_INTERNAL_ERROR;
    return status;
  });
  BOOST_TEST(failures >= 3); // the regime, the tokens, the copy, their memory
  BOOST_TEST(texlex_tokens_count(tokens) == 3u);
  texlex_tokens_free(tokens);
}

BOOST_AUTO_TEST_CASE(a_scan_into_the_callers_memory_allocates_nothing_once_its_regime_was_used) {
  uint8_t kinds[8];
  uint32_t starts[8];
  texlex_scan_memory memory = {sizeof memory, 8, kinds, starts, nullptr, 0, nullptr, 0, 0};
  BOOST_TEST_REQUIRE(texlex_scan("a", 1, nullptr, &memory) == TEXLEX_OK);
  BOOST_TEST(failures_before_success([&] { return texlex_scan("\\foo x", 6, nullptr, &memory); }) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_derived_may_lack_memory_at_each_step_and_no_token_is_passed_over) {
  const std::string document = "\\" + std::string(100, 'n') + " x"; // a name that needs memory of its own
  texlex_tokens* tokens = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokenize(document.data(), document.size(), nullptr, &tokens) == TEXLEX_OK);

  const uint32_t* starts = nullptr;
  BOOST_TEST(failures_before_success([&] { return texlex_tokens_starts(tokens, &starts); }) == 1);
  BOOST_TEST(starts[1] == 102u);

  texlex_columns* columns = nullptr;
  const uint32_t all =
    TEXLEX_COLUMNS_ENDS | TEXLEX_COLUMNS_CODES | TEXLEX_COLUMNS_LINES | TEXLEX_COLUMNS_COLUMNS | TEXLEX_COLUMNS_NAMES;
  BOOST_TEST(failures_before_success([&] { return texlex_tokens_columns(tokens, all, &columns); }) >= 7);
  BOOST_TEST(texlex_columns_name_offsets(columns)[1] == 100u);
  texlex_columns_free(columns);

  texlex_walker* walker = nullptr;
  BOOST_TEST(failures_before_success([&] { return texlex_tokens_walk(tokens, &walker); }) >= 1);
  texlex_token token = TEXLEX_TOKEN_INIT;
  BOOST_TEST(failures_before_success([&] { return texlex_walker_next(walker, &token); }) >= 1);
  BOOST_TEST(token.start == 0u);
  BOOST_TEST(std::string(token.name, token.name_bytes) == std::string(100, 'n'));
  texlex_walker_free(walker);
  texlex_tokens_free(tokens);
}

BOOST_AUTO_TEST_CASE(to_tokenize_and_walk_in_one_may_lack_memory_at_each_step) {
  texlex_walker* walker = nullptr;
  BOOST_TEST(failures_before_success([&] { return texlex_walk("a", 1, nullptr, &walker); }) >= 3);
  BOOST_TEST(texlex_tokens_count(texlex_walker_tokens(walker)) == 2u);
  texlex_walker_free(walker);
}

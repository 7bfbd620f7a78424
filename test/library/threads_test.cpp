// What many threads may do at once: tokenize, and read the same tokens.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "texlex/texlex.h"

namespace {

constexpr int thread_count = 4;

// Runs the same in several threads that begin together.
template <class Work>
void in_threads(Work work) {
  std::atomic<int> to_come = thread_count;
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i)
    threads.emplace_back([&, i] {
      for (--to_come; to_come > 0;) std::this_thread::yield();
      work(i);
    });
  for (std::thread& each : threads) each.join();
}

std::string document_of(int lines) {
  std::string document;
  for (int i = 0; i < lines; ++i) document += "A \\textbf{word} and $x_1$ % note\n";
  return document;
}

// The sum of all starts, by a walk.
uint64_t walked(const texlex_tokens* tokens) {
  texlex_walker* walker = nullptr;
  if (texlex_tokens_walk(tokens, &walker) != TEXLEX_OK) return 0;
  texlex_token token = TEXLEX_TOKEN_INIT;
  uint64_t sum = 0;
  while (texlex_walker_next(walker, &token) == TEXLEX_OK) sum += token.start;
  texlex_walker_free(walker);
  return sum;
}

uint64_t summed(const texlex_tokens* tokens) {
  const uint32_t* starts = nullptr;
  if (texlex_tokens_starts(tokens, &starts) != TEXLEX_OK) return 0;
  uint64_t sum = 0;
  for (uint64_t i = 0; i < texlex_tokens_count(tokens); ++i) sum += starts[i];
  return sum;
}

} // namespace

BOOST_AUTO_TEST_CASE(threads_tokenize_at_once_even_where_each_is_the_first_to_use_a_regime) {
  const std::string document = document_of(100);
  std::atomic<uint64_t> counts[thread_count] = {};
  in_threads([&](int number) {
    for (size_t i = 0; i < texlex_regime_count(); ++i) {
      texlex_options options = TEXLEX_OPTIONS_INIT;
      options.regime = texlex_regime_name(i);
      texlex_tokens* tokens = nullptr;
      if (texlex_tokenize(document.data(), document.size(), &options, &tokens) == TEXLEX_OK)
        counts[number] += texlex_tokens_count(tokens);
      texlex_tokens_free(tokens);
    }
  });
  for (const auto& each : counts) {
    BOOST_TEST(each > 0u);
    BOOST_TEST(each == counts[0]);
  }
}

BOOST_AUTO_TEST_CASE(threads_read_the_same_tokens_even_where_each_is_the_first_to_ask_for_starts) {
  const std::string document = document_of(200);
  texlex_tokens* tokens = nullptr;
  BOOST_TEST_REQUIRE(texlex_tokenize(document.data(), document.size(), nullptr, &tokens) == TEXLEX_OK);
  const uint64_t expected = walked(tokens);
  std::atomic<int> right = 0;
  in_threads([&](int) { right += summed(tokens) == expected && walked(tokens) == expected ? 1 : 0; });
  BOOST_TEST(expected > 0u);
  BOOST_TEST(right == thread_count);
  texlex_tokens_free(tokens);
}

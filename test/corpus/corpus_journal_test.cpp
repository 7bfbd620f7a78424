// A journal cut anywhere, torn or changed is read as the last commit before that place, or refused.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "clients/cli/corpus/corpus_journal.hpp"

using namespace texlex::cli;

BOOST_AUTO_TEST_SUITE(corpus_journal_test)

namespace {

const journal_options options{{"format", "counts"}, {"regime", "latex"}};

std::vector<journal_commit> commits() {
  std::vector<journal_commit> all(4);
  for (uint64_t i = 0; i < all.size(); ++i) {
    all[i].number = i + 1;
    all[i].documents = 3 + i;
    all[i].bytes = 1000 * i;
    all[i].next = {10 * (i + 1), i};
    all[i].files[i] = {70 + i, -5};
  }
  all[1].failed.push_back({{11, 0}, true, {1, 2}, "a \\x09.tex", "cannot read it: \\x0a"});
  all[1].failed.push_back({{12, 3}, false, {3, 4}, "b.tar/c", "it is too large"});
  all[2].settled.push_back({11, 0});
  all[3].documents = 0;
  return all;
}

struct written {
  std::string text = journal_beginning(options);
  std::vector<size_t> ends{text.size()}; ///< of the beginning and of each commit

  written() {
    for (const journal_commit& commit : commits()) {
      text += journal_lines(commit);
      ends.push_back(text.size());
    }
  }

  [[nodiscard]] uint64_t commits_in(size_t bytes) const {
    uint64_t count = 0;
    while (count + 1 < ends.size() && ends[count + 1] <= bytes) ++count;
    return count;
  }
};

uint64_t seed() {
  const char* const given = std::getenv("TEXLEX_SEED");
  const uint64_t value = given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
  BOOST_TEST_MESSAGE("TEXLEX_SEED=" << value);
  return value;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_was_written_is_read_again) {
  const auto replayed = replay_journal(written{}.text);
  BOOST_REQUIRE(std::holds_alternative<journal_state>(replayed));
  const auto& state = std::get<journal_state>(replayed);
  BOOST_TEST((state.options == options));
  BOOST_TEST(state.commits == 4u);
  BOOST_TEST(state.documents == 3u + 4 + 5);
  BOOST_TEST(state.parts.size() == 3u);
  BOOST_TEST(state.parts.at(3) == 2000u);
  BOOST_TEST((state.next == document_place{40, 3}));
  BOOST_TEST((state.files.at(2) == file_stamp{72, -5}));
  BOOST_REQUIRE(state.failed.size() == 1u);
  const auto& failed = state.failed.at({12, 3});
  BOOST_TEST(!failed.rest);
  BOOST_TEST((failed.stamp == file_stamp{3, 4}));
  BOOST_TEST(failed.name == "b.tar/c");
  BOOST_TEST(failed.reason == "it is too large");
}

BOOST_AUTO_TEST_CASE(every_prefix_is_its_last_commit) {
  const written journal;
  for (size_t bytes = 0; bytes <= journal.text.size(); ++bytes) {
    const auto replayed = replay_journal(std::string_view{journal.text}.substr(0, bytes));
    if (bytes < journal.ends[0]) {
      BOOST_TEST(std::holds_alternative<std::string>(replayed), bytes);
      continue;
    }
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<journal_state>(replayed), bytes);
    const auto& state = std::get<journal_state>(replayed);
    BOOST_TEST(state.commits == journal.commits_in(bytes), bytes);
    BOOST_TEST(state.sound_bytes == journal.ends[state.commits], bytes);
  }
}

BOOST_AUTO_TEST_CASE(a_torn_end_is_as_if_it_were_not_there) {
  const written journal;
  std::mt19937_64 chance{seed()};
  for (int i = 0; i < 2000; ++i) {
    const size_t bytes = journal.ends[0] + chance() % (journal.text.size() - journal.ends[0]);
    std::string text = journal.text.substr(0, bytes);
    const uint64_t commits = journal.commits_in(bytes);
    // Blocks of the commit that was being written, of which some came to the disk and others did not.
    text += std::string(chance() % 50, '\0');
    for (size_t n = chance() % 40; n > 0; --n) text += static_cast<char>(chance());
    if (chance() % 2 == 0) text += "\n" + journal.text.substr(bytes, journal.ends[commits + 1] - bytes);
    const auto replayed = replay_journal(text);
    if (std::holds_alternative<std::string>(replayed)) {
      // A sound line at a place where it cannot be, as no crash makes: it is refused, and nothing lost.
      continue;
    }
    BOOST_TEST(std::get<journal_state>(replayed).sound_bytes <= text.size());
    BOOST_TEST(std::get<journal_state>(replayed).commits == commits, "TEXLEX_SEED, round " << i);
  }
}

BOOST_AUTO_TEST_CASE(a_change_before_the_last_commit_is_refused) {
  const written journal;
  for (size_t at = journal.ends[0]; at < journal.ends[3]; ++at) {
    std::string text = journal.text;
    text[at] = static_cast<char>(text[at] ^ 1);
    BOOST_TEST(std::holds_alternative<std::string>(replay_journal(text)), "byte " << at);
  }
}

BOOST_AUTO_TEST_CASE(a_line_that_is_sound_and_says_nonsense_is_refused) {
  const written journal;
  BOOST_TEST(std::holds_alternative<std::string>(replay_journal(journal.text + journal_beginning({}))));
  auto again = commits()[3];
  BOOST_TEST(std::holds_alternative<std::string>(replay_journal(journal.text + journal_lines(again))));
  again.number = 6;
  BOOST_TEST(std::holds_alternative<std::string>(replay_journal(journal.text + journal_lines(again))));
}

BOOST_AUTO_TEST_CASE(what_differs_between_runs_is_named) {
  BOOST_TEST(difference(options, options).empty());
  BOOST_TEST(difference(options, {{"format", "arrow"}, {"regime", "latex"}}) == "format: then counts, now arrow");
  BOOST_TEST(difference({{"a", "1"}}, {{"b", "2"}}) == "a: then 1, now none; b: then none, now 2");
}

BOOST_AUTO_TEST_CASE(places_beyond_the_list_are_noticed) {
  journal_state state;
  state.next = {3, 0};
  BOOST_TEST(is_of_files(state, 3));
  BOOST_TEST(!is_of_files(state, 2));
  state.files[3] = {};
  BOOST_TEST(!is_of_files(state, 3));
}

BOOST_AUTO_TEST_SUITE_END()

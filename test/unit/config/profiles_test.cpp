// The tuning profiles: each can be loaded, holds together, and sets what it is there for.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/profiles.hpp"
#include "config/validate.hpp"
#include "runtime/limits.hpp"
#include "runtime/token.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(profiles_test)

namespace {

settings profile(std::string_view name) {
  settings loaded;
  const auto errors = load_profile(name, loaded);
  for (const std::string& error : errors) BOOST_ERROR(error);
  return loaded;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_file_of_the_folder_is_a_profile) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator{TEXLEX_SOURCE_DIR "/config/profiles"})
    if (entry.path().extension() == ".toml") files.push_back(entry.path().stem().string());
  std::sort(files.begin(), files.end());
  BOOST_TEST(files == std::vector<std::string>(profile_names().begin(), profile_names().end()),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_profile_holds_and_is_what_its_file_says) {
  for (const std::string_view name : profile_names()) {
    BOOST_TEST_CONTEXT(name) {
      const settings loaded = profile(name);
      BOOST_TEST(check(loaded).empty());
      BOOST_TEST(to_toml(loaded) != to_toml({}));
      settings from_file;
      BOOST_TEST(load_toml(TEXLEX_SOURCE_DIR "/config/profiles/" + std::string{name} + ".toml", from_file).empty());
      BOOST_TEST(to_toml(loaded) == to_toml(from_file));
    }
  }
}

BOOST_AUTO_TEST_CASE(for_high_throughput_every_core_works_copies_are_made_after_8_ms_and_queues_may_stand) {
  const settings loaded = profile("high-throughput");
  BOOST_TEST(loaded.workers.cores.empty());
  BOOST_TEST(loaded.hedge.delay_us == 8000u);
  BOOST_TEST(loaded.queue.target_ms == 100u);
  BOOST_TEST(loaded.queue.interval_ms == 500u);
}

BOOST_AUTO_TEST_CASE(for_low_latency_copies_are_made_after_5_ms_and_workers_replaced_sooner) {
  const settings loaded = profile("low-latency");
  BOOST_TEST(loaded.hedge.delay_us == 5000u);
  BOOST_TEST(loaded.workers.alloc_budget_mb == 2000u);
}

BOOST_AUTO_TEST_CASE(for_high_load_documents_of_4_mib_and_five_million_tokens_fit_the_resident_arenas) {
  const settings loaded = profile("high-load");
  BOOST_TEST(loaded.limits.document_bytes_max == 4u << 20);
  const uint64_t resident_bytes = loaded.workers.arena_resident_mb << 20;
  const uint64_t issues_bytes = limits::issues_kept_max * sizeof(issue);
  BOOST_TEST(resident_bytes >= issues_bytes + 5'000'000 * limits::token_bytes);
  BOOST_TEST(resident_bytes >= issues_bytes + (loaded.limits.document_bytes_max + 1) * limits::token_bytes);
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_is_told_with_those_that_do) {
  settings untouched;
  const auto errors = load_profile("fast", untouched);
  BOOST_REQUIRE(errors.size() == 1u);
  BOOST_TEST(errors.front() == "there is no profile \"fast\"; there are: high-load, high-throughput, low-latency.");
  BOOST_TEST(to_toml(untouched) == to_toml({}));
}

BOOST_AUTO_TEST_CASE(an_error_in_a_text_is_told_with_its_name_and_line) {
  settings target;
  const auto errors = load_toml_text("[hedge]\ndelay = 1\n", "profile x", target);
  BOOST_REQUIRE(errors.size() == 1u);
  BOOST_TEST(errors.front() == "profile x:2: there is no setting hedge.delay.");
}

BOOST_AUTO_TEST_SUITE_END()

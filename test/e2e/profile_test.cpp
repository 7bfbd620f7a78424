// The tuning profiles as an operator meets them: by their names, under a file's settings and flags.
#include <boost/test/unit_test.hpp>

#include <utility>

#include "test/e2e/running_texlexd.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(profile_test)

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string printed(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"serve", "--print-config"});
  const auto result = run_texlexd(flags);
  BOOST_TEST(result.end.exit_status == 0, result.errors);
  return result.output;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_profile_s_values_are_in_force) {
  const std::string usual = printed({});
  BOOST_TEST(says(usual, "\ndelay_us = 10000\n"));
  const std::pair<std::string, std::vector<std::string>> profiles[] = {
    {"high-throughput", {"cores = []", "delay_us = 8000"}},
    {"low-latency", {"delay_us = 5000", "alloc_budget_mb = 2000"}},
    {"high-load", {"document_bytes_max = 4194304", "arena_resident_mb = 25"}},
  };
  for (const auto& [name, lines] : profiles) {
    const std::string text = printed({"--profile", name});
    for (const std::string& line : lines) BOOST_TEST(says(text, "\n" + line + "\n"), name << " does not set " << line);
  }
}

BOOST_AUTO_TEST_CASE(a_file_overrides_a_profile_and_a_flag_overrides_both) {
  const temporary_folder folder;
  const std::string config =
    folder.write("texlexd.toml", "[workers]\nalloc_budget_mb = 3000\n[hedge]\ndelay_us = 700\n");
  const std::string text =
    printed({"--profile", "low-latency", "--config", config, "--hedge-delay-us", "600", "--rss-budget-mb", "900"});
  BOOST_TEST(says(text, "\nalloc_budget_mb = 3000\n"));
  BOOST_TEST(says(text, "\ndelay_us = 600\n"));
  BOOST_TEST(says(text, "\nrss_budget_mb = 900\n"));
}

BOOST_AUTO_TEST_CASE(help_names_the_profiles_and_so_does_the_error_about_a_wrong_name) {
  const auto help = run_texlexd({"serve", "--help"});
  BOOST_TEST(help.end.exit_status == 0);
  const auto wrong = run_texlexd({"serve", "--profile", "fast"});
  BOOST_TEST(wrong.end.exit_status == 2);
  BOOST_TEST(says(wrong.errors, "texlexd: there is no profile \"fast\""), wrong.errors);
  for (const char* name : {"high-load", "high-throughput", "low-latency"}) {
    BOOST_TEST(says(help.output, name));
    BOOST_TEST(says(wrong.errors, name));
  }
}

BOOST_AUTO_TEST_CASE(a_server_with_a_profile_serves_by_it) {
  running_texlexd server{{"--profile", "high-load"}};
  auto one = server.connect();
  const std::string document(4u << 20, 'a');
  one.request(1, document);
  one.expect_counts(1, document);
  one.request(2, document + "a");
  one.expect(2, status::document_too_large);
  server.stop();
}

BOOST_AUTO_TEST_SUITE_END()

// Settings: what is checked, what a TOML file may say, and what flags do.
#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <fstream>

#include <spdlog/fmt/fmt.h>

#include <stdlib.h>
#include <unistd.h>

#include "config/flags.hpp"
#include "config/load.hpp"
#include "config/schema.hpp"
#include "config/validate.hpp"
#include "runtime/limits.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(settings_test)

namespace {

// A TOML file that goes with its test.
class toml_file {
public:
  explicit toml_file(const std::string& text) {
    const int descriptor = mkstemp(path_);
    BOOST_REQUIRE(descriptor >= 0);
    close(descriptor);
    std::ofstream{path_} << text;
  }
  ~toml_file() { std::remove(path_); }
  toml_file(const toml_file&) = delete;
  toml_file& operator=(const toml_file&) = delete;

  [[nodiscard]] std::string path() const { return path_; }

private:
  char path_[32] = "/tmp/texlex_settings_XXXXXX";
};

bool mentions(const std::vector<std::string>& errors, std::string_view text) {
  return std::any_of(errors.begin(), errors.end(), [&](const auto& error) { return error.find(text) != error.npos; });
}

} // namespace

BOOST_AUTO_TEST_CASE(the_defaults_hold) { BOOST_TEST(check(settings{}).empty()); }

BOOST_AUTO_TEST_CASE(a_value_out_of_range_is_told_with_its_key_and_its_range) {
  settings wrong;
  wrong.server.idle_timeout_ms = 9;
  wrong.hedge.delay_us = 1;
  const auto errors = check(wrong);
  BOOST_REQUIRE(errors.size() == 2u);
  BOOST_TEST(errors[0] == "server.idle_timeout_ms is 9; it must be 10 to 86400000.");
  BOOST_TEST(errors[1] == "hedge.delay_us is 1; it must be 100 to 60000000.");
}

BOOST_AUTO_TEST_CASE(workers_are_threads_or_processes_and_nothing_else) {
  settings set;
  set.workers.isolation = "process";
  BOOST_TEST(check(set).empty());
  set.workers.isolation = "container";
  const auto errors = check(set);
  BOOST_REQUIRE(errors.size() == 1u);
  BOOST_TEST(errors[0] == "workers.isolation is \"container\"; it must be thread or process.");
}

BOOST_AUTO_TEST_CASE(names_that_do_not_exist_are_told_with_those_that_do) {
  settings wrong;
  wrong.workers.regime = "context";
  wrong.workers.kernel = "mmx";
  wrong.log.level = "loud";
  const auto errors = check(wrong);
  BOOST_TEST(errors.size() == 3u);
  BOOST_TEST(mentions(errors, "latex-package-8bit"));
  BOOST_TEST(mentions(errors, "reference"));
  BOOST_TEST(mentions(errors, "trace, debug"));
}

BOOST_AUTO_TEST_CASE(a_core_has_one_worker) {
  settings wrong;
  wrong.workers.cores = {1, 0, 1};
  BOOST_TEST(mentions(check(wrong), "names core 1 twice"));
}

BOOST_AUTO_TEST_CASE(the_bytes_in_flight_must_hold_one_document) {
  settings wrong;
  wrong.limits.request_bytes_max = wrong.limits.document_bytes_max - 1;
  BOOST_TEST(mentions(check(wrong), "limits.request_bytes_max"));
}

BOOST_AUTO_TEST_CASE(a_sockets_path_is_as_long_as_the_system_takes_and_its_mode_is_told_in_octal) {
  settings wrong;
  wrong.server.unix_socket = std::string(limits::unix_socket_path_max + 1, 'a');
  wrong.server.unix_socket_mode = 01000;
  const auto errors = check(wrong);
  BOOST_REQUIRE(errors.size() == 2u);
  BOOST_TEST(errors[0].starts_with("server.unix_socket \"aaa"));
  BOOST_TEST(errors[0].ends_with(fmt::format("\" has {0} characters; it must be 0 to {1} characters.",
                                             limits::unix_socket_path_max + 1, limits::unix_socket_path_max)));
  BOOST_TEST(errors[1] == "server.unix_socket_mode is 01000; it must be 0 to 0777.");
}

BOOST_AUTO_TEST_CASE(large_numbers_have_their_ranges_too) {
  settings wrong;
  wrong.limits.request_bytes_max = UINT64_MAX;
  wrong.limits.column_bytes_max = 0;
  const auto errors = check(wrong);
  BOOST_REQUIRE(errors.size() == 2u);
  BOOST_TEST(errors[0] == "limits.request_bytes_max is 18446744073709551615; it must be 1 to 1125899906842624.");
  BOOST_TEST(errors[1] == "limits.column_bytes_max is 0; it must be 1 to 1125899906842624.");
}

BOOST_AUTO_TEST_CASE(a_stall_is_put_before_a_document_or_after_it) {
  settings set;
  set.inject.stall_when = "after";
  BOOST_TEST(check(set).empty());
  set.inject.stall_when = "during";
  BOOST_TEST(check(set) == std::vector<std::string>{"inject.stall_when is \"during\"; it must be before or after."},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_target_of_the_queue_lies_within_its_interval) {
  settings set;
  set.queue.target_ms = set.queue.interval_ms;
  BOOST_TEST(check(set).empty());
  set.queue.target_ms = set.queue.interval_ms + 1;
  const auto errors = check(set);
  BOOST_REQUIRE(errors.size() == 1u);
  BOOST_TEST(errors[0]
             == fmt::format("queue.target_ms is {}; it must be at most queue.interval_ms, {}.", set.queue.target_ms,
                            set.queue.interval_ms));
}

BOOST_AUTO_TEST_CASE(no_more_cores_are_named_than_workers_can_run) {
  settings set;
  for (uint32_t core = 0; core < limits::workers_max; ++core) set.workers.cores.push_back(core);
  BOOST_TEST(check(set).empty());
  set.workers.cores.push_back(limits::workers_max);
  BOOST_TEST(mentions(check(set), fmt::format("workers.cores names {} cores; at most {} workers can run.",
                                              limits::workers_max + 1, limits::workers_max)));
}

BOOST_AUTO_TEST_CASE(a_file_sets_what_it_names_and_leaves_the_rest) {
  const toml_file file{
    "[server]\ntcp_port = 4000\nunix_socket_mode = 0o660\n[workers]\ncores = [0, 1]\nlock_memory = false\n"};
  settings target;
  BOOST_TEST(load_toml(file.path(), target).empty());
  BOOST_TEST(target.server.tcp_port == 4000);
  BOOST_TEST(target.server.unix_socket_mode == 0660u);
  BOOST_TEST((target.workers.cores == std::vector<uint32_t>{0, 1}));
  BOOST_TEST(!target.workers.lock_memory);
  BOOST_TEST(target.server.connections_max == settings{}.server.connections_max);
}

BOOST_AUTO_TEST_CASE(every_error_of_a_file_is_told_with_its_line) {
  const toml_file file{"loose = 1\n[server]\ntcp_prot = 1\ntcp_port = \"x\"\nidle_timeout_ms = -1\n"};
  settings target;
  const auto errors = load_toml(file.path(), target);
  BOOST_TEST(errors.size() == 4u);
  BOOST_TEST(mentions(errors, ":1: loose stands outside a section."));
  BOOST_TEST(mentions(errors, ":3: there is no setting server.tcp_prot."));
  BOOST_TEST(mentions(errors, ":4: server.tcp_port must be a whole number."));
  BOOST_TEST(mentions(errors, ":5: server.idle_timeout_ms must be a number from 0 up."));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_toml_or_not_there_is_told_by_name) {
  const toml_file file{"[server\n"};
  settings target;
  BOOST_TEST(mentions(load_toml(file.path(), target), file.path() + ":1:"));
  BOOST_TEST(mentions(load_toml("/no/such/file.toml", target), "/no/such/file.toml"));
}

BOOST_AUTO_TEST_CASE(an_error_is_one_printable_line_whatever_stands_in_the_file) {
  settings target;
  const auto errors =
    load_toml_text("\"a\\nb\" = 1\n[log]\n\"\\u001B[2J\" = 1\nlevel = \"\\u00E9\\r\"\n", "text", target);
  BOOST_REQUIRE(errors.size() == 2u);
  BOOST_TEST(mentions(errors, "text:1: a\\x0Ab stands outside a section."));
  BOOST_TEST(mentions(errors, "text:3: there is no setting log.\\x1B[2J."));
  BOOST_TEST(mentions(check(target), "log.level is \"\\xC3\\xA9\\x0D\"; it must be"));
}

BOOST_AUTO_TEST_CASE(of_a_long_key_an_error_shows_the_begin) {
  settings target;
  const auto errors = load_toml_text("[log]\n" + std::string(1000, 'k') + " = 1\n", "text", target);
  BOOST_REQUIRE(errors.size() == 1u);
  BOOST_TEST(errors[0] == "text:2: there is no setting log." + std::string(240, 'k') + "....");
}

BOOST_AUTO_TEST_CASE(a_sockets_path_holds_no_nul) {
  settings wrong;
  wrong.server.unix_socket = std::string{"/tmp/a\0b", 8};
  const auto errors = check(wrong);
  BOOST_REQUIRE(errors.size() == 1u);
  BOOST_TEST(errors[0] == "server.unix_socket is \"/tmp/a\\x00b\"; it must be a path, which holds no NUL.");
}

BOOST_AUTO_TEST_CASE(printed_settings_read_back_as_they_were) {
  settings original;
  original.server.unix_socket = "/run/a \"quoted\" name";
  original.workers.cores = {3, 5};
  original.hedge.enabled = false;
  const toml_file file{to_toml(original)};
  settings target;
  BOOST_TEST(load_toml(file.path(), target).empty());
  BOOST_TEST(to_toml(target) == to_toml(original));
}

BOOST_AUTO_TEST_CASE(every_setting_has_a_flag_and_a_key_of_its_own) {
  std::vector<std::string> flags;
  std::vector<std::string> keys;
  for (const field& row : schema()) {
    flags.emplace_back(row.flag);
    keys.push_back(std::string{row.section} + "." + std::string{row.key});
    BOOST_TEST(!row.meaning.empty());
  }
  for (auto* names : {&flags, &keys}) {
    std::sort(names->begin(), names->end());
    BOOST_TEST((std::adjacent_find(names->begin(), names->end()) == names->end()));
  }
}

BOOST_AUTO_TEST_CASE(flags_write_their_settings) {
  CLI::App app;
  settings target;
  add_setting_flags(app, target);
  app.parse("--unix /tmp/s --unix-mode 0660 --tcp-port 0 --cores 0,1 --no-hedge --no-lock-memory --hedge-delay-us 500");
  BOOST_TEST(target.server.unix_socket == "/tmp/s");
  BOOST_TEST(target.server.unix_socket_mode == 0660u);
  BOOST_TEST(target.server.tcp_port == 0);
  BOOST_TEST((target.workers.cores == std::vector<uint32_t>{0, 1}));
  BOOST_TEST(!target.hedge.enabled);
  BOOST_TEST(!target.workers.lock_memory);
  BOOST_TEST(target.hedge.delay_us == 500u);
}

BOOST_AUTO_TEST_CASE(the_flag_of_a_mode_is_octal_with_a_leading_0_or_without) {
  for (const std::string mode : {"400", "0400", "00400"}) {
    CLI::App app;
    settings target;
    add_setting_flags(app, target);
    app.parse("--unix-mode " + mode);
    BOOST_TEST(target.server.unix_socket_mode == 0400u, mode);
  }
  for (const std::string wrong : {"990", "0x100", "-1", "rw"}) {
    CLI::App app;
    settings target;
    add_setting_flags(app, target);
    BOOST_CHECK_EXCEPTION(app.parse("--unix-mode " + wrong), CLI::ParseError, [](const CLI::ParseError& error) {
      return mentions({error.what()}, "--unix-mode: it must be an octal number");
    });
  }
}

BOOST_AUTO_TEST_CASE(budgets_of_workers_may_be_none_and_have_their_ranges) {
  settings chosen;
  chosen.workers.alloc_budget_mb = chosen.workers.major_cycles_budget = chosen.workers.rss_budget_mb = 0;
  chosen.workers.max_age_s = chosen.workers.watchdog_ms = chosen.workers.stuck_max = 0;
  BOOST_TEST(check(chosen).empty());
  chosen.workers.rotations_at_once = 0;
  chosen.workers.max_age_s = 31'536'001;
  chosen.workers.watchdog_ms = 600'001;
  chosen.workers.stuck_max = 257;
  const auto errors = check(chosen);
  BOOST_REQUIRE(errors.size() == 4u);
  BOOST_TEST(mentions(errors, "workers.rotations_at_once is 0; it must be 1 to 256."));
  BOOST_TEST(mentions(errors, "workers.max_age_s is 31536001; it must be 0 to 31536000."));
  BOOST_TEST(mentions(errors, "workers.watchdog_ms is 600001; it must be 0 to 600000."));
  BOOST_TEST(mentions(errors, "workers.stuck_max is 257; it must be 0 to 256."));
}

BOOST_AUTO_TEST_SUITE_END()

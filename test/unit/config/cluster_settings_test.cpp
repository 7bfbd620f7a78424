// The settings of a cluster and of the drain: each refusal, and what files and flags may say.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "config/flags.hpp"
#include "config/load.hpp"
#include "config/profiles.hpp"
#include "config/schema.hpp"
#include "config/validate.hpp"
#include "runtime/limits.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(cluster_settings_test)

namespace {

using sentences = std::vector<std::string>;

/// A node that only this machine reaches.
settings local_node() {
  settings made;
  made.cluster.listen = "127.0.0.1:7700";
  return made;
}

/// A node that others reach, whose connections are encrypted.
settings open_node() {
  settings made;
  made.cluster.listen = "0.0.0.0:7700";
  made.cluster.tls.certificate = "/etc/texlex/node.pem";
  made.cluster.tls.key = "/etc/texlex/node.key";
  made.cluster.tls.ca = "/etc/texlex/ca.pem";
  return made;
}

void expect(const settings& checked, const sentences& expected) {
  BOOST_TEST(check(checked) == expected, boost::test_tools::per_element());
}

void expect_none(const sentences& errors) { BOOST_TEST(errors == sentences{}, boost::test_tools::per_element()); }

} // namespace

BOOST_AUTO_TEST_CASE(by_default_there_is_no_cluster_and_no_grace) {
  const settings defaults;
  BOOST_TEST(!defaults.cluster.enabled());
  BOOST_TEST(!defaults.cluster.tls.enabled());
  BOOST_TEST(defaults.drain.grace_ms == 0u);
}

BOOST_AUTO_TEST_CASE(a_node_needs_no_more_than_where_to_listen) {
  expect(local_node(), {});
  BOOST_TEST(local_node().cluster.enabled());
  expect(open_node(), {});
  BOOST_TEST(open_node().cluster.tls.enabled());
}

BOOST_AUTO_TEST_CASE(whatever_is_set_of_a_cluster_that_there_is_none_of_is_refused) {
  settings set;
  set.cluster.seeds = {"b:7700"};
  set.cluster.zone = "east";
  set.cluster.insecure = true;
  set.cluster.tls.ca = "/etc/texlex/ca.pem";
  expect(set, {"cluster.seeds is set, but cluster.listen is not: there is no cluster without it.",
               "cluster.zone is set, but cluster.listen is not: there is no cluster without it.",
               "cluster.insecure is set, but cluster.listen is not: there is no cluster without it.",
               "cluster.tls.ca is set, but cluster.listen is not: there is no cluster without it."});
}

BOOST_AUTO_TEST_CASE(each_setting_of_a_cluster_alone_is_refused_without_one) {
  for (const field& row : schema()) {
    if (!row.section.starts_with("cluster") || row.key == "listen") continue;
    // A string, true, a number or a list of strings; none of them a default.
    const size_t type = row.access.index();
    const std::string value = type == 0   ? "\"b:1\""
                              : type == 1 ? "true"
                              : type == 6 ? "[\"b:1\"]"
                                          : std::to_string(row.lowest + 1);
    settings set;
    expect_none(load_toml_text(fmt::format("[{}]\n{} = {}\n", row.section, row.key, value), "text", set));
    expect(set, {fmt::format("{}.{} is set, but cluster.listen is not: there is no cluster without it.", row.section,
                             row.key)});
  }
}

BOOST_AUTO_TEST_CASE(the_address_to_listen_on_has_a_host_and_a_port_which_may_be_any_free_one) {
  for (const char* const good : {"127.0.0.1:0", "[::1]:7700", "localhost:65535", "127.255.0.9:1"}) {
    settings set = local_node();
    set.cluster.listen = good;
    expect(set, {});
  }
  for (const char* const wrong : {"7700", ":7700", "localhost:", "localhost:x", "localhost:65536", "::1:7700", "[a]:1",
                                  "localhost:7700 ", "local host:1"}) {
    settings set = local_node();
    set.cluster.listen = wrong;
    expect(set, {fmt::format("cluster.listen is \"{}\"; it must be host:port, an IPv6 address in brackets.", wrong)});
  }
}

BOOST_AUTO_TEST_CASE(an_address_that_peers_are_reached_at_has_a_host_and_a_port_that_is_not_0) {
  for (const char* const wrong : {"b", "b:0", ":7700", "::1:7700", "b:65536"}) {
    settings set = local_node();
    set.cluster.advertise = wrong;
    set.cluster.dns = wrong;
    set.cluster.seeds = {"a:7700", wrong, "[fe80::1]:7700"};
    const std::string rest = fmt::format("\"{}\"; it must be host:port, an IPv6 address in brackets.", wrong);
    expect(set, {"cluster.advertise is " + rest, "cluster.dns is " + rest,
                 fmt::format("cluster.seeds has \"{}\"; each must be host:port, an IPv6 address in brackets.", wrong)});
  }
}

BOOST_AUTO_TEST_CASE(there_are_so_many_seeds_and_each_is_so_long) {
  settings set = local_node();
  set.cluster.seeds.assign(limits::cluster_seeds_max, "b:7700");
  expect(set, {});
  set.cluster.seeds.emplace_back("b:7700");
  expect(set, {"cluster.seeds has 257 addresses; it must have at most 256."});
  set.cluster.seeds = {std::string(limits::address_bytes_max, 'b') + ":1", ""};
  expect(set, {fmt::format("cluster.seeds \"{}...\" has 261 characters; it must be 1 to 259 characters.",
                           std::string(240, 'b')),
               "cluster.seeds \"\" has 0 characters; it must be 1 to 259 characters.",
               "cluster.seeds has \"\"; each must be host:port, an IPv6 address in brackets."});
}

BOOST_AUTO_TEST_CASE(how_often_a_name_is_looked_up_is_said_only_if_there_is_one) {
  settings set = local_node();
  set.cluster.dns_interval_s = 5;
  expect(set, {"cluster.dns_interval_s is set, but cluster.dns is not: no name is looked up without it."});
  set.cluster.dns = "nodes.example.org:7700";
  expect(set, {});
}

BOOST_AUTO_TEST_CASE(names_can_stand_in_logs_and_be_labels_of_metrics) {
  settings set = local_node();
  set.cluster.name = "tex (east) #1";
  set.cluster.node = set.cluster.zone = std::string(64, 'n');
  expect(set, {});
  set.cluster.name = "";
  set.cluster.node = std::string(65, 'n');
  set.cluster.zone = std::string(65, 'z');
  expect(set, {"cluster.name \"\" has 0 characters; it must be 1 to 64 characters.",
               fmt::format("cluster.node \"{}\" has 65 characters; it must be 0 to 64 characters.", set.cluster.node),
               fmt::format("cluster.zone \"{}\" has 65 characters; it must be 0 to 64 characters.", set.cluster.zone)});
  set.cluster.name = "a\"b";
  set.cluster.node = "a\\b";
  set.cluster.zone = "a\nb";
  expect(set, {"cluster.name is \"a\"b\"; it must be printable ASCII without quotes and backslashes.",
               "cluster.node is \"a\\b\"; it must be printable ASCII without quotes and backslashes.",
               "cluster.zone is \"a\\x0Ab\"; it must be printable ASCII without quotes and backslashes."});
  set = local_node();
  set.cluster.name = "it's";
  set.cluster.node = "é";
  expect(set, {"cluster.name is \"it's\"; it must be printable ASCII without quotes and backslashes.",
               "cluster.node is \"\\xC3\\xA9\"; it must be printable ASCII without quotes and backslashes."});
}

BOOST_AUTO_TEST_CASE(two_heartbeats_are_missed_before_a_node_is_suspected_and_that_is_before_it_is_gone) {
  settings set = local_node();
  set.cluster.heartbeat_ms = 250;
  set.cluster.down_ms = 501;
  expect(set, {});
  set.cluster.heartbeat_ms = 251;
  set.cluster.down_ms = 500;
  expect(set, {"cluster.suspect_ms is 500; it must be at least twice cluster.heartbeat_ms, 251.",
               "cluster.down_ms is 500; it must be more than cluster.suspect_ms, 500."});
}

BOOST_AUTO_TEST_CASE(documents_that_are_given_to_others_are_ones_this_node_takes) {
  settings set = local_node();
  set.cluster.document_bytes_min = set.cluster.document_bytes_max = set.limits.document_bytes_max = 1000;
  expect(set, {});
  set.cluster.document_bytes_min = 1002;
  set.cluster.document_bytes_max = 1001;
  expect(set, {"cluster.document_bytes_min is 1002; it must be at most cluster.document_bytes_max, 1001.",
               "cluster.document_bytes_max is 1001; it must be at most limits.document_bytes_max, 1000."});
}

BOOST_AUTO_TEST_CASE(numbers_of_a_cluster_have_their_ranges) {
  settings set = local_node();
  set.cluster.peers_max = 0;
  set.cluster.attempts_max = 65;
  set.cluster.credit_bytes = 65'535;
  set.drain.grace_ms = 600'001;
  expect(set, {"cluster.peers_max is 0; it must be 1 to 256.", "cluster.attempts_max is 65; it must be 0 to 64.",
               "cluster.credit_bytes is 65535; it must be 65536 to 67108864.",
               "drain.grace_ms is 600001; it must be 0 to 600000."});
}

BOOST_AUTO_TEST_CASE(a_certificate_has_a_key_and_those_who_sign_the_others) {
  settings set = open_node();
  set.cluster.tls.ca.clear();
  expect(set, {"cluster.tls.ca is not set; of cluster.tls all of certificate, key and ca are set, or none."});
  set = open_node();
  set.cluster.tls.certificate.clear();
  set.cluster.tls.key.clear();
  expect(set, {"cluster.tls.certificate is not set; of cluster.tls all of certificate, key and ca are set, or none.",
               "cluster.tls.key is not set; of cluster.tls all of certificate, key and ca are set, or none."});
  set = open_node();
  set.cluster.tls.key = std::string{"/a\0b", 4};
  expect(set, {"cluster.tls.key is \"/a\\x00b\"; it must be a path, which holds no NUL."});
}

BOOST_AUTO_TEST_CASE(names_are_allowed_if_there_are_certificates_that_have_some) {
  settings set = local_node();
  set.cluster.tls.allowed_names = {"node.example.org"};
  expect(set, {"cluster.tls.allowed_names is set, but cluster.tls.certificate is not: without TLS nobody has a name "
               "that could be allowed."});
  set = open_node();
  set.cluster.tls.allowed_names = {"node-1.example.org", "*.nodes.example.org", "localhost", "node_1"};
  expect(set, {});
  for (const char* const wrong : {"*", "*.", "a.*.org", "*a.org", ".org", "a..b", "a.", "a b", "https://a", "é"}) {
    settings odd = open_node();
    odd.cluster.tls.allowed_names = {wrong};
    const std::string shown = std::string{wrong} == "é" ? "\\xC3\\xA9" : wrong;
    expect(odd, {fmt::format("cluster.tls.allowed_names has \"{}\"; each must be a host name, of which the first label "
                             "may be *.",
                             shown)});
  }
  set.cluster.tls.allowed_names.assign(257, "a");
  expect(set, {"cluster.tls.allowed_names has 257 names; it must have at most 256."});
}

BOOST_AUTO_TEST_CASE(without_tls_other_machines_reach_a_node_only_if_that_is_wanted) {
  for (const char* const reached : {"0.0.0.0:7700", "[::]:7700", "10.0.0.1:0", "128.0.0.1:7700", "node-1:7700",
                                    "localhost.example.org:7700", "127.1:7700", "[::ffff:127.0.0.1]:7700"}) {
    settings set;
    set.cluster.listen = reached;
    expect(set, {fmt::format("cluster.listen is \"{}\", which other machines may reach: set cluster.tls, or "
                             "cluster.insecure if the network is trusted.",
                             reached)});
    set.cluster.insecure = true;
    expect(set, {});
    settings encrypted = open_node();
    encrypted.cluster.listen = reached;
    expect(encrypted, {});
  }
}

BOOST_AUTO_TEST_CASE(a_node_with_certificates_is_not_insecure_too) {
  settings set = open_node();
  set.cluster.insecure = true;
  expect(set, {"cluster.insecure is true, but cluster.tls.certificate is set; one of them must go."});
}

BOOST_AUTO_TEST_CASE(a_file_sets_a_cluster_in_nested_tables) {
  settings set;
  expect_none(load_toml_text("[cluster]\nlisten = \"[::1]:7700\"\nseeds = [\"a:1\", \"b:2\"]\n"
                             "[cluster.tls]\ncertificate = \"/c\"\nkey = \"/k\"\nca = \"/a\"\n"
                             "allowed_names = [\"*.example.org\"]\n[drain]\ngrace_ms = 5000\n",
                             "text", set));
  BOOST_TEST(set.cluster.listen == "[::1]:7700");
  BOOST_TEST((set.cluster.seeds == sentences{"a:1", "b:2"}));
  BOOST_TEST(set.cluster.tls.key == "/k");
  BOOST_TEST((set.cluster.tls.allowed_names == sentences{"*.example.org"}));
  BOOST_TEST(set.drain.grace_ms == 5000u);
  settings dotted;
  expect_none(load_toml_text("cluster.tls.key = \"/k\"\n", "text", dotted));
  BOOST_TEST(dotted.cluster.tls.key == "/k");
}

BOOST_AUTO_TEST_CASE(an_error_in_a_nested_table_is_told_with_its_line) {
  settings set;
  const auto errors =
    load_toml_text("[cluster]\nseed = \"a:1\"\nseeds = \"a:1\"\ndns = 1\n[cluster.tls]\nchain = 1\n"
                   "allowed_names = [\"a\", 1]\n[cluster.ssl]\nkey = 1\n[\"cluster.tls\"]\nkey = \"/k\"\n",
                   "text", set);
  auto sorted = errors;
  std::sort(sorted.begin(), sorted.end());
  const sentences expected{
    "text:10: there is no section \"cluster.tls\".",    "text:2: there is no setting cluster.seed.",
    "text:3: cluster.seeds must be a list of strings.", "text:4: cluster.dns must be a string.",
    "text:6: there is no setting cluster.tls.chain.",   "text:7: cluster.tls.allowed_names must be a list of strings.",
    "text:8: there is no setting cluster.ssl."};
  BOOST_TEST(sorted == expected, boost::test_tools::per_element());
  BOOST_TEST(load_toml_text("[cluster]\ntls = true\n", "text", set)
               == sentences{"text:2: cluster.tls is a section and no setting."},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_printed_cluster_is_read_back_as_it_was) {
  settings original = open_node();
  original.cluster.seeds = {"a:1", "[fe80::2]:7700", "odd \"one\"\n"};
  original.cluster.tls.allowed_names = {"*.example.org"};
  original.drain.grace_ms = 1;
  settings again;
  expect_none(load_toml_text(to_toml(original), "printed", again));
  BOOST_TEST(to_toml(again) == to_toml(original));
  BOOST_TEST((again.cluster.seeds == original.cluster.seeds));
}

BOOST_AUTO_TEST_CASE(printed_defaults_hold_though_they_name_settings_of_a_cluster) {
  settings again;
  expect_none(load_toml_text(to_toml({}), "printed", again));
  expect(again, {});
}

BOOST_AUTO_TEST_CASE(no_profile_makes_a_cluster_and_each_goes_with_one) {
  for (const std::string_view name : profile_names()) {
    settings set;
    expect_none(load_profile(name, set));
    BOOST_TEST(!set.cluster.enabled());
    set.cluster.listen = "127.0.0.1:7700";
    set.cluster.document_bytes_max = std::min(set.cluster.document_bytes_max, set.limits.document_bytes_max);
    expect(set, {});
  }
}

BOOST_AUTO_TEST_CASE(flags_set_a_cluster) {
  CLI::App app;
  settings set;
  add_setting_flags(app, set);
  app.parse("--cluster-listen [::1]:7700 --cluster-seeds [::2]:7700,b:7700 --cluster-node n1 --cluster-insecure "
            "--cluster-tls-certificate /c --cluster-tls-allowed-names a,*.b --drain-grace-ms 250");
  BOOST_TEST(set.cluster.listen == "[::1]:7700");
  BOOST_TEST((set.cluster.seeds == sentences{"[::2]:7700", "b:7700"}));
  BOOST_TEST(set.cluster.node == "n1");
  BOOST_TEST(set.cluster.insecure);
  BOOST_TEST(set.cluster.tls.certificate == "/c");
  BOOST_TEST((set.cluster.tls.allowed_names == sentences{"a", "*.b"}));
  BOOST_TEST(set.drain.grace_ms == 250u);
}

BOOST_AUTO_TEST_CASE(an_id_for_tests_has_32_digits) {
  settings asked;
  asked.cluster.listen = "127.0.0.1:0";
  asked.test.cluster_node_id = "0123456789abcdef0123456789abcdef";
  BOOST_TEST(check(asked).empty());
  for (const char* id : {"0123", "0123456789abcdef0123456789abcdeg", "0123456789ABCDEF0123456789abcdef"}) {
    asked.test.cluster_node_id = id;
    BOOST_TEST(check(asked).size() == 1u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

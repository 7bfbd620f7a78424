// Who may speak to whom by TLS.
#include <boost/test/unit_test.hpp>

#include "test/unit/cluster/certificates.hpp"
#include "test/unit/cluster/cluster_node.hpp"
#include "test/unit/cluster/strangers.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(tls_peers_test)

namespace {

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

transport_options with(tls_files files, std::vector<std::string> allowed_names = {}) {
  files.allowed_names = std::move(allowed_names);
  return {.tls = std::move(files), .handshake_timeout = 10s, .refused = {}};
}

/// An authority, and a node of it that publishes an actor.
struct cluster {
  explicit cluster(const std::string& name = "authority") : authority(name) {}

  temporary_folder folder;
  certificate_authority authority;

  [[nodiscard]] tls_files files(const std::string& name, const certificate_wish& wish = {}) const {
    return authority.issue(folder, name, wish);
  }

  /// A good peer is served, whatever else happened.
  void serves(uint16_t port) const {
    cluster_node good{with(files("good"))};
    const auto found = good.find(port);
    BOOST_REQUIRE_MESSAGE(found.actor, found.error);
    BOOST_TEST(good.ask(found.actor, "x") == "node:x");
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_actor_of_another_node_answers_a_message_of_64_KiB_by_tls) {
  const cluster all;
  cluster_node here{with(all.files("here"))}, there{with(all.files("there"))};
  const auto found = here.find(there.publish("there:"));
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  for (const size_t bytes : {size_t{1}, size_t{64} << 10, size_t{1000} << 10}) {
    const std::string text(bytes, 'x');
    BOOST_TEST((here.ask(found.actor, text) == "there:" + text));
  }
  BOOST_TEST(here.refused().count() == 0u);
  BOOST_TEST(there.refused().count() == 0u);
}

BOOST_AUTO_TEST_CASE(many_messages_go_both_ways_at_once_by_tls) {
  const cluster all;
  cluster_node here{with(all.files("here"))}, there{with(all.files("there"))};
  const auto found = here.find(there.publish("there:"));
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  constexpr int rounds = 300;
  caf::scoped_actor asker{here.system()};
  int right = 0;
  std::string text(50000, 'x');
  for (int i = 0; i < rounds; ++i) caf::send_as(asker, found.actor, text + std::to_string(i));
  for (int i = 0; i < rounds; ++i)
    asker->receive([&](const std::string& answer) { right += answer == "there:" + text + std::to_string(i) ? 1 : 0; },
                   caf::after(patience) >> [] {});
  BOOST_TEST(right == rounds);
}

BOOST_AUTO_TEST_CASE(a_node_of_another_authority_is_refused_with_a_reason_on_both_ends) {
  const cluster all, foreign{"foreign"};
  cluster_node node{with(all.files("node"))};
  const uint16_t port = node.publish("node:");
  cluster_node other{with(foreign.files("other"))};
  const auto found = other.find(port);
  BOOST_TEST(!found.actor);
  BOOST_TEST(has(found.error, "certificate verify failed: "), found.error);
  BOOST_TEST(other.net().counts().refused_by_tls == 1u);
  BOOST_TEST(node.refused().mention("unknown ca"));
  BOOST_TEST(node.net().counts().refused_by_tls == 1u);
  all.serves(port);
}

BOOST_AUTO_TEST_CASE(a_node_that_trusts_this_one_is_refused_all_the_same_if_nobody_here_has_signed_it) {
  const cluster all, foreign{"foreign"};
  cluster_node node{with(all.files("node"))};
  const uint16_t port = node.publish("node:");
  tls_files files = foreign.files("other");
  files.ca = foreign.folder.write("both.ca", foreign.authority.pem() + all.authority.pem());
  cluster_node other{with(files)};
  const auto found = other.find(port);
  BOOST_TEST(!found.actor);
  BOOST_TEST(has(found.error, "the peer refused this node by TLS: "), found.error);
  BOOST_TEST(has(found.error, "unknown ca"), found.error);
  BOOST_TEST(node.refused().mention("certificate verify failed: "));
  all.serves(port);
}

BOOST_AUTO_TEST_CASE(who_has_no_certificate_is_refused) {
  const cluster all;
  cluster_node node{with(all.files("node"))};
  const uint16_t port = node.publish("node:");
  const stranger client{port};
  const std::string error = greet_as_client(client.socket(), nullptr);
  BOOST_TEST(has(error, "certificate required"), error);
  BOOST_TEST(node.refused().mention("peer did not return a certificate"));
  BOOST_TEST(node.net().counts().refused_by_tls == 1u);
  all.serves(port);
}

BOOST_AUTO_TEST_CASE(a_client_whose_certificate_has_expired_is_refused_and_told) {
  const cluster all;
  cluster_node node{with(all.files("node"))};
  const uint16_t port = node.publish("node:");
  const identity expired = all.authority.issue({.dns_names = {}, .valid_from_s = -7200, .valid_to_s = -60});
  const stranger client{port};
  const std::string error = greet_as_client(client.socket(), &expired);
  BOOST_TEST(has(error, "certificate expired"), error);
  BOOST_TEST(node.refused().mention("certificate verify failed: certificate has expired"));
  all.serves(port);
}

BOOST_AUTO_TEST_CASE(a_server_whose_certificate_has_expired_is_refused_and_told) {
  const cluster all;
  cluster_node node{with(all.files("node"))};
  const identity expired = all.authority.issue({.dns_names = {}, .valid_from_s = -7200, .valid_to_s = -60});
  const silent_listener server{8};
  auto result = node.start_to_find(server.port());
  const owned_fd accepted = server.accept();
  const std::string error = greet_as_server(accepted.get(), expired);
  BOOST_TEST(has(error, "certificate expired"), error);
  BOOST_REQUIRE((result.wait_for(patience) == std::future_status::ready));
  BOOST_TEST(result.get().second == "certificate verify failed: certificate has expired");
}

BOOST_AUTO_TEST_CASE(a_client_of_a_name_that_is_not_allowed_is_refused) {
  const cluster all;
  cluster_node node{with(all.files("node"), {"good.nodes.example", "*.texlex.example"})};
  const uint16_t port = node.publish("node:");
  cluster_node other{with(all.files("other", {.dns_names = {"other.nodes.example"}}))};
  const auto refused = other.find(port);
  BOOST_TEST(!refused.actor);
  BOOST_TEST(has(refused.error, "the peer refused this node by TLS: "), refused.error);
  BOOST_TEST(node.refused().mention("it has none of the names that are allowed"));
  for (const char* name : {"good.nodes.example", "any.texlex.example"}) {
    cluster_node good{with(all.files("good", {.dns_names = {name}}))};
    const auto found = good.find(port);
    BOOST_REQUIRE_MESSAGE(found.actor, found.error);
    BOOST_TEST(good.ask(found.actor, "x") == "node:x");
  }
}

BOOST_AUTO_TEST_CASE(a_server_of_a_name_that_is_not_allowed_is_refused) {
  const cluster all;
  cluster_node good{with(all.files("good", {.dns_names = {"good.example"}}))};
  cluster_node other{with(all.files("other", {.dns_names = {"other.example"}}))};
  cluster_node node{with(all.files("node"), {"good.example"})};
  const auto refused = node.find(other.publish("other:"));
  BOOST_TEST(!refused.actor);
  BOOST_TEST(refused.error == "certificate verify failed: it has none of the names that are allowed");
  const auto found = node.find(good.publish("good:"));
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  BOOST_TEST(node.ask(found.actor, "x") == "good:x");
}

BOOST_AUTO_TEST_CASE(a_node_without_tls_is_refused_by_one_with_it_and_the_other_way_round) {
  const cluster all;
  transport_options hasty = with(all.files("node"));
  hasty.handshake_timeout = 500ms;
  cluster_node node{hasty}, plain{{.tls = {}, .handshake_timeout = 10s, .refused = {}}};
  const uint16_t port = node.publish("node:"), plain_port = plain.publish("plain:");
  const auto by_plain = plain.find(port); // both wait for the other to begin
  BOOST_TEST(!by_plain.actor);
  BOOST_TEST(by_plain.error == "the peer closed the connection");
  const auto by_tls = node.find(plain_port);
  BOOST_TEST(!by_tls.actor);
  BOOST_TEST(!by_tls.error.empty()); // it reads what the other said first, or that the other has closed
  BOOST_TEST(plain.refused().mention("does not speak CAF's protocol"));
  all.serves(port);
}

BOOST_AUTO_TEST_CASE(who_is_silent_before_tls_is_cut_off_and_others_are_served_meanwhile) {
  const cluster all;
  transport_options hasty = with(all.files("node"));
  hasty.handshake_timeout = 2s;
  cluster_node node{hasty};
  const uint16_t port = node.publish("node:");
  const stranger silent{port}, slow{port};
  slow.send("\x16\x03\x01"); // as a handshake begins
  all.serves(port);
  BOOST_TEST(silent.sees_the_end());
  BOOST_TEST(slow.sees_the_end());
  BOOST_TEST(node.net().counts().timed_out == 2u);
}

BOOST_AUTO_TEST_CASE(certificates_are_replaced_while_a_node_runs) {
  const cluster all, next{"next"};
  const tls_files files = all.files("node");
  cluster_node node{with(files)}, before{with(all.files("before"))};
  const uint16_t port = node.publish("node:");
  const auto found = before.find(port);
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  BOOST_TEST(!node.net().reload_if_changed().replaced);

  (void)all.folder.write("node.crt", "no certificate");
  const auto bad = node.net().reload_if_changed();
  BOOST_TEST(!bad.replaced);
  BOOST_REQUIRE(bad.error.has_value());
  BOOST_TEST(has(*bad.error, "there is no certificate in PEM in " + files.certificate), *bad.error);
  const auto same_again = node.net().reload_if_changed();
  BOOST_TEST((!same_again.replaced && !same_again.error)); // it has been told
  BOOST_TEST(node.net().reload().has_value());
  all.serves(port); // by the old ones

  (void)next.authority.issue(all.folder, "node");
  const auto good = node.net().reload_if_changed();
  BOOST_TEST(good.replaced);
  BOOST_TEST(!good.error.has_value());
  cluster_node after{with(next.files("after"))}, late{with(all.files("late"))};
  const auto found_after = after.find(port);
  BOOST_REQUIRE_MESSAGE(found_after.actor, found_after.error);
  BOOST_TEST(after.ask(found_after.actor, "x") == "node:x");
  BOOST_TEST(!late.find(port).actor);
  BOOST_TEST(before.ask(found.actor, "x") == "node:x"); // connections that are there stay
}

BOOST_AUTO_TEST_CASE(a_transport_with_bad_files_is_an_error) {
  const cluster all;
  tls_files files = all.files("node");
  files.key = all.folder / "none.key";
  caf::actor_system_config config;
  load_transport(config);
  caf::actor_system system{config};
  const auto made = transport::make(system, with(files));
  BOOST_REQUIRE(std::holds_alternative<std::string>(made));
  BOOST_TEST(has(std::get<std::string>(made), files.key + ": No such file or directory"));
}

BOOST_AUTO_TEST_SUITE_END()

// What whoever reaches the port may do without being a node: cost little, and disturb nobody.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <vector>

#include "test/unit/cluster/cluster_node.hpp"
#include "test/unit/cluster/strangers.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(strangers_test)

namespace {

using message_type = caf::io::basp::message_type;

/// What this process has of the machine's memory, in bytes.
uint64_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

void serves(cluster_node& node, uint16_t port) {
  cluster_node good;
  const auto found = good.find(port);
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  BOOST_TEST(good.ask(found.actor, "x") == "node:x");
  BOOST_TEST(comes_true([&] { return node.net().counts().open >= 1; }));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_message_of_1_5_GiB_that_is_announced_costs_its_connection_and_no_memory) {
  cluster_node node;
  const uint16_t port = node.publish("node:");
  const uint64_t before = resident_bytes();
  const stranger huge{port};
  huge.send(basp_header(message_type::client_handshake, 0x60000000));
  BOOST_TEST(huge.sees_the_end());
  BOOST_TEST(node.net().counts().refused_by_size == 1u);
  BOOST_TEST(resident_bytes() < before + (100 << 20));
  serves(node, port);
}

BOOST_AUTO_TEST_CASE(garbage_costs_its_connection) {
  cluster_node node;
  const uint16_t port = node.publish("node:");
  const stranger client{port};
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  BOOST_TEST(client.sees_the_end());
  BOOST_TEST(node.net().counts().not_basp == 1u);
  BOOST_TEST(node.refused().mention("does not speak CAF's protocol"));
  serves(node, port);
}

BOOST_AUTO_TEST_CASE(who_has_not_said_who_he_is_may_not_send_messages) {
  cluster_node node;
  const uint16_t port = node.publish("node:");
  uint64_t refused = 0;
  for (const auto type : {message_type::direct_message, message_type::routed_message, message_type::heartbeat,
                          message_type::monitor_message, message_type::down_message, message_type::server_handshake}) {
    const stranger client{port};
    client.send(basp_header(type, type == message_type::heartbeat ? 0 : 16) + std::string(16, '\0'));
    BOOST_TEST(client.sees_the_end());
    BOOST_TEST(node.net().counts().not_basp == ++refused);
  }
  serves(node, port);
}

BOOST_AUTO_TEST_CASE(who_is_silent_is_cut_off_in_time_and_others_are_served_meanwhile) {
  cluster_node node{{.tls = {}, .handshake_timeout = 500ms, .refused = {}}};
  const uint16_t port = node.publish("node:");
  std::vector<stranger> silent;
  for (int i = 0; i < 20; ++i) silent.emplace_back(port);
  serves(node, port);
  for (const stranger& each : silent) BOOST_TEST(each.sees_the_end());
  BOOST_TEST(node.net().counts().timed_out == silent.size());
  BOOST_TEST(node.refused().mention("the handshake took too long"));
  serves(node, port);
}

BOOST_AUTO_TEST_CASE(a_crowd_of_silent_ones_loses_its_oldest_and_keeps_nobody_out) {
  cluster_node node{{.tls = {}, .handshakes_max = 4, .handshake_timeout = 60s, .refused = {}}};
  const uint16_t port = node.publish("node:");
  std::vector<stranger> silent;
  for (int i = 0; i < 6; ++i) silent.emplace_back(port);
  BOOST_TEST(silent[0].sees_the_end());
  BOOST_TEST(silent[1].sees_the_end());
  BOOST_TEST(node.net().counts().refused_as_crowd == 2u);
  serves(node, port);
  BOOST_TEST(silent[2].sees_the_end());
  BOOST_TEST(node.net().counts().refused_as_crowd == 3u);
}

BOOST_AUTO_TEST_CASE(there_are_never_more_connections_than_allowed) {
  cluster_node node{{.tls = {}, .connections_max = 2, .refused = {}}};
  const uint16_t port = node.publish("node:");
  const stranger first{port}, second{port};
  read_server_handshake(first);
  read_server_handshake(second);
  const stranger third{port};
  BOOST_TEST(third.sees_the_end());
  BOOST_TEST(node.refused().mention("there are too many connections"));
  BOOST_TEST(node.net().counts().open == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

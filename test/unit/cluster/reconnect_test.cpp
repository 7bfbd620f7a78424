// A connection that one end believes in and the other does not.
#include <boost/test/unit_test.hpp>

#include "test/unit/cluster/cluster_node.hpp"
#include "test/unit/cluster/strangers.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(reconnect_test)

namespace {

caf::node_id some_node(uint32_t process) {
  caf::node_id::default_data::host_id_type host{};
  host.fill(7);
  return caf::make_node_id(process, host);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_node_that_is_given_up_is_down_and_can_be_found_again) {
  cluster_node here, there;
  const uint16_t port = there.publish("there:");
  for (int round = 0; round < 3; ++round) {
    const auto found = here.find(port);
    BOOST_REQUIRE_MESSAGE(found.actor, found.error);
    BOOST_TEST(here.ask(found.actor, "x") == "there:x");
    caf::scoped_actor observer{here.system()};
    observer->monitor(found.actor);
    here.net().disconnect(caf::actor_cast<caf::strong_actor_ptr>(found.actor));
    bool is_down = false;
    observer->receive([&](const caf::down_msg&) { is_down = true; }, caf::after(patience) >> [] {});
    BOOST_TEST(is_down);
    BOOST_TEST(comes_true([&] { return there.net().counts().open == 0; }));
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_connects_anew_is_not_held_to_a_connection_that_it_has_lost) {
  cluster_node node;
  const uint16_t port = node.publish("node:");
  const stranger first{port};
  read_server_handshake(first);
  first.send(client_handshake(some_node(1)));
  const stranger other{port};
  read_server_handshake(other);
  other.send(client_handshake(some_node(2)));
  BOOST_TEST(comes_true([&] { return node.net().counts().open == 2; }));

  const stranger again{port};
  read_server_handshake(again);
  again.send(client_handshake(some_node(1)));
  BOOST_TEST(first.sees_the_end());
  BOOST_TEST(again.sees_the_end());
  BOOST_TEST(node.net().counts().outdated == 2u);

  const stranger at_last{port};
  read_server_handshake(at_last);
  at_last.send(client_handshake(some_node(1)));
  // It is answered: CAF asks each node it learns of for its services.
  BOOST_TEST(at_last.receive(caf::io::basp::header_size).size() == caf::io::basp::header_size);
  BOOST_TEST(node.net().counts().open == 2u);
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_connection_hears_of_the_end_of_the_own_node) {
  const silent_listener silent{8};
  cluster_node node{{.tls = {}, .connect_timeout = 60s, .handshake_timeout = 60s, .refused = {}}};
  auto result = node.start_to_find(silent.port());
  const owned_fd accepted = silent.accept();
  node.stop();
  BOOST_REQUIRE((result.wait_for(0s) == std::future_status::ready));
  BOOST_TEST(result.get().second == "this node ends its connections");
}

BOOST_AUTO_TEST_SUITE_END()

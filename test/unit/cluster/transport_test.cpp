// Nodes that mean each other well, without TLS.
#include <boost/test/unit_test.hpp>

#include "test/unit/cluster/cluster_node.hpp"
#include "test/unit/cluster/strangers.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(transport_test)

BOOST_AUTO_TEST_CASE(an_actor_of_another_node_answers_a_message_of_64_KiB) {
  cluster_node here, there;
  const auto found = here.find(there.publish("there:"));
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  BOOST_TEST(found.error.empty());
  const std::string text(64 << 10, 'x');
  BOOST_TEST((here.ask(found.actor, text) == "there:" + text));
  BOOST_TEST(there.net().counts().accepted == 1u);
  BOOST_TEST(here.net().counts().open == 1u);
}

BOOST_AUTO_TEST_CASE(a_host_may_be_a_name_or_an_address_of_either_kind) {
  cluster_node here, there, sixth;
  const auto by_name = here.find(there.publish("a:"), "localhost");
  BOOST_REQUIRE_MESSAGE(by_name.actor, by_name.error);
  BOOST_TEST(here.ask(by_name.actor, "b") == "a:b");
  const auto by_address = here.find(sixth.publish("c:", "::1"), "::1");
  BOOST_REQUIRE_MESSAGE(by_address.actor, by_address.error);
  BOOST_TEST(here.ask(by_address.actor, "d") == "c:d");
}

BOOST_AUTO_TEST_CASE(two_nodes_may_each_connect_to_the_other) {
  cluster_node one, two;
  const uint16_t at_one = one.publish("one:"), at_two = two.publish("two:");
  for (int round = 0; round < 3; ++round) {
    const auto two_of_one = one.find(at_two);
    BOOST_REQUIRE_MESSAGE(two_of_one.actor, two_of_one.error);
    const auto one_of_two = two.find(at_one);
    BOOST_REQUIRE_MESSAGE(one_of_two.actor, one_of_two.error);
    BOOST_TEST(one.ask(two_of_one.actor, "x") == "two:x");
    BOOST_TEST(two.ask(one_of_two.actor, "y") == "one:y");
  }
  BOOST_TEST(one.refused().count() == 0u);
  BOOST_TEST(two.refused().count() == 0u);
}

BOOST_AUTO_TEST_CASE(two_nodes_may_connect_to_each_other_at_once) {
  for (int round = 0; round < 20; ++round) {
    cluster_node one, two;
    const uint16_t at_one = one.publish("one:"), at_two = two.publish("two:");
    auto from_one = one.start_to_find(at_two);
    auto from_two = two.start_to_find(at_one);
    const auto [two_of_one, error_one] = from_one.get();
    const auto [one_of_two, error_two] = from_two.get();
    BOOST_REQUIRE_MESSAGE(two_of_one, error_one);
    BOOST_REQUIRE_MESSAGE(one_of_two, error_two);
    BOOST_TEST(one.ask(two_of_one, "x") == "two:x");
    BOOST_TEST(two.ask(one_of_two, "y") == "one:y");
  }
}

BOOST_AUTO_TEST_CASE(who_connects_again_finds_the_same_actor_and_keeps_the_first_connection) {
  cluster_node here, there;
  const uint16_t port = there.publish("there:");
  const auto first = here.find(port), second = here.find(port);
  BOOST_REQUIRE_MESSAGE(first.actor, first.error);
  BOOST_REQUIRE_MESSAGE(second.actor, second.error);
  BOOST_TEST((first.actor == second.actor));
  BOOST_TEST(comes_true([&] { return here.net().counts().open == 1 && there.net().counts().open == 1; }));
  BOOST_TEST(here.ask(first.actor, "x") == "there:x");
}

BOOST_AUTO_TEST_CASE(a_node_finds_its_own_actor) {
  cluster_node node;
  const auto found = node.find(node.publish("mine:"));
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  BOOST_TEST(node.ask(found.actor, "x") == "mine:x");
  BOOST_TEST((found.actor.node() == node.system().node()));
}

BOOST_AUTO_TEST_CASE(an_actor_of_another_interface_is_an_error) {
  cluster_node here, there;
  auto result = here.start_to_find<other_actor>(there.publish("there:"));
  const auto [actor, error] = result.get();
  BOOST_TEST(!actor);
  BOOST_TEST(error == "the actor that is published there has another interface");
}

BOOST_AUTO_TEST_CASE(a_message_that_is_too_long_for_the_receiver_ends_this_connection_only) {
  cluster_node here, other;
  cluster_node there{{.tls = {}, .frame_bytes_max = 1 << 20, .refused = {}}};
  const uint16_t port = there.publish("there:");
  const auto found = here.find(port), of_other = other.find(port);
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  BOOST_REQUIRE_MESSAGE(of_other.actor, of_other.error);
  caf::scoped_actor observer{here.system()};
  observer->monitor(found.actor);
  caf::anon_send(found.actor, std::string(2 << 20, 'x'));
  bool is_down = false;
  observer->receive([&](const caf::down_msg&) { is_down = true; }, caf::after(patience) >> [] {});
  BOOST_TEST(is_down);
  BOOST_TEST(there.net().counts().refused_by_size == 1u);
  BOOST_TEST(there.refused().mention("longer than 1048576 bytes"));
  BOOST_TEST(other.ask(of_other.actor, "x") == "there:x");
}

BOOST_AUTO_TEST_CASE(who_monitors_an_actor_hears_of_the_end_of_its_node) {
  cluster_node here, there;
  const auto found = here.find(there.publish("there:"));
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  caf::scoped_actor observer{here.system()};
  observer->monitor(found.actor);
  there.stop();
  bool is_down = false;
  observer->receive([&](const caf::down_msg& down) { is_down = down.source == found.actor.address(); },
                    caf::after(patience) >> [] {});
  BOOST_TEST(is_down);
  BOOST_TEST(comes_true([&] { return here.net().counts().open == 0; }));
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_an_error_that_names_it) {
  cluster_node here, there;
  const uint16_t port = there.publish("there:");
  const auto result = here.net().publish(caf::strong_actor_ptr{}, {}, "127.0.0.1", port);
  BOOST_REQUIRE(std::holds_alternative<std::string>(result));
  const std::string error = std::get<std::string>(result);
  BOOST_TEST(error.find("127.0.0.1 port " + std::to_string(port)) != std::string::npos, error);
}

BOOST_AUTO_TEST_CASE(nobody_is_found_where_a_node_listens_no_longer_and_connections_stay) {
  cluster_node here, there, late;
  const uint16_t port = there.publish("there:");
  const auto found = here.find(port);
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  there.net().unpublish(port);
  BOOST_TEST(comes_true([&] { return late.find(port).error.find("Connection refused") != std::string::npos; }));
  BOOST_TEST(here.ask(found.actor, "x") == "there:x");
}

BOOST_AUTO_TEST_CASE(a_system_that_has_not_been_prepared_is_an_error) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  const auto made = transport::make(system, {});
  BOOST_REQUIRE(std::holds_alternative<std::string>(made));
  BOOST_TEST(std::get<std::string>(made) == "the actor system has no middleman");
}

BOOST_AUTO_TEST_SUITE_END()

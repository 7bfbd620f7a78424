// A connection that one end believes in and the other does not.
#include <boost/test/unit_test.hpp>

#include "test/unit/cluster/cluster_node.hpp"
#include "test/unit/cluster/relay.hpp"
#include "test/unit/cluster/strangers.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(reconnect_test)

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
  cluster_node one, two;
  const uint16_t at_one = one.publish("one:"), at_two = two.publish("two:");
  relay wire{at_two};
  const auto lost = one.find(wire.port());
  BOOST_REQUIRE_MESSAGE(lost.actor, lost.error);
  BOOST_TEST(one.ask(lost.actor, "x") == "two:x");

  wire.freeze();
  one.net().disconnect(caf::actor_cast<caf::strong_actor_ptr>(lost.actor)); // which the other cannot hear
  BOOST_TEST(comes_true([&] { return one.net().counts().open == 0; }));
  const auto found = one.find(wire.port());
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  BOOST_TEST(one.ask(found.actor, "x") == "two:x");
  BOOST_TEST(two.net().counts().open == 2u);
  const auto back = two.find(at_one);
  BOOST_REQUIRE_MESSAGE(back.actor, back.error);
  BOOST_TEST(two.ask(back.actor, "y") == "one:y");

  wire.drop_frozen(); // and now it does
  BOOST_TEST(comes_true([&] { return two.net().counts().open == 1; }));
  BOOST_TEST(one.ask(found.actor, "x") == "two:x");
  BOOST_TEST(two.ask(back.actor, "y") == "one:y");
}

BOOST_AUTO_TEST_CASE(a_node_that_is_found_by_one_it_has_lost_is_not_held_to_that_either) {
  cluster_node one, two;
  const uint16_t at_one = one.publish("one:"), at_two = two.publish("two:");
  relay wire{at_two};
  const auto lost = one.find(wire.port());
  BOOST_REQUIRE_MESSAGE(lost.actor, lost.error);
  const auto lost_back = two.find(at_one);
  BOOST_REQUIRE_MESSAGE(lost_back.actor, lost_back.error);

  wire.freeze();
  two.net().disconnect(caf::actor_cast<caf::strong_actor_ptr>(lost_back.actor)); // one cannot hear that
  BOOST_TEST(comes_true([&] { return two.net().counts().open == 0; }));
  const auto back = two.find(at_one);
  BOOST_REQUIRE_MESSAGE(back.actor, back.error);
  BOOST_TEST(two.ask(back.actor, "y") == "one:y");
  wire.drop_frozen();
  BOOST_TEST(comes_true([&] { return one.net().counts().open == 1; }));
  BOOST_TEST(two.ask(back.actor, "y") == "one:y");
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

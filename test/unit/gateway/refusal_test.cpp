// Who does not work with whom, and that both see why.
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

#include "test/unit/actors/test_jobs.hpp"
#include "test/unit/gateway/stranger.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::hello_of;
using test::house;
using test::stranger;

BOOST_AUTO_TEST_SUITE(refusal_test)

namespace {

std::string refusal_seen(house& by, const std::string& other) {
  const peer_report seen = by.peer(other);
  return std::string{name_of(seen.state)} + ": " + seen.reason;
}

/// Two nodes that know of each other, the second one introduced otherwise than it should be.
struct unlike_nodes : test::town {
  explicit unlike_nodes(const std::function<void(node_hello&)>& introduce) {
    const auto both =
      settle({{.name = "a", .seeds = {"b:1"}}, {.name = "b", .seeds = {"a:1"}, .introduce = introduce}});
    a = both[0];
    b = both[1];
    pass_slowly(1s, 10ms);
  }
  house* a = nullptr;
  house* b = nullptr;
};

} // namespace

BOOST_AUTO_TEST_CASE(nodes_of_another_cluster_are_refused_and_both_see_it) {
  unlike_nodes town{[](node_hello& self) { self.cluster = "village"; }};
  BOOST_TEST(refusal_seen(*town.a, "b:1") == "refused: another-cluster");
  BOOST_TEST(refusal_seen(*town.b, "a:1") == "refused: another-cluster");
}

BOOST_AUTO_TEST_CASE(nodes_of_another_major_version_are_refused_and_both_see_it) {
  unlike_nodes town{[](node_hello& self) { self.major = 2; }};
  BOOST_TEST(refusal_seen(*town.a, "b:1") == "refused: another-version");
  BOOST_TEST(refusal_seen(*town.b, "a:1") == "refused: another-version");
}

BOOST_AUTO_TEST_CASE(nodes_with_other_rules_are_refused_and_both_see_it) {
  unlike_nodes town{[](node_hello& self) { ++self.rules; }};
  BOOST_TEST(refusal_seen(*town.a, "b:1") == "refused: another-rules");
  BOOST_TEST(refusal_seen(*town.b, "a:1") == "refused: another-rules");
}

BOOST_AUTO_TEST_CASE(nodes_of_another_minor_version_work_together) {
  unlike_nodes town{[](node_hello& self) { self.minor = 7; }};
  BOOST_TEST((town.a->peer("b").state == peer_state::active));
  BOOST_TEST((town.b->peer("a").state == peer_state::active));
}

BOOST_AUTO_TEST_CASE(a_lender_that_should_have_refused_is_not_worked_with) {
  test::town town;
  stranger lender{town};
  town.publish("x:1", lender.handle());
  lender.heard = [&](const std::string& frame) {
    if (!std::holds_alternative<node_hello>(*decode_node_frame(frame))) return;
    node_hello self = hello_of("x");
    ++self.rules;
    lender.reply(encode(node_answer{.said = self}));
  };
  const auto nodes = town.settle({{.name = "a", .seeds = {"x:1"}}});
  BOOST_TEST(refusal_seen(*nodes[0], "x:1") == "refused: another-rules");
  BOOST_TEST(!lender.last<link_greeting>());
}

BOOST_AUTO_TEST_CASE(a_node_does_not_work_with_itself_and_does_not_tell_of_it) {
  test::town town;
  const auto nodes = town.settle({{.name = "a", .seeds = {"a:1"}}});
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(town.lines().size() == 1u); // it tried, and will not try again for a while
  BOOST_TEST(nodes[0]->cluster().peers.empty());
}

BOOST_AUTO_TEST_CASE(no_more_peers_borrow_than_may) {
  test::town town;
  const auto nodes = town.settle({{.name = "b", .peers_max = 2},
                                  {.name = "a", .seeds = {"b:1"}},
                                  {.name = "c", .seeds = {"b:1"}},
                                  {.name = "d", .seeds = {"b:1"}}});
  town.pass_slowly(1s, 10ms);
  uint32_t active = 0;
  for (size_t i = 1; i < nodes.size(); ++i) {
    const peer_report seen = nodes[i]->cluster().peers.front();
    active += seen.state == peer_state::active;
    BOOST_TEST((seen.reason.empty() || seen.reason == "too-many-peers"));
  }
  BOOST_TEST(active == 2u);
}

BOOST_AUTO_TEST_CASE(no_more_is_borrowed_from_than_may_be) {
  test::town town;
  const auto nodes =
    town.settle({{.name = "b"}, {.name = "c"}, {.name = "a", .seeds = {"b:1", "c:1"}, .peers_max = 1}});
  town.pass_slowly(1s, 10ms);
  BOOST_TEST((nodes[2]->peer("b").state == peer_state::active));
  BOOST_TEST(refusal_seen(*nodes[2], "c:1") == "refused: too-many-peers");
}

BOOST_AUTO_TEST_CASE(of_two_nodes_with_one_id_the_first_one_stays) {
  test::town town;
  const auto like_a = [](node_hello& self) {
    self.id = {};
    self.id.bytes[0] = 'a';
  };
  const auto nodes = town.settle({{.name = "b"}, {.name = "a", .seeds = {"b:1"}}});
  house& twin = town.add({.name = "twin", .seeds = {"b:1"}, .introduce = like_a});
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(refusal_seen(twin, "b:1") == "refused: id-in-use");
  BOOST_TEST((nodes[1]->peer("b").state == peer_state::active));
  BOOST_TEST(nodes[1]->peer("b").connects == 1u);
}

BOOST_AUTO_TEST_CASE(a_giver_that_comes_again_displaces_itself_once_it_goes_on_with_the_new_lane) {
  test::town town;
  house& lender = *town.settle({{.name = "b"}}).front();
  stranger first{town}, second{town};
  first.say(encode(hello_of("g")), lender.gateway);
  first.say(encode(giver_word{link_greeting{{.giver = 1}}}));
  second.say(encode(hello_of("g")), lender.gateway);
  town.pass_slowly(200ms);
  BOOST_TEST((second.last<node_answer>()->why == node_refusal::none));
  BOOST_TEST(!first.gone);
  second.say(encode(giver_word{link_greeting{{.giver = 2}}}));
  town.pass_slowly(10ms);
  BOOST_TEST(first.gone);
  BOOST_TEST(!second.gone);
}

BOOST_AUTO_TEST_CASE(one_giver_has_few_lanes_however_often_it_says_hello) {
  test::town town;
  house& lender = *town.settle({{.name = "b"}}).front();
  std::vector<std::unique_ptr<stranger>> same;
  uint32_t let_in = 0;
  for (int i = 0; i < 20; ++i) {
    same.push_back(std::make_unique<stranger>(town));
    same.back()->say(encode(hello_of("g")), lender.gateway);
    let_in += same.back()->last<node_answer>()->why == node_refusal::none;
  }
  BOOST_TEST(let_in == 4u);
  town.pass_slowly(6s, 10ms); // none of them greets
  stranger later{town};
  later.say(encode(hello_of("g")), lender.gateway);
  BOOST_TEST((later.last<node_answer>()->why == node_refusal::none));
}

BOOST_AUTO_TEST_CASE(a_refused_address_that_nobody_tells_of_any_more_is_forgotten) {
  test::town town;
  house& node = *town.settle({{.name = "b"}}).front();
  stranger lender{town};
  town.publish("x:1", lender.handle());
  lender.heard = [&](const std::string& frame) {
    if (std::holds_alternative<node_hello>(*decode_node_frame(frame)))
      lender.reply(encode(node_answer{node_refusal::another_cluster, hello_of("x")}));
  };
  stranger teller{town};
  node_hello told = hello_of("teller");
  told.address = "x:1";
  teller.say(encode(told), node.gateway);
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(refusal_seen(node, "x:1") == "refused: another-cluster");
  town.pass_slowly(3min, 50ms);
  BOOST_TEST(node.cluster().peers.empty());
}

BOOST_AUTO_TEST_SUITE_END()

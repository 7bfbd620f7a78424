// Where other nodes may be, and when to look for them there.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "actors/peers/peer_book.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(peer_book_test)

namespace {

using texts = std::vector<std::string>;

node_id id_of(uint8_t number) {
  node_id id;
  id.bytes[0] = number;
  return id;
}

struct book : peer_book {
  explicit book(const peer_book_options& options = {}) : peer_book(options) {}
  ~book() { check_invariants(); }
  instant now{1h};
  texts due_now() { return due(now); }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_address_is_tried_at_once_and_not_again_while_it_is_tried) {
  book b;
  BOOST_TEST(b.configure("a:1", b.now));
  BOOST_TEST((b.due_now() == texts{"a:1"}));
  BOOST_TEST(b.due_now().empty());
}

BOOST_AUTO_TEST_CASE(pauses_double_up_to_their_bound_and_differ_by_a_fifth_at_most) {
  book b;
  b.configure("a:1", b.now);
  duration expected = 100ms;
  for (int i = 0; i < 12; ++i) {
    BOOST_REQUIRE((b.due_now() == texts{"a:1"}));
    b.failed("a:1", "refused", b.now);
    const duration pause = b.addresses().at("a:1").next - b.now;
    BOOST_TEST((pause >= expected * 8 / 10 && pause <= expected * 12 / 10));
    b.now += pause - 1ns;
    BOOST_TEST(b.due_now().empty());
    b.now += 1ns;
    expected = std::min<duration>(2 * expected, 10s);
  }
}

BOOST_AUTO_TEST_CASE(two_nodes_that_lost_each_other_do_not_come_back_at_one_time) {
  book one{{.seed = 1}}, other{{.seed = 2}};
  for (book* b : {&one, &other}) {
    b->configure("a:1", b->now);
    b->due_now();
    b->failed("a:1", "gone", b->now);
  }
  BOOST_TEST((one.addresses().at("a:1").next != other.addresses().at("a:1").next));
}

BOOST_AUTO_TEST_CASE(a_node_that_is_found_at_two_addresses_is_worked_with_at_the_first) {
  book b;
  b.configure("a:1", b.now);
  b.configure("b:1", b.now);
  b.due_now();
  BOOST_TEST(b.found("a:1", id_of(7), "n", b.now));
  BOOST_TEST(!b.found("b:1", id_of(7), "n", b.now));
  BOOST_TEST(b.addresses().at("b:1").reason == "known at a:1");
  b.lost("a:1", "gone", b.now);
  b.now += 1min;
  BOOST_TEST((b.due_now() == texts{"a:1", "b:1"}));
  BOOST_TEST(b.found("b:1", id_of(7), "n", b.now));
}

BOOST_AUTO_TEST_CASE(who_is_lost_is_looked_for_soon_and_less_often_if_it_never_stays) {
  book b;
  b.configure("a:1", b.now);
  b.due_now();
  BOOST_TEST(b.found("a:1", id_of(7), "n", b.now));
  b.now += 1h;
  b.lost("a:1", "gone", b.now);
  b.now += 120ms;
  BOOST_REQUIRE((b.due_now() == texts{"a:1"}));
  BOOST_TEST(b.found("a:1", id_of(7), "n", b.now));
  b.lost("a:1", "gone", b.now);
  b.now += 120ms;
  BOOST_TEST(b.due_now().empty());
  b.now += 120ms;
  BOOST_TEST((b.due_now() == texts{"a:1"}));
}

BOOST_AUTO_TEST_CASE(who_refuses_is_asked_again_after_half_a_minute_and_the_reason_is_kept) {
  book b;
  b.configure("a:1", b.now);
  b.due_now();
  b.refused("a:1", node_refusal::another_rules, b.now);
  BOOST_TEST(b.addresses().at("a:1").reason == "another-rules");
  b.now += 20s;
  BOOST_TEST(b.due_now().empty());
  b.now += 20s;
  BOOST_TEST(b.due_now().size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_address_that_leads_to_oneself_or_to_a_known_node_is_tried_again_after_some_seconds) {
  book b;
  for (const char* address : {"a:1", "b:1", "c:1"}) b.configure(address, b.now);
  b.due_now();
  BOOST_TEST(b.found("a:1", id_of(7), "n", b.now));
  BOOST_TEST(!b.found("b:1", id_of(7), "n", b.now));
  b.refused("c:1", node_refusal::itself, b.now);
  b.now += 3s;
  BOOST_TEST(b.due_now().empty());
  b.now += 4s;
  BOOST_TEST((b.due_now() == texts{"b:1", "c:1"}));
}

BOOST_AUTO_TEST_CASE(a_name_that_stands_for_nothing_changes_nothing_and_one_for_others_replaces_them) {
  book b;
  b.named({"a:1", "b:1"}, b.now);
  BOOST_TEST((b.due_now() == texts{"a:1", "b:1"}));
  BOOST_TEST(b.found("a:1", id_of(1), "n", b.now));
  b.failed("b:1", "refused", b.now);
  b.named({}, b.now);
  BOOST_TEST(b.addresses().size() == 2u);
  b.now += 2min;
  b.named({"c:1"}, b.now);
  BOOST_TEST((b.due_now() == texts{"c:1"}));
  BOOST_TEST(b.addresses().count("b:1") == 0u);
  BOOST_TEST((b.addresses().at("a:1").state == address_state::joined)); // it drains
  b.lost("a:1", "gone", b.now);
  b.now += 2min;
  (void)b.due_now();
  BOOST_TEST(b.addresses().count("a:1") == 0u);
}

BOOST_AUTO_TEST_CASE(what_a_node_told_is_forgotten_after_a_minute_in_vain_and_what_is_configured_never) {
  book b;
  b.configure("a:1", b.now);
  b.told("b:1", b.now);
  for (int i = 0; i < 100; ++i) {
    for (const std::string& each : b.due_now()) b.failed(each, "refused", b.now);
    b.now += 1s;
  }
  BOOST_TEST(b.addresses().size() == 1u);
  BOOST_TEST(b.addresses().count("a:1") == 1u);
}

BOOST_AUTO_TEST_CASE(addresses_are_bounded_whoever_tells_of_them) {
  book b{{.addresses_max = 3}};
  BOOST_TEST(b.configure("a:1", b.now));
  for (int i = 0; i < 1000; ++i) b.told("x:" + std::to_string(i), b.now);
  BOOST_TEST(b.addresses().size() == 3u);
  BOOST_TEST(!b.configure("b:1", b.now));
  b.told("", b.now);
  BOOST_TEST(b.addresses().size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

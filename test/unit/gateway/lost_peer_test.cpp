// Nodes leave, die, freeze and come back, in the middle of whatever is on its way: each job has one answer even so.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include <caf/send.hpp>

#include "test/unit/actors/column_jobs.hpp"
#include "test/unit/gateway/busy_node.hpp"
#include "test/unit/gateway/stranger.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::busy_node;
using test::fate;
using test::long_text;
using test::town_job;

BOOST_AUTO_TEST_SUITE(lost_peer_test)

namespace {

/// Attempts one after the other, until the lender grants all it can.
void warm_up(busy_node& town, uint64_t from_id) {
  for (uint64_t id = from_id; id < from_id + 8; ++id) {
    town.a->submit(town_job(id, "x", town.now()));
    BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(id).empty(); }, 1s));
  }
}

void check_all_ok(test::house& node, uint64_t first, uint64_t last) {
  for (uint64_t id = first; id <= last; ++id)
    BOOST_TEST(node.answer(id).result.status == status::ok, "job " << id << ": " << node.answer(id).result);
}

bool all_answered(test::house& node, uint64_t first, uint64_t last) {
  for (uint64_t id = first; id <= last; ++id)
    if (node.answers(id).empty()) return false;
  return true;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_lender_that_leaves_ends_what_it_began_hands_back_the_rest_and_loses_nothing) {
  busy_node town;
  warm_up(town, 10);
  town.b->work_time = 700ms;
  const auto line = town.line("a", "b");
  std::vector<std::string> order;
  line->rule = [&](bool, const std::string& frame) {
    const auto decoded = decode_node_frame(frame);
    if (std::holds_alternative<link_leaving>(*decoded)) order.emplace_back("leaving");
    if (const auto* const result = std::get_if<link_result>(&*decoded))
      order.emplace_back(result->result.status == status::ok ? "done" : "handed back");
    return fate::pass;
  };
  town.a->submit(town_job(2, "short", town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return town.b->worked.size() == 9; }, 1s)); // it takes a while yet
  line->latency = 30ms;
  town.a->submit(town_job(3, long_text(900'000), town.now()));
  town.pass_slowly(100ms);
  town.a->work_time = 0ms;
  caf::anon_send(town.b->gateway, atom::leave_v, local_word{});
  town.pass_slowly(300ms);
  BOOST_TEST(town.b->left == 0u);
  BOOST_TEST((town.a->peer("b").state == peer_state::draining));
  BOOST_TEST(town.b->cluster().draining);
  town.a->submit(town_job(4, "at home, sooner or later", town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return town.b->left > 0; }, 5s));
  BOOST_TEST(town.a->answer(2).result.status == status::ok);
  BOOST_REQUIRE(town.pass_until([&] { return all_answered(*town.a, 1, 4); }, 2min));
  check_all_ok(*town.a, 1, 4);
  const auto of = [&](const char* what) { return std::find(order.begin(), order.end(), what) - order.begin(); };
  BOOST_TEST(of("leaving") < of("done"));
  BOOST_TEST(of("handed back") < of("done"));
  BOOST_TEST(town.a->peer("b").attempts_lost == 0u);
  BOOST_TEST(town.a->peer("b").attempts_handed_back == 1u);
  BOOST_TEST(town.b->lent_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(who_comes_while_a_node_leaves_is_refused) {
  busy_node town;
  caf::anon_send(town.b->gateway, atom::leave_v, local_word{});
  BOOST_REQUIRE(town.pass_until([&] { return town.b->left > 0; }, 5s));
  town.pass_slowly(2s, 10ms);
  BOOST_TEST((town.a->peer("b").state == peer_state::refused));
  BOOST_TEST(town.a->peer("b").reason == "leaving");
}

BOOST_AUTO_TEST_CASE(a_node_without_givers_has_left_at_once) {
  test::town town;
  const auto nodes = town.settle({{.name = "a"}});
  caf::anon_send(nodes[0]->gateway, atom::leave_v, local_word{});
  town.run();
  BOOST_TEST(nodes[0]->left == 1u);
}

BOOST_AUTO_TEST_CASE(a_lender_that_dies_in_the_middle_of_a_document_leaves_it_to_a_worker_at_home) {
  busy_node town;
  town.a->work_time_of = [](job_id) { return duration{0}; };
  uint64_t chunks = 0;
  town.line("a", "b")->rule = [&](bool, const std::string& frame) {
    return std::holds_alternative<chunk>(*decode_node_frame(frame)) && ++chunks == 3 ? fate::die : fate::pass;
  };
  town.hide(*town.b);
  const std::string text = long_text(500'000);
  town.a->submit(town_job(2, text, town.now()));
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(chunks == 3u);
  BOOST_TEST(town.a->answers(2).empty());
  BOOST_TEST((town.a->peer("b").state == peer_state::down));
  BOOST_TEST(town.a->peer("b").attempts_lost == 1u);
  BOOST_TEST(town.b->lent_bytes() == 0u);
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty(); }, 2min));
  BOOST_TEST(town.a->answer(2).result == test::counts_of(text));
  BOOST_TEST(town.b->worked.empty());
}

BOOST_AUTO_TEST_CASE(a_lender_that_dies_in_the_middle_of_its_columns_leaves_the_job_to_a_worker_at_home) {
  busy_node town;
  town.a->work_time_of = [](job_id) { return duration{0}; };
  uint64_t chunks = 0;
  town.line("a", "b")->rule = [&](bool to_lender, const std::string& frame) {
    return !to_lender && std::holds_alternative<chunk>(*decode_node_frame(frame)) && ++chunks == 3 ? fate::die
                                                                                                   : fate::pass;
  };
  town.hide(*town.b);
  const auto job = town_job(2, long_text(200'000), town.now(), all_columns);
  town.a->submit(job);
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(chunks == 3u);
  BOOST_TEST(town.b->worked.size() == 1u);
  BOOST_TEST(town.a->answers(2).empty());
  BOOST_TEST(town.b->lent_bytes() == 0u);
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty(); }, 2min));
  BOOST_TEST(test::same_columns(*town.a->answer(2).columns, *test::answer_in_process(*job)));
}

BOOST_AUTO_TEST_CASE(the_work_of_a_giver_that_dies_is_cancelled_and_its_memory_given_back) {
  busy_node town;
  warm_up(town, 10);
  town.b->work_time = 1min;
  town.a->submit(town_job(2, long_text(1000), town.now()));
  town.pass_slowly(50ms);
  town.line("a", "b")->latency = 30ms;
  town.a->submit(town_job(3, long_text(900'000), town.now()));
  town.pass_slowly(200ms);
  BOOST_TEST(town.b->cluster().lent_attempts_running == 1u);
  BOOST_TEST(town.b->lent_bytes() > 900'000u);
  town.kill(*town.a);
  town.pass_slowly(1100ms, 10ms);
  BOOST_TEST(town.b->cluster().lent_attempts_running == 0u);
  BOOST_TEST(town.b->lent_bytes() == 0u);
  BOOST_TEST(town.b->stats().requests_by_status[static_cast<size_t>(status::cancelled)] == 1u);
}

BOOST_AUTO_TEST_CASE(the_work_of_a_giver_that_falls_silent_is_given_up_too) {
  busy_node town;
  town.b->work_time = 1min;
  town.a->submit(town_job(2, long_text(1000), town.now()));
  town.pass_slowly(50ms);
  BOOST_TEST(town.b->lent_bytes() > 0u);
  town.freeze("a");
  town.pass_slowly(2500ms, 10ms);
  BOOST_TEST(town.b->lent_bytes() > 0u);
  town.pass_slowly(2500ms, 10ms); // of three seconds
  BOOST_TEST(town.b->cluster().lent_attempts_running == 0u);
  BOOST_TEST(town.b->lent_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(a_frozen_peer_is_suspected_then_gone_and_joins_anew_with_one_attempt) {
  busy_node town;
  warm_up(town, 10);
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(town.a->peer("b").attempts_granted == 4u);
  town.b->work_time = 1s;
  town.a->submit(town_job(2, "lost", town.now()));
  town.pass_slowly(50ms);
  town.freeze("b");
  town.pass_slowly(300ms);
  BOOST_TEST((town.a->peer("b").state == peer_state::active));
  town.pass_slowly(400ms);
  BOOST_TEST((town.a->peer("b").state == peer_state::suspect));
  BOOST_TEST(town.a->peer("b").attempts_in_flight == 1u);
  town.a->submit(town_job(3, "nobody gives it to a suspect", town.now()));
  town.pass_slowly(500ms);
  BOOST_TEST((town.a->peer("b").state == peer_state::down));
  BOOST_TEST(town.a->peer("b").attempts_lost == 1u);
  BOOST_TEST(town.a->peer("b").attempts_in_flight == 0u);
  town.b->work_time = 0ms;
  std::vector<uint64_t> granted_first;
  town.connected = [&](test::connection& line) {
    line.rule = [&](bool, const std::string& frame) {
      const auto decoded = decode_node_frame(frame);
      if (const auto* const welcome = std::get_if<link_welcome>(&*decoded))
        granted_first.push_back(welcome->credit.attempts);
      return fate::pass;
    };
  };
  town.thaw("b");
  BOOST_REQUIRE(town.pass_until([&] { return town.a->peer("b").state == peer_state::active; }, 15s));
  BOOST_TEST(town.a->peer("b").connects == 2u);
  BOOST_REQUIRE(!granted_first.empty());
  BOOST_TEST(granted_first.back() == 1u);
  BOOST_REQUIRE(town.pass_until([&] { return all_answered(*town.a, 2, 3); }, 1s));
  check_all_ok(*town.a, 2, 3);
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_slow_for_less_than_that_is_cleared_and_its_results_count) {
  busy_node town;
  town.b->work_time = 300ms;
  town.a->submit(town_job(2, "late", town.now()));
  town.pass_slowly(50ms);
  town.freeze("b");
  town.pass_slowly(700ms);
  BOOST_TEST((town.a->peer("b").state == peer_state::suspect));
  town.thaw("b");
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty(); }, 100ms));
  BOOST_TEST(town.a->answer(2).result == test::counts_of("late"));
  town.pass_slowly(1s, 10ms);
  BOOST_TEST((town.a->peer("b").state == peer_state::active));
  BOOST_TEST(town.a->peer("b").connects == 1u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_dies_is_made_anew_and_what_was_counted_stays) {
  busy_node town;
  warm_up(town, 10);
  for (uint64_t round = 0; round < 5; ++round) {
    town.line("a", "b")->die();
    BOOST_REQUIRE(town.pass_until([&] { return town.a->peer("b").connects == round + 2; }, 15s));
    warm_up(town, 100 + 10 * round);
  }
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(town.a->peer("b").attempts_given == 48u);
  BOOST_TEST(town.a->peer("b").attempts_answered == 48u);
  BOOST_TEST(town.b->cluster().lent_attempts_answered == 48u);
}

BOOST_AUTO_TEST_CASE(a_node_at_two_addresses_is_worked_with_at_one_and_never_disturbed_there) {
  busy_node town;
  town.publish("also-b:1", town.b->gateway);
  test::stranger teller{town}; // it tells of that address
  auto hello = test::hello_of("teller");
  hello.address = "also-b:1";
  teller.say(encode(hello), town.a->gateway);
  town.pass_slowly(65s, 20ms);
  BOOST_TEST((town.a->peer("b").state == peer_state::active));
  BOOST_TEST(town.a->peer("b").connects == 1u);
  BOOST_TEST(town.a->cluster().peers.size() == 1u);
  BOOST_TEST(std::count(town.a->disconnected.begin(), town.a->disconnected.end(), "b") == 0);
  const auto tried = [](const auto& line) { return line->lender == "also-b:1"; };
  BOOST_TEST(std::any_of(town.lines().begin(), town.lines().end(), tried));
  town.a->submit(town_job(2, "at home, where the worker is free again", town.now()));
  warm_up(town, 10);
}

BOOST_AUTO_TEST_CASE(a_node_that_ends_lets_nobody_in_any_more) {
  busy_node town;
  town.b->work_time = 1min;
  test::stranger giver{town};
  caf::anon_send(town.b->gateway, atom::finish_v, local_word{});
  giver.say(encode(test::hello_of("late")), town.b->gateway); // both wait for its turn
  town.pass_slowly(100ms);
  const auto answer = giver.last<node_answer>();
  BOOST_TEST((!answer || answer->why == node_refusal::leaving));
  BOOST_TEST(town.b->lent_bytes() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

// What one node gives another one is done there as it would be at home.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include <caf/send.hpp>

#include "test/unit/actors/column_jobs.hpp"
#include "test/unit/gateway/busy_node.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::busy_node;
using test::long_text;
using test::town_job;

BOOST_AUTO_TEST_SUITE(lent_work_test)

BOOST_AUTO_TEST_CASE(what_finds_no_worker_at_home_is_done_by_a_peer) {
  busy_node town;
  const std::string text = long_text(1000);
  town.a->submit(town_job(2, text, town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty(); }, 1s));
  BOOST_TEST(town.a->answer(2).result == test::counts_of(text));
  BOOST_TEST(town.b->worked.size() == 1u);
  BOOST_TEST(town.a->answers(1).empty());
}

BOOST_AUTO_TEST_CASE(while_a_worker_at_home_is_free_nothing_is_given_away) {
  busy_node town{{}, {.workers = 2}};
  for (uint64_t id = 2; id < 10; ++id) {
    town.a->work_time = 0ms;
    town.a->submit(town_job(id, long_text(1000), town.now()));
    town.run();
    BOOST_TEST(town.a->answer(id).result.status == status::ok);
  }
  BOOST_TEST(town.b->worked.empty());
}

BOOST_AUTO_TEST_CASE(an_empty_document_goes_there_and_back_too) {
  busy_node town;
  town.a->submit(town_job(2, "", town.now()));
  town.a->submit(town_job(3, "", town.now(), all_columns));
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty() && !town.a->answers(3).empty(); }, 1s));
  BOOST_TEST(town.a->answer(2).result == test::counts_of(""));
  BOOST_TEST(town.a->answer(3).result == test::counts_of(""));
  BOOST_TEST(town.b->worked.size() == 2u);
}

BOOST_AUTO_TEST_CASE(columns_are_byte_for_byte_what_a_worker_at_home_makes) {
  busy_node town;
  uint64_t id = 1;
  for (const uint32_t columns : {all_columns, static_cast<uint32_t>(column_set::names),
                                 static_cast<uint32_t>(column_set::kinds), static_cast<uint32_t>(column_set::issues)})
    for (const token_view view : {token_view::tex, token_view::source})
      for (const position_unit unit : {position_unit::bytes, position_unit::code_points, position_unit::utf16_units}) {
        const std::string text = long_text(20'000 + 997 * id, id);
        const auto job = town_job(++id, text, town.now(), columns, view, unit);
        town.a->submit(job);
        BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(id).empty(); }, 1s));
        const delivery& answer = town.a->answer(id);
        if (view == token_view::tex) BOOST_TEST(answer.result == test::counts_of(text));
        BOOST_REQUIRE((answer.result.status == status::ok && answer.columns));
        BOOST_TEST(test::same_columns(*answer.columns, *test::answer_in_process(*job)));
      }
  BOOST_TEST(town.b->worked.size() == id - 1);
}

BOOST_AUTO_TEST_CASE(counts_are_those_of_the_view_that_was_asked_for) {
  busy_node town;
  const std::string text = long_text(5000);
  town.a->submit(town_job(2, text, town.now(), 0, token_view::source));
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty(); }, 1s));
  const auto with_columns = town_job(3, text, town.now(), static_cast<uint32_t>(column_set::kinds), token_view::source);
  const outcome counts = town.a->answer(2).result;
  BOOST_TEST(counts.token_count == test::answer_in_process(*with_columns)->column(column_id::kind).size());
  BOOST_TEST(counts.token_count != test::counts_of(text).token_count);
}

BOOST_AUTO_TEST_CASE(no_more_is_under_way_than_the_window_however_long_the_document) {
  busy_node town;
  const auto line = town.line("a", "b");
  uint64_t sent = 0, most = 0, taken = 0, chunks = 0;
  line->latency = 5ms;
  line->rule = [&](bool to_lender, const std::string& frame) {
    const auto decoded = decode_node_frame(frame);
    if (const auto* const part = std::get_if<chunk>(&*decoded); part != nullptr && to_lender) {
      sent += part->bytes.size();
      ++chunks;
      most = std::max(most, sent - taken);
    }
    if (const auto* const told = std::get_if<bytes_taken>(&*decoded); told != nullptr && !to_lender)
      taken = told->bytes;
    return test::fate::pass;
  };
  const std::string text = long_text(700'000);
  town.a->submit(town_job(2, text, town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty(); }, 5s));
  BOOST_TEST(town.a->answer(2).result == test::counts_of(text));
  BOOST_TEST(chunks > 10u);
  BOOST_TEST(sent == text.size());
  BOOST_TEST(most <= 64u << 10);
}

BOOST_AUTO_TEST_CASE(nodes_with_windows_of_different_lengths_work_together) {
  for (const bool giver_has_more : {false, true}) {
    busy_node town{{.window_bytes = giver_has_more ? 64u << 10 : 8u << 20},
                   {.window_bytes = giver_has_more ? 8u << 20 : 64u << 10}};
    const std::string text = long_text(500'000);
    const auto job = town_job(2, text, town.now(), all_columns);
    town.a->submit(job);
    BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty(); }, 5s));
    BOOST_TEST(test::same_columns(*town.a->answer(2).columns, *test::answer_in_process(*job)));
  }
}

BOOST_AUTO_TEST_CASE(a_short_document_does_not_wait_for_a_long_one_on_the_same_line) {
  busy_node town;
  for (uint64_t id = 2; id < 8; ++id) { // so that it grants more than one attempt
    town.a->submit(town_job(id, "x", town.now()));
    BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(id).empty(); }, 1s));
  }
  town.line("a", "b")->latency = 20ms;
  town.a->submit(town_job(10, long_text(900'000), town.now()));
  town.pass(1ms);
  town.a->submit(town_job(11, long_text(1000), town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(11).empty(); }, 5s));
  BOOST_TEST(town.a->answers(10).empty());
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(10).empty(); }, 20s));
}

BOOST_AUTO_TEST_CASE(what_its_client_cancels_is_stopped_at_the_lender) {
  busy_node town;
  town.b->work_time = 1min;
  town.a->submit(town_job(2, long_text(1000), town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return town.b->cluster().lent_attempts_running == 1; }, 2s));
  BOOST_TEST(town.b->lent_bytes() > 0u);
  town.a->cancel(2);
  town.pass_slowly(1500ms, 10ms);
  BOOST_TEST(town.a->answer(2).result.status == status::cancelled);
  BOOST_TEST(town.b->cluster().lent_attempts_running == 0u);
  BOOST_TEST(town.b->lent_bytes() == 0u);
  BOOST_TEST(town.a->peer("b").attempts_in_flight == 0u);
}

BOOST_AUTO_TEST_CASE(what_finds_no_worker_at_the_lender_either_comes_back_soon) {
  busy_node town;
  town.b->work_time = 1min;
  town.b->submit(town_job(1, "its own", town.now()));
  town.a->submit(town_job(2, long_text(1000), town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return town.b->lent_bytes() > 0; }, 1s));
  town.pass_slowly(2s, 10ms);
  BOOST_TEST(town.b->cluster().lent_attempts_running == 0u);
  BOOST_TEST(town.b->lent_bytes() == 0u);
  BOOST_TEST(town.a->peer("b").attempts_handed_back > 0u);
  BOOST_TEST(town.a->answers(2).empty()); // it waits at home
}

BOOST_AUTO_TEST_CASE(of_a_document_that_its_client_cancels_on_the_way_the_rest_is_not_sent) {
  busy_node town;
  const auto line = town.line("a", "b");
  uint64_t chunks = 0;
  line->latency = 20ms;
  line->rule = [&](bool, const std::string& frame) {
    chunks += std::holds_alternative<chunk>(*decode_node_frame(frame));
    return test::fate::pass;
  };
  town.a->submit(town_job(2, long_text(1'000'000), town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return chunks >= 4; }, 5s));
  town.a->cancel(2);
  town.pass_slowly(2s, 10ms);
  BOOST_TEST(town.a->answer(2).result.status == status::cancelled);
  BOOST_TEST(chunks < 10u);
  BOOST_TEST(town.b->worked.empty());
  BOOST_TEST(town.b->lent_bytes() == 0u);
  town.a->submit(town_job(3, "after it", town.now())); // the line goes on
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(3).empty(); }, 2s));
}

BOOST_AUTO_TEST_CASE(what_was_borrowed_is_not_given_to_a_third_node) {
  test::town town;
  const auto nodes = town.settle({{.name = "c"}, {.name = "b", .seeds = {"c:1"}}, {.name = "a", .seeds = {"b:1"}}});
  test::house* const c = nodes[0];
  test::house* const b = nodes[1];
  test::house* const a = nodes[2];
  for (test::house* const busy : {a, b}) {
    busy->work_time_of = [](job_id job) { return job.value == 1 ? duration{300ms} : duration{0}; };
    busy->submit(town_job(1, "at home", town.now()));
  }
  town.run();
  BOOST_TEST(b->peer("c").attempts_granted > 0u);
  BOOST_TEST_REQUIRE(a->peer("b").attempts_granted > 0u);
  a->submit(town_job(2, long_text(1000), town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return !a->answers(2).empty(); }, 5s));
  BOOST_TEST(a->answer(2).result.status == status::ok);
  BOOST_TEST(std::none_of(c->worked.begin(), c->worked.end(), [](job_id job) { return is_lent(job); }));
}

BOOST_AUTO_TEST_CASE(a_lender_without_memory_hands_back_and_the_job_is_done_at_home) {
  busy_node town{{.lent_memory_bytes_max = 1000}};
  town.a->work_time_of = [](job_id) { return duration{0}; };
  town.a->submit(town_job(3, long_text(5000), town.now()));
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(town.a->answers(3).empty()); // its own worker is busy still
  BOOST_TEST(town.a->peer("b").attempts_handed_back > 0u);
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(3).empty(); }, 2min));
  BOOST_TEST(town.a->answer(3).result.status == status::ok);
  BOOST_TEST(town.b->worked.empty());
  BOOST_TEST(town.b->lent_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(a_lender_with_no_memory_for_columns_hands_back_too) {
  busy_node town{{.lent_memory_bytes_max = 8000}};
  town.a->work_time_of = [](job_id) { return duration{0}; };
  town.a->submit(town_job(3, long_text(5000), town.now(), all_columns));
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(town.a->peer("b").attempts_handed_back > 0u);
  BOOST_TEST(town.b->worked.size() > 0u);
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(3).empty(); }, 2min));
  BOOST_TEST(town.a->answer(3).result.status == status::ok);
  BOOST_REQUIRE(town.a->answer(3).columns);
  BOOST_TEST(town.b->lent_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_longer_than_a_lender_takes_stays_at_home) {
  busy_node town{{.document_bytes_max = 10'000}};
  town.a->submit(town_job(2, long_text(10'000), town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty(); }, 1s));
  BOOST_TEST(town.b->worked.size() == 1u);
  town.a->submit(town_job(3, long_text(10'001), town.now()));
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(town.a->answers(3).empty());
  BOOST_TEST(town.a->peer("b").attempts_given == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

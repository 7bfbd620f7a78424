// A lender that says what it should not costs itself the link: what it was given is done at home, and rightly.
#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <string>

#include "test/unit/actors/column_jobs.hpp"
#include "test/unit/gateway/stranger.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::hello_of;
using test::house;
using test::stranger;
using test::town_job;

BOOST_AUTO_TEST_SUITE(hostile_lender_test)

namespace {

/// A node that has given job 2 to a hostile lender, as its only worker is busy for two seconds.
struct deceived_node : test::town {
  explicit deceived_node(uint32_t columns = 0, const link_welcome& offer = {.capacity = 4,
                                                                            .document_bytes_max = 1 << 20,
                                                                            .credit = {1, 1 << 20}})
    : text(test::long_text(3000)) {
    publish("x:1", lender.handle());
    lender.heard = [this, offer](const std::string& frame) { hear(frame, offer); };
    a = settle({{.name = "a", .seeds = {"x:1"}}}).front();
    BOOST_REQUIRE((a->peer("x").state == peer_state::active));
    a->work_time_of = [](job_id job) { return job.value == 1 ? duration{2s} : duration{0}; };
    a->submit(town_job(1, "at home", now()));
    run();
    wanted = town_job(2, text, now(), columns);
    a->submit(wanted);
    pass_slowly(10ms);
    BOOST_REQUIRE((order.number == 1u && order.bytes == text.size()));
    right = test::counts_of(text);
  }

  void hear(const std::string& frame, link_welcome offer) {
    const auto decoded = decode_node_frame(frame);
    if (std::holds_alternative<node_hello>(*decoded) && hospitable)
      lender.reply(encode(node_answer{.said = hello_of("x")}));
    if (const auto* const greeting = std::get_if<link_greeting>(&*decoded)) {
      offer.epoch = {greeting->epoch.giver, 9};
      lender.reply(encode(lane_word{offer}));
      hospitable = false; // the next time
    }
    if (const auto* const beat = std::get_if<giver_beat>(&*decoded)) // it is there
      lender.reply(encode(lane_word{lane_beat{.epoch = beat->epoch}}));
    if (const auto* const given = std::get_if<link_order>(&*decoded); given != nullptr && given->number == 1)
      order = *given;
  }

  void say(const std::string& frame) { lender.say(frame); }
  void end_with(const outcome& result, uint64_t number = 1) {
    say(encode(lane_word{link_result{.epoch = order.epoch, .number = number, .job = order.job, .result = result}}));
  }

  void check_that_only_the_link_is_lost() {
    pass_slowly(100ms);
    BOOST_TEST(lender.gone);
    BOOST_TEST((a->peer("x").state == peer_state::down));
    check_that_it_is_done_at_home();
  }
  void check_that_it_is_done_at_home() {
    BOOST_TEST(a->answers(2).empty());
    BOOST_REQUIRE(pass_until([&] { return !a->answers(2).empty(); }, 5s));
    check_the_answer();
  }
  void check_the_answer() {
    pass_slowly(100ms);
    BOOST_TEST(a->answer(2).result == right);
    if (!wanted->order) return;
    BOOST_REQUIRE(a->answer(2).columns);
    BOOST_TEST(test::same_columns(*a->answer(2).columns, *test::answer_in_process(*wanted)));
  }

  /// As a worker would have it.
  [[nodiscard]] column_counts counts() const {
    const auto columns = test::answer_in_process(*wanted);
    return {.tokens = right.token_count,
            .issues = right.issue_count,
            .name_bytes = columns->column(column_id::name_byte).size()};
  }
  [[nodiscard]] std::string columns_text() const {
    std::string bytes;
    const auto columns = test::answer_in_process(*wanted);
    for (const column_bytes& each : columns->columns)
      bytes.append(reinterpret_cast<const char*>(each.bytes.data()), each.bytes.size());
    return bytes;
  }
  void begin_columns(const column_counts& said) { say(encode(columns_begin{order.epoch, 1, said})); }
  void send(uint64_t offset, std::string_view bytes) { say(encode(chunk{order.epoch, 1, offset, false, bytes})); }
  void send_all(const std::string& bytes) {
    for (size_t at = 0; at < bytes.size(); at += 8 << 10) send(at, std::string_view{bytes}.substr(at, 8 << 10));
  }

  std::string text;
  job_ptr wanted;
  outcome right;
  house* a = nullptr;
  bool hospitable = true;
  link_order order;
  stranger lender{*this};
};

} // namespace

BOOST_AUTO_TEST_CASE(one_that_keeps_to_the_rules_is_believed) {
  deceived_node town;
  town.end_with(town.right);
  BOOST_TEST(!town.lender.gone);
  town.check_the_answer();
  deceived_node columns{all_columns};
  columns.begin_columns(columns.counts());
  columns.send_all(columns.columns_text());
  columns.end_with(columns.right);
  BOOST_TEST(!columns.lender.gone);
  columns.check_the_answer();
}

BOOST_AUTO_TEST_CASE(garbage_ends_its_link) {
  for (const std::string& garbage : {std::string{}, std::string(1, '\7'), std::string(20, '\14')}) {
    deceived_node town;
    town.say(garbage);
    town.check_that_only_the_link_is_lost();
  }
}

BOOST_AUTO_TEST_CASE(what_a_giver_says_ends_its_link) {
  const link_epoch any{1000, 9};
  link_order order{.epoch = any, .number = 1};
  for (const std::string& frame :
       {encode(hello_of("x")), encode(giver_word{link_greeting{any}}), encode(giver_word{order}),
        encode(giver_word{link_abandon{any}}), encode(giver_word{giver_beat{any}})}) {
    deceived_node town;
    town.say(frame);
    town.check_that_only_the_link_is_lost();
  }
}

BOOST_AUTO_TEST_CASE(more_taken_than_was_sent_ends_its_link) {
  deceived_node town;
  town.say(encode(bytes_taken{town.order.epoch, town.text.size() + 1}));
  town.check_that_only_the_link_is_lost();
}

BOOST_AUTO_TEST_CASE(counts_that_no_document_so_long_has_end_its_link) {
  for (const bool of_tokens : {false, true}) {
    deceived_node town;
    outcome result = town.right;
    (of_tokens ? result.token_count : result.issue_count) = UINT32_MAX;
    town.end_with(result);
    town.check_that_only_the_link_is_lost();
  }
}

BOOST_AUTO_TEST_CASE(columns_that_cannot_be_end_its_link) {
  for (int which = 0; which < 3; ++which) {
    deceived_node town{all_columns};
    column_counts said = town.counts();
    (which == 0 ? said.tokens : which == 1 ? said.issues : said.name_bytes) = which == 0 ? UINT64_MAX / 4 : 1 << 30;
    town.begin_columns(said);
    town.check_that_only_the_link_is_lost();
  }
}

BOOST_AUTO_TEST_CASE(chunks_that_lie_end_its_link) {
  const auto with = [](const std::function<void(deceived_node&)>& lie) {
    deceived_node town{all_columns};
    town.begin_columns(town.counts());
    town.send(0, "abc");
    lie(town);
    town.check_that_only_the_link_is_lost();
  };
  with([](deceived_node& town) { town.send(0, "abc"); });
  with([](deceived_node& town) { town.send(4, "abc"); });
  with([](deceived_node& town) { town.send(UINT64_MAX, "abc"); });
  with([](deceived_node& town) { town.send(town.columns_text().size(), "a"); });
  with([](deceived_node& town) { town.end_with(town.right); }); // they are not whole
}

BOOST_AUTO_TEST_CASE(chunks_that_nobody_was_told_of_end_its_link) {
  deceived_node without_begin{all_columns};
  without_begin.send(0, "abc");
  without_begin.check_that_only_the_link_is_lost();
  deceived_node without_order;
  without_order.send(0, "abc");
  without_order.check_that_only_the_link_is_lost();
}

BOOST_AUTO_TEST_CASE(more_than_the_window_ends_its_link) {
  deceived_node town;
  for (int i = 0; i < 2; ++i) // of no order, and the first so little that it is not told of yet
    town.say(encode(chunk{town.order.epoch, 77, 0, false, std::string(i == 0 ? 1000 : chunk_bytes_max, 'x')}));
  town.check_that_only_the_link_is_lost();
}

BOOST_AUTO_TEST_CASE(more_columns_than_there_are_end_its_link) {
  deceived_node town{all_columns};
  town.begin_columns(town.counts());
  town.send_all(town.columns_text() + "x");
  town.check_that_only_the_link_is_lost();
}

BOOST_AUTO_TEST_CASE(a_result_whose_counts_are_not_those_of_its_columns_ends_its_link) {
  for (const bool of_tokens : {false, true}) {
    deceived_node town{all_columns};
    town.begin_columns(town.counts());
    town.send_all(town.columns_text());
    outcome result = town.right;
    --(of_tokens ? result.token_count : result.issue_count);
    town.end_with(result);
    town.check_that_only_the_link_is_lost();
  }
}

BOOST_AUTO_TEST_CASE(a_result_without_the_columns_that_were_wanted_ends_its_link) {
  deceived_node town{all_columns};
  town.end_with(town.right);
  town.check_that_only_the_link_is_lost();
}

BOOST_AUTO_TEST_CASE(results_of_unknown_orders_change_nothing) {
  deceived_node town;
  for (const uint64_t number : {uint64_t{0}, uint64_t{2}, uint64_t{64}, UINT64_MAX}) town.end_with(town.right, number);
  town.say(encode(lane_word{
    link_result{.epoch = town.order.epoch, .number = 1, .job = {town.order.job.value + 1}, .result = town.right}}));
  town.say(encode(lane_word{
    link_result{.epoch = {town.order.epoch.giver, 10}, .number = 1, .job = town.order.job, .result = town.right}}));
  BOOST_TEST(!town.lender.gone);
  BOOST_TEST(town.a->answers(2).empty());
  town.end_with(town.right);
  town.end_with({.status = status::worker_lost});
  town.check_the_answer();
}

BOOST_AUTO_TEST_CASE(what_nobody_here_would_say_of_a_job_is_not_told_its_client) {
  for (uint8_t how = 1; how < status_count; ++how) {
    const auto said = static_cast<status>(how);
    if (said == status::worker_lost || said == status::condemned_document) continue; // which may be
    deceived_node town;
    town.end_with({.status = said, .token_count = 77});
    BOOST_TEST(!town.lender.gone);
    town.check_that_it_is_done_at_home();
  }
}

BOOST_AUTO_TEST_CASE(what_may_be_said_is_told_without_numbers) {
  deceived_node town;
  town.end_with({.status = status::condemned_document, .token_count = 77, .issue_count = 8});
  town.pass_slowly(10ms);
  const outcome told = town.a->answer(2).result;
  BOOST_TEST((told.status == status::condemned_document && told.token_count == 0 && told.issue_count == 0));
}

BOOST_AUTO_TEST_CASE(a_huge_capacity_is_no_more_than_can_be_told_of) {
  deceived_node town{0, {.capacity = UINT32_MAX, .document_bytes_max = UINT64_MAX, .credit = {UINT64_MAX, UINT64_MAX}}};
  BOOST_TEST(town.a->peer("x").capacity <= 64u);
  for (uint64_t id = 3; id < 203; ++id) town.a->submit(town_job(id, "x", town.now()));
  town.pass_slowly(1100ms, 10ms);
  BOOST_TEST(town.a->peer("x").attempts_in_flight <= 64u);
}

BOOST_AUTO_TEST_CASE(a_lender_that_takes_nothing_is_given_nothing) {
  test::town town;
  stranger lender{town};
  town.publish("x:1", lender.handle());
  lender.heard = [&](const std::string& frame) {
    const auto decoded = decode_node_frame(frame);
    if (std::holds_alternative<node_hello>(*decoded)) lender.reply(encode(node_answer{.said = hello_of("x")}));
    if (const auto* const greeting = std::get_if<link_greeting>(&*decoded))
      lender.reply(encode(lane_word{link_welcome{.epoch = {greeting->epoch.giver, 9}, .capacity = 0}}));
  };
  house& a = *town.settle({{.name = "a", .seeds = {"x:1"}}}).front();
  a.work_time = 300ms;
  for (uint64_t id = 1; id <= 3; ++id) a.submit(town_job(id, "abc", town.now()));
  BOOST_REQUIRE(town.pass_until([&] { return !a.answers(3).empty(); }, 5s));
  BOOST_TEST(!lender.last<link_order>());
  for (uint64_t id = 1; id <= 3; ++id) BOOST_TEST((a.answer(id).result.status == status::ok));
}

BOOST_AUTO_TEST_CASE(one_that_answers_the_hello_and_then_is_silent_is_given_up) {
  test::town town;
  stranger lender{town};
  town.publish("x:1", lender.handle());
  lender.heard = [&](const std::string& frame) {
    if (std::holds_alternative<node_hello>(*decode_node_frame(frame)))
      lender.reply(encode(node_answer{.said = hello_of("x")}));
  };
  house& a = *town.settle({{.name = "a", .seeds = {"x:1"}}}).front();
  BOOST_TEST((a.peer("x").state == peer_state::joining));
  BOOST_TEST(a.disconnected.empty());
  town.pass_slowly(2s, 10ms);
  BOOST_TEST(a.disconnected.size() == 1u);
}

namespace {

class random_lender {
public:
  explicit random_lender(uint64_t seed) : chance_(seed) {}

  [[nodiscard]] uint64_t up_to(uint64_t most) { return chance_() % (most + 1); }

  std::string frame(const deceived_node& town) {
    std::string made = right_frame(town);
    if (up_to(40) == 0) made[up_to(made.size() - 1)] ^= static_cast<char>(1 << up_to(7));
    return made;
  }

private:
  uint64_t awkward() {
    static constexpr std::array<uint64_t, 12> numbers{0,  1,    2,       3,          63,         64,
                                                      65, 1000, 1 << 20, UINT32_MAX, UINT64_MAX, UINT64_MAX - 63};
    return numbers[up_to(numbers.size() - 1)];
  }

  // Everything but a result that is ok, which would have to be believed.
  std::string right_frame(const deceived_node& town) {
    const link_epoch epoch = town.order.epoch;
    const lane_credit credit{awkward(), awkward()};
    switch (up_to(8)) {
      case 0:
        return encode(lane_word{link_result{.epoch = epoch,
                                            .number = up_to(3),
                                            .job = town.order.job,
                                            .result = {.status = static_cast<status>(1 + up_to(status_count - 2))},
                                            .credit = credit}});
      case 1:
      case 2:
        return encode(
          lane_word{lane_beat{.epoch = epoch, .orders = {.before = awkward(), .after = chance_()}, .credit = credit}});
      case 3: return encode(columns_begin{epoch, up_to(2), {.tokens = up_to(3000), .issues = up_to(10)}});
      case 4:
        return encode(chunk{epoch, up_to(2), up_to(1) * awkward(), up_to(1) == 1, std::string(1 + up_to(9000), 'x')});
      case 5: return encode(bytes_taken{epoch, up_to(3) == 0 ? awkward() : 0});
      case 6: return encode(lane_word{link_welcome{.epoch = epoch, .credit = credit}});
      case 7: return up_to(5) > 0 ? encode(bytes_taken{}) : encode(lane_word{link_leaving{epoch, awkward()}});
      default: return up_to(5) > 0 ? encode(bytes_taken{}) : encode(lane_word{link_stranger{epoch}});
    }
  }

  std::mt19937_64 chance_;
};

} // namespace

BOOST_AUTO_TEST_CASE(random_frames_of_a_lender_cost_its_link_at_most) {
  random_lender random{test::seed()};
  for (int round = 0; round < 20; ++round) {
    deceived_node town{random.up_to(1) == 0 ? 0 : all_columns};
    for (int i = 0; i < 60 && !town.lender.gone; ++i) {
      town.say(random.frame(town));
      if (random.up_to(2) == 0) town.pass_slowly(std::chrono::milliseconds{random.up_to(40)}, 5ms);
    }
    if (!town.lender.gone) town.say("");
    BOOST_REQUIRE(town.pass_until([&] { return !town.a->answers(2).empty(); }, 5s));
    const status how = town.a->answer(2).result.status;
    if (how == status::worker_lost || how == status::condemned_document) continue; // as it was told
    town.check_the_answer();
  }
}

BOOST_AUTO_TEST_SUITE_END()

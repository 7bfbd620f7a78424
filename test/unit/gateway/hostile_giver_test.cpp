// A giver that says what it should not costs itself the link, and nobody else anything.
#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <string>

#include "test/unit/actors/test_jobs.hpp"
#include "test/unit/gateway/busy_node.hpp"
#include "test/unit/gateway/stranger.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::hello_of;
using test::stranger;
using test::town_job;

BOOST_AUTO_TEST_SUITE(hostile_giver_test)

namespace {

/// A node with a giver that is as it should be (`a`), and a hostile one that was let in.
struct besieged_node : test::busy_node {
  besieged_node() {
    hostile.say(encode(hello_of("mallory")), b->gateway);
    BOOST_REQUIRE((hostile.last<node_answer>()->why == node_refusal::none));
    hostile.say(encode(giver_word{link_greeting{{.giver = 7}}}));
    epoch = hostile.last<link_welcome>()->epoch;
    BOOST_REQUIRE(epoch.giver == 7u);
  }

  /// The hostile one's link is over, nothing of it is left, and the other giver's goes on.
  void check_that_only_its_link_is_lost() {
    pass_slowly(100ms);
    BOOST_TEST(hostile.gone);
    check_that_all_goes_on();
  }
  void check_that_all_goes_on() {
    b->work_time = 0ms;
    pass_slowly(1100ms, 10ms);
    BOOST_TEST(b->cluster().lent_attempts_running == 0u);
    BOOST_TEST(b->lent_bytes() == 0u);
    a->submit(town_job(100, "as ever", now()));
    BOOST_REQUIRE(pass_until([&] { return !a->answers(100).empty(); }, 2s));
    BOOST_TEST(a->answer(100).result == test::counts_of("as ever"));
    BOOST_TEST(a->peer("b").connects == 1u);
  }

  [[nodiscard]] link_order order(uint64_t number, uint64_t bytes) const {
    link_order made{.epoch = epoch, .number = number, .job = {number}, .bytes = bytes};
    made.wanted.regime = default_regime_name;
    return made;
  }
  void give(const link_order& order) { hostile.say(encode(giver_word{order})); }
  void send(uint64_t number, uint64_t offset, const std::string& bytes) {
    hostile.say(encode(chunk{epoch, number, offset, false, bytes}));
  }

  stranger hostile{*this};
  link_epoch epoch;
};

} // namespace

BOOST_AUTO_TEST_CASE(one_that_keeps_to_the_rules_is_served) {
  besieged_node town;
  town.give(town.order(1, 6));
  town.send(1, 0, "abc");
  town.send(1, 3, "d{}");
  town.pass_slowly(10ms);
  const auto result = town.hostile.last<link_result>();
  BOOST_REQUIRE(result.has_value());
  BOOST_TEST((result->result.status == status::ok));
  BOOST_TEST(result->result.token_count == test::counts_of("abcd{}").token_count);
  BOOST_TEST(!town.hostile.gone);
}

BOOST_AUTO_TEST_CASE(garbage_ends_its_link) {
  for (const std::string& garbage :
       {std::string{}, std::string(1, '\4'), std::string(1000, '\4'), std::string(1, '\15')}) {
    besieged_node town;
    town.hostile.say(garbage);
    town.check_that_only_its_link_is_lost();
  }
}

BOOST_AUTO_TEST_CASE(garbage_in_place_of_a_hello_is_passed_over) {
  besieged_node town;
  stranger other{town};
  for (const std::string& garbage : {std::string{}, std::string(1000, '\1'), encode(bytes_taken{})})
    other.say(garbage, town.b->gateway);
  BOOST_TEST(other.frames.empty());
  town.check_that_all_goes_on();
}

BOOST_AUTO_TEST_CASE(orders_beyond_what_was_granted_end_its_link) {
  besieged_node town;
  town.b->work_time = 500ms;
  town.give(town.order(1, 0));
  BOOST_TEST(!town.hostile.gone);
  town.give(town.order(2, 0));
  town.check_that_only_its_link_is_lost();
}

BOOST_AUTO_TEST_CASE(an_order_of_one_and_a_half_gib_ends_its_link_and_takes_no_memory) {
  besieged_node town;
  town.give(town.order(1, uint64_t{3} << 29));
  BOOST_TEST(town.b->lent_bytes() == 0u);
  town.check_that_only_its_link_is_lost();
}

BOOST_AUTO_TEST_CASE(an_order_that_is_longer_than_may_be_but_was_granted_is_not_carried_out) {
  besieged_node town;
  for (uint64_t number = 1; number <= 8; ++number) { // so that more is granted than the longest document
    town.give(town.order(number, 1));
    town.send(number, 0, "x");
    town.pass_slowly(1ms);
    town.hostile.say(encode(giver_word{giver_beat{town.epoch, {.before = number + 1}}}));
  }
  town.give(town.order(9, (1 << 20) + 1));
  town.pass_slowly(1ms);
  BOOST_TEST((town.hostile.last<link_result>()->result.status == status::internal_error));
  BOOST_TEST(town.b->lent_bytes() == 0u);
  town.check_that_all_goes_on();
}

BOOST_AUTO_TEST_CASE(chunks_of_no_order_are_taken_as_long_as_they_keep_to_the_window) {
  besieged_node town;
  for (int i = 0; i < 50; ++i) town.hostile.say(encode(chunk{town.epoch, 99, 0, true, std::string(8 << 10, 'x')}));
  BOOST_TEST(!town.hostile.gone);
  BOOST_TEST(town.hostile.last<bytes_taken>()->bytes == 50u * (8 << 10));
  BOOST_TEST(town.b->lent_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(chunks_beyond_the_window_end_its_link) {
  besieged_node town;
  town.hostile.say(encode(chunk{town.epoch, 99, 0, false, std::string(1000, 'x')}));
  town.hostile.say(encode(chunk{town.epoch, 99, 0, false, std::string(chunk_bytes_max, 'x')}));
  town.check_that_only_its_link_is_lost();
}

BOOST_AUTO_TEST_CASE(a_chunk_that_is_longer_than_any_ends_its_link) {
  besieged_node town;
  town.hostile.say(encode(chunk{town.epoch, 99, 0, false, std::string(chunk_bytes_max + 1, 'x')}));
  town.check_that_only_its_link_is_lost();
}

BOOST_AUTO_TEST_CASE(offsets_that_lie_end_its_link) {
  for (const uint64_t offset : {uint64_t{1}, uint64_t{3}, uint64_t{10}, UINT64_MAX, UINT64_MAX - 1}) {
    besieged_node town;
    town.give(town.order(1, 10));
    town.send(1, 0, "ab");
    town.send(1, offset, "cd");
    town.check_that_only_its_link_is_lost();
  }
}

BOOST_AUTO_TEST_CASE(more_bytes_than_the_document_has_end_its_link) {
  besieged_node town;
  town.give(town.order(1, 10));
  town.send(1, 0, "ab");
  town.send(1, 2, "too long by one or more");
  town.check_that_only_its_link_is_lost();
}

BOOST_AUTO_TEST_CASE(an_unknown_regime_is_not_carried_out) {
  besieged_node town;
  link_order order = town.order(1, 1000);
  order.wanted.regime = "no-such";
  town.give(order);
  town.pass_slowly(1ms);
  BOOST_TEST((town.hostile.last<link_result>()->result.status == status::unknown_regime));
  BOOST_TEST(town.b->lent_bytes() == 0u);
  BOOST_TEST(!town.hostile.gone);
  town.check_that_all_goes_on();
}

BOOST_AUTO_TEST_CASE(columns_in_impossible_numbers_cost_no_more_than_there_are) {
  besieged_node town;
  link_order order = town.order(1, 5);
  order.wanted.columns = all_columns;
  order.wanted.issues_told_max = UINT32_MAX;
  town.give(order);
  town.send(1, 0, "\\a{}\377");
  town.pass_slowly(10ms);
  BOOST_TEST(town.hostile.last<columns_begin>().has_value());
  BOOST_TEST((town.hostile.last<link_result>()->result.status == status::ok));
  town.check_that_all_goes_on();
}

BOOST_AUTO_TEST_CASE(hello_twice_ends_its_link) {
  besieged_node town;
  town.hostile.say(encode(hello_of("mallory")));
  town.check_that_only_its_link_is_lost();
}

BOOST_AUTO_TEST_CASE(a_new_life_on_an_old_lane_ends_its_link) {
  besieged_node town;
  town.b->work_time = 500ms;
  town.give(town.order(1, 1));
  town.send(1, 0, "x");
  town.hostile.say(encode(giver_word{link_greeting{{.giver = 8}}}));
  town.check_that_only_its_link_is_lost();
}

BOOST_AUTO_TEST_CASE(what_a_lender_says_ends_its_link) {
  const link_epoch any{7, 1};
  for (const std::string& frame :
       {encode(node_answer{.said = hello_of("x")}), encode(lane_word{link_welcome{any}}),
        encode(lane_word{link_result{any}}), encode(lane_word{lane_beat{any}}), encode(lane_word{link_stranger{any}}),
        encode(lane_word{link_leaving{any}}), encode(columns_begin{any})}) {
    besieged_node town;
    town.hostile.say(frame);
    town.check_that_only_its_link_is_lost();
  }
}

BOOST_AUTO_TEST_CASE(columns_taken_that_were_never_sent_end_its_link) {
  besieged_node town;
  town.hostile.say(encode(bytes_taken{town.epoch, 1}));
  town.check_that_only_its_link_is_lost();
}

BOOST_AUTO_TEST_CASE(one_that_takes_no_columns_has_their_memory_until_it_falls_silent) {
  besieged_node town;
  link_order order = town.order(1, 60'000);
  order.wanted.columns = all_columns;
  town.give(order);
  town.send(1, 0, std::string(60'000, '{'));
  town.pass_slowly(1s, 10ms);
  BOOST_TEST(town.b->lent_bytes() > 0u);
  BOOST_TEST(!town.hostile.last<link_result>());
  town.pass_slowly(3s, 10ms);
  town.check_that_only_its_link_is_lost();
}

BOOST_AUTO_TEST_CASE(one_that_was_let_in_and_says_nothing_is_let_go) {
  besieged_node town;
  stranger silent{town};
  silent.say(encode(hello_of("silent")), town.b->gateway);
  town.pass_slowly(4900ms, 10ms);
  BOOST_TEST(!silent.gone);
  town.pass_slowly(300ms, 10ms);
  BOOST_TEST(silent.gone);
}

namespace {

class random_giver {
public:
  explicit random_giver(uint64_t seed) : chance_(seed) {}

  [[nodiscard]] uint64_t up_to(uint64_t most) { return chance_() % (most + 1); }

  std::string frame(const besieged_node& town) {
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

  std::string right_frame(const besieged_node& town) {
    switch (up_to(7)) {
      case 0:
      case 1: {
        link_order order = town.order(1 + up_to(4), up_to(3) == 0 ? awkward() : up_to(5000));
        order.wanted.columns = static_cast<uint32_t>(chance_()) & all_columns;
        order.wanted.issues_told_max = static_cast<uint32_t>(awkward());
        order.time_left = duration{static_cast<duration::rep>(awkward() / 2)};
        return encode(giver_word{order});
      }
      case 2:
      case 3:
        return encode(
          chunk{town.epoch, 1 + up_to(4), up_to(1) * awkward(), up_to(1) == 1, std::string(1 + up_to(9000), '{')});
      case 4: return encode(giver_word{link_abandon{town.epoch, up_to(4)}});
      case 5: return encode(giver_word{giver_beat{town.epoch, {.before = awkward(), .after = chance_()}}});
      case 6: return encode(bytes_taken{town.epoch, up_to(3) == 0 ? awkward() : 0});
      default: return encode(giver_word{link_greeting{{.giver = 7 + up_to(8) / 8}}});
    }
  }

  std::mt19937_64 chance_;
};

} // namespace

BOOST_AUTO_TEST_CASE(random_frames_of_a_giver_cost_its_link_at_most) {
  random_giver giver{test::seed()};
  for (int round = 0; round < 20; ++round) {
    besieged_node town;
    town.b->work_time = std::chrono::milliseconds{giver.up_to(20)};
    for (int i = 0; i < 60 && !town.hostile.gone; ++i) {
      town.hostile.say(giver.frame(town));
      if (giver.up_to(2) == 0) town.pass_slowly(std::chrono::milliseconds{giver.up_to(40)}, 5ms);
    }
    if (!town.hostile.gone) town.hostile.say("");
    town.check_that_only_its_link_is_lost();
  }
}

BOOST_AUTO_TEST_SUITE_END()

// What nodes say to each other, byte by byte.
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <variant>
#include <vector>

#include "actors/peers/node_frames.hpp"
#include "kernels/regimes.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(node_frames_test)

namespace {

constexpr link_epoch life{.giver = 3, .lane = 1ull << 40};

node_hello a_node() {
  node_hello said{.minor = 7,
                  .rules = ~0ull,
                  .capacity = 4,
                  .document_bytes_max = 8 << 20,
                  .window_bytes = 1 << 20,
                  .draining = true};
  said.id.bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255};
  said.cluster = "texlex";
  said.name = "a-1";
  said.zone = "z";
  said.address = "[::1]:7700";
  said.kernel = "avx512";
  said.build = "0.1.0";
  return said;
}

trace_context a_trace() { return *parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"); }

link_order an_order() {
  return {.epoch = life,
          .number = 9,
          .job = {77},
          .attempt = 2,
          .bytes = 123'456,
          .time_left = duration{5'000'000},
          .wanted = {.regime = "latex",
                     .columns = 3,
                     .view = token_view::source,
                     .unit = position_unit::utf16_units,
                     .issues_told_max = 12,
                     .trace = a_trace()}};
}

/// One of each kind.
std::vector<std::string> all_frames() {
  return {encode(a_node()),
          encode(node_answer{node_refusal::another_rules, a_node()}),
          encode(giver_word{link_greeting{life}}),
          encode(giver_word{an_order()}),
          encode(giver_word{link_abandon{life, 4}}),
          encode(giver_word{giver_beat{life, {5, 6}}}),
          encode(lane_word{link_welcome{life, 4, 1000, {5, 6}}}),
          encode(lane_word{link_result{life, 9, {77}, {status::ok, 5, 6}, {7, 8}}}),
          encode(lane_word{lane_beat{life, {5, 6}, {7, 8}}}),
          encode(lane_word{link_stranger{life}}),
          encode(lane_word{link_leaving{life, 8}}),
          encode(columns_begin{life, 9, {10, 11, 12}}),
          encode(chunk{life, 9, 65536, true, "bytes"}),
          encode(bytes_taken{life, 1'000'000'000'000})};
}

template <class Frame>
Frame decoded(const std::string& bytes) {
  const auto frame = decode_node_frame(bytes);
  BOOST_REQUIRE(frame.has_value());
  BOOST_REQUIRE(std::holds_alternative<Frame>(*frame));
  return std::get<Frame>(*frame);
}

} // namespace

BOOST_AUTO_TEST_CASE(who_a_node_is_arrives_as_it_was_said) {
  BOOST_TEST((decoded<node_hello>(encode(a_node())) == a_node()));
  const auto answer = decoded<node_answer>(encode(node_answer{node_refusal::too_many_peers, a_node()}));
  BOOST_TEST((answer.why == node_refusal::too_many_peers));
  BOOST_TEST((answer.said == a_node()));
}

BOOST_AUTO_TEST_CASE(an_order_arrives_as_it_was_given) {
  const auto order = decoded<link_order>(encode(giver_word{an_order()}));
  BOOST_TEST((order.epoch == life && order.number == 9 && order.job == job_id{77} && order.attempt == 2));
  BOOST_TEST((order.bytes == 123'456 && order.time_left == duration{5'000'000}));
  BOOST_TEST((order.wanted == an_order().wanted));
  link_order unbounded = an_order();
  unbounded.time_left = duration::max();
  BOOST_TEST((decoded<link_order>(encode(giver_word{unbounded})).time_left == duration::max()));
}

BOOST_AUTO_TEST_CASE(the_other_words_arrive_as_they_were_said) {
  BOOST_TEST((decoded<link_greeting>(encode(giver_word{link_greeting{life}})).epoch == life));
  BOOST_TEST(decoded<link_abandon>(encode(giver_word{link_abandon{life, 4}})).number == 4u);
  BOOST_TEST((decoded<giver_beat>(encode(giver_word{giver_beat{life, {5, 6}}})).results == seen_numbers{5, 6}));
  const auto welcome = decoded<link_welcome>(encode(lane_word{link_welcome{life, 4, 1000, {5, 6}}}));
  BOOST_TEST((welcome.capacity == 4 && welcome.document_bytes_max == 1000 && welcome.credit == lane_credit{5, 6}));
  const auto result =
    decoded<link_result>(encode(lane_word{link_result{life, 9, {77}, {status::overload, 5, 6}, {7, 8}}}));
  BOOST_TEST((result.number == 9 && result.job == job_id{77} && result.credit == lane_credit{7, 8}));
  BOOST_TEST((result.result == outcome{status::overload, 5, 6}));
  const auto beat = decoded<lane_beat>(encode(lane_word{lane_beat{life, {5, 6}, {7, 8}}}));
  BOOST_TEST((beat.orders == seen_numbers{5, 6} && beat.credit == lane_credit{7, 8}));
  BOOST_TEST(decoded<link_leaving>(encode(lane_word{link_leaving{life, 8}})).last == 8u);
  const auto columns = decoded<columns_begin>(encode(columns_begin{life, 9, {10, 11, 12}}));
  BOOST_TEST((columns.counts.tokens == 10 && columns.counts.issues == 11 && columns.counts.name_bytes == 12));
  const std::string bytes = encode(chunk{life, 9, 65536, true, "bytes"});
  BOOST_TEST(decoded<chunk>(bytes).bytes == "bytes");
  BOOST_TEST(decoded<chunk>(bytes).offset == 65536u);
  BOOST_TEST(decoded<chunk>(bytes).tell);
  BOOST_TEST(decoded<bytes_taken>(encode(bytes_taken{life, 1'000'000'000'000})).bytes == 1'000'000'000'000u);
}

BOOST_AUTO_TEST_CASE(a_frame_cut_anywhere_is_none) {
  for (const std::string& whole : all_frames())
    for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
      const auto frame = decode_node_frame(std::string_view{whole}.substr(0, bytes));
      if (frame) BOOST_TEST((std::holds_alternative<chunk>(*frame) && bytes > whole.size() - 5)); // a shorter one
    }
}

BOOST_AUTO_TEST_CASE(what_a_newer_minor_version_adds_is_passed_over) {
  for (const std::string& whole : all_frames()) {
    const auto frame = decode_node_frame(whole + "more");
    BOOST_REQUIRE(frame.has_value());
    BOOST_TEST(frame->index() == decode_node_frame(whole)->index());
  }
  BOOST_TEST((std::holds_alternative<unknown_frame>(*decode_node_frame("\xf0 anything"))));
}

BOOST_AUTO_TEST_CASE(of_another_major_version_only_that_it_is_one_is_read) {
  node_hello other = a_node();
  other.major = 2;
  const std::string whole = encode(other);
  BOOST_TEST(decoded<node_hello>(whole.substr(0, 13)).major == 2u);
}

BOOST_AUTO_TEST_CASE(names_that_would_break_a_line_or_a_metric_are_refused) {
  for (const char* name : {"", "a'", "a\"", "a\n", "a\\", "\xc3\xa4"}) {
    node_hello said = a_node();
    said.name = name;
    BOOST_TEST(!decode_node_frame(encode(said)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(columns_views_and_units_that_do_not_exist_are_refused) {
  link_order order = an_order();
  order.wanted.columns = 0x100;
  BOOST_TEST(!decode_node_frame(encode(giver_word{order})).has_value());
  order = an_order();
  order.wanted.view = static_cast<token_view>(2);
  BOOST_TEST(!decode_node_frame(encode(giver_word{order})).has_value());
  order = an_order();
  order.wanted.unit = static_cast<position_unit>(3);
  BOOST_TEST(!decode_node_frame(encode(giver_word{order})).has_value());
  const link_result result{life, 9, {77}, {static_cast<status>(status_count), 5, 6}, {7, 8}};
  BOOST_TEST(!decode_node_frame(encode(lane_word{result})).has_value());
}

BOOST_AUTO_TEST_CASE(a_chunk_is_neither_empty_nor_longer_than_its_bound) {
  BOOST_TEST(!decode_node_frame(encode(chunk{life, 9, 0, false, ""})).has_value());
  const std::string most(chunk_bytes_max, 'x');
  BOOST_TEST(decode_node_frame(encode(chunk{life, 9, 0, false, most})).has_value());
  BOOST_TEST(!decode_node_frame(encode(chunk{life, 9, 0, false, most + "x"})).has_value());
}

BOOST_AUTO_TEST_CASE(frames_with_any_bytes_changed_are_read_or_refused_and_nothing_else) {
  std::mt19937_64 random{test::seed()};
  const auto frames = all_frames();
  for (int round = 0; round < 20'000; ++round) {
    std::string frame = frames[random() % frames.size()];
    for (uint64_t changes = 1 + random() % 4; changes > 0; --changes)
      frame[random() % frame.size()] = static_cast<char>(random());
    if (random() % 4 == 0) frame.resize(random() % (frame.size() + 1));
    (void)decode_node_frame(frame); // the sanitizers look
  }
}

BOOST_AUTO_TEST_CASE(who_may_work_together) {
  const node_hello lender = [] {
    node_hello said = a_node();
    said.draining = false;
    return said;
  }();
  node_hello giver = lender;
  BOOST_TEST((refusal_of(giver, lender) == node_refusal::itself));
  giver.id.bytes[0] = 99;
  BOOST_TEST((refusal_of(giver, lender) == node_refusal::none));
  giver.minor = 99;
  BOOST_TEST((refusal_of(giver, lender) == node_refusal::none));
  giver.rules = 1;
  BOOST_TEST((refusal_of(giver, lender) == node_refusal::another_rules));
  giver.cluster = "other";
  BOOST_TEST((refusal_of(giver, lender) == node_refusal::another_cluster));
  giver.major = 2;
  BOOST_TEST((refusal_of(giver, lender) == node_refusal::another_version));
  giver = lender;
  giver.id.bytes[0] = 99;
  node_hello leaving = lender;
  leaving.draining = true;
  BOOST_TEST((refusal_of(giver, leaving) == node_refusal::leaving));
}

BOOST_AUTO_TEST_CASE(the_rules_of_this_build_have_one_hash) {
  BOOST_TEST((rules_hash() == rules_hash() && rules_hash() != 0));
}

BOOST_AUTO_TEST_SUITE_END()

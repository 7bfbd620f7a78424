// Long texts in chunks: whose turn it is, and how much may be under way.
#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "actors/peers/chunk_flow.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(chunk_flow_test)

namespace {

constexpr instant now{1h};

std::string all_of(chunk_sender& sender, instant at = now) {
  std::string told;
  while (const auto part = sender.next(at))
    told += std::to_string(part->number) + "+" + std::to_string(part->offset) + ":" + std::to_string(part->bytes)
            + (part->last ? "." : "") + (part->tell ? "! " : " ");
  return told;
}

} // namespace

BOOST_AUTO_TEST_CASE(texts_take_turns_chunk_by_chunk) {
  chunk_sender sender{1000, 10};
  sender.begin(1, 25);
  sender.begin(2, 10);
  BOOST_TEST(all_of(sender) == "1+0:10 2+0:10.! 1+10:10 1+20:5. ");
  BOOST_TEST(sender.idle());
}

BOOST_AUTO_TEST_CASE(no_more_is_under_way_than_the_window_and_what_is_taken_makes_room) {
  chunk_sender sender{20, 10};
  sender.begin(1, 45);
  BOOST_TEST(all_of(sender) == "1+0:10! 1+10:10! ");
  BOOST_TEST(sender.taken(9, now));
  BOOST_TEST(all_of(sender) == "");
  BOOST_TEST(sender.taken(10, now));
  BOOST_TEST(sender.taken(4, now)); // one that was told before, and came late
  BOOST_TEST(all_of(sender) == "1+20:10! ");
  BOOST_TEST(sender.under_way() == 20u);
}

BOOST_AUTO_TEST_CASE(who_has_taken_more_than_there_was_lies) {
  chunk_sender sender{20, 10};
  sender.begin(1, 10);
  all_of(sender);
  BOOST_TEST(!sender.taken(11, now));
}

BOOST_AUTO_TEST_CASE(a_text_that_nobody_wants_any_more_sends_nothing_and_the_others_go_on) {
  chunk_sender sender{1000, 10};
  sender.begin(1, 25);
  sender.begin(2, 20);
  (void)sender.next(now);
  sender.drop(1);
  BOOST_TEST(all_of(sender) == "2+0:10! 2+10:10. ");
}

BOOST_AUTO_TEST_CASE(who_sends_beyond_the_window_is_found_out) {
  chunk_receiver receiver{100};
  BOOST_TEST(receiver.came(60));
  BOOST_TEST(receiver.tell() == 60u);
  BOOST_TEST(receiver.came(100));
  BOOST_TEST(!receiver.came(1));
}

BOOST_AUTO_TEST_CASE(the_window_grows_by_a_chunk_at_a_time_while_it_is_what_limits) {
  chunk_sender sender{200, 10};
  sender.begin(1, 100'000);
  uint64_t sent = 0;
  for (uint64_t window = 80; window < 200; window += 10) {
    BOOST_TEST(sender.window_bytes() == window);
    all_of(sender);
    sent += sender.under_way();
    BOOST_TEST(sender.taken(sent, now + 1ms));
  }
  all_of(sender);
  BOOST_TEST(sender.window_bytes() == 200u);
}

BOOST_AUTO_TEST_CASE(where_nothing_waits_for_it_the_window_stays) {
  chunk_sender sender{200, 10};
  for (uint64_t number = 1; number <= 10; ++number) {
    sender.begin(number, 30);
    all_of(sender);
    BOOST_TEST(sender.taken(30 * number, now));
  }
  BOOST_TEST(sender.window_bytes() == 80u);
}

BOOST_AUTO_TEST_CASE(a_slow_way_halves_the_window_once_for_what_was_under_way_and_never_below_two_chunks) {
  chunk_sender sender{200, 10, 100ms};
  sender.begin(1, 100'000);
  all_of(sender);
  BOOST_TEST(sender.taken(20, now + 101ms));
  BOOST_TEST(sender.window_bytes() == 40u);
  BOOST_TEST(sender.taken(80, now + 200ms)); // all of it was sent before that
  BOOST_TEST(sender.window_bytes() == 40u);
  uint64_t sent = 80;
  for (instant at = now + 1s; at < now + 10s; at += 1s) {
    all_of(sender, at);
    sent += sender.under_way();
    BOOST_TEST(sender.taken(sent, at + 500ms));
  }
  BOOST_TEST(sender.window_bytes() == 20u);
}

// The way takes its time a byte, so that what is under way waits for what is before it.
BOOST_AUTO_TEST_CASE(on_a_narrow_way_what_is_sent_is_there_within_about_the_bound_once_the_window_has_found_its_size) {
  chunk_sender sender{4 << 20, 64 << 10, 100ms};
  chunk_receiver receiver{4 << 20};
  sender.begin(1, 100 << 20);
  instant at = now, free = now;
  std::deque<std::pair<instant, uint64_t>> told; // when it comes back
  duration longest{0};
  while (!sender.idle() && at < now + 60s) {
    for (; !told.empty() && told.front().first <= at; told.pop_front())
      BOOST_REQUIRE(sender.taken(told.front().second, at));
    while (const auto part = sender.next(at)) {
      free = std::max(free, at) + part->bytes * 1us; // 1 MB/s
      BOOST_REQUIRE(receiver.came(part->bytes));
      if (part->tell) told.emplace_back(free + 1ms, receiver.tell());
      if (at > now + 5s) longest = std::max<duration>(longest, free - at);
    }
    at += 1ms;
  }
  BOOST_TEST((longest < 250ms));
  BOOST_TEST((longest > 0ms));
}

BOOST_AUTO_TEST_CASE(whatever_the_sizes_and_the_way_each_byte_comes_once_in_order_and_it_never_stands_still) {
  BOOST_TEST(rc::check([] {
    const auto chunk_bytes = *rc::gen::inRange<uint64_t>(1, 64);
    const auto window = *rc::gen::inRange<uint64_t>(chunk_bytes, 40 * chunk_bytes + 1);
    const auto sizes = *rc::gen::container<std::vector<uint64_t>>(rc::gen::inRange<uint64_t>(1, 5000));
    const auto delays = *rc::gen::container<std::vector<int>>(16, rc::gen::inRange(0, 300));
    chunk_sender sender{window, chunk_bytes};
    chunk_receiver receiver{window};
    std::map<uint64_t, uint64_t> came;
    for (size_t i = 0; i < sizes.size(); ++i) sender.begin(i, sizes[i]);
    instant at = now;
    for (size_t turn = 0; !sender.idle(); ++turn) {
      std::vector<uint64_t> told;
      size_t parts = 0;
      for (; const auto part = sender.next(at); ++parts) {
        RC_ASSERT(came[part->number] == part->offset);
        came[part->number] += part->bytes;
        RC_ASSERT(receiver.came(part->bytes));
        if (part->tell) told.push_back(receiver.tell());
      }
      RC_ASSERT(parts > 0u);
      at += std::chrono::milliseconds{delays[turn % delays.size()]};
      for (const uint64_t bytes : told) RC_ASSERT(sender.taken(bytes, at));
    }
    for (size_t i = 0; i < sizes.size(); ++i) RC_ASSERT(came[i] == sizes[i]);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

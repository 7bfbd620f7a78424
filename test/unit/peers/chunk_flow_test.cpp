// Long texts in chunks: whose turn it is, and how much may be under way.
#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <map>
#include <string>

#include "actors/peers/chunk_flow.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(chunk_flow_test)

namespace {

std::string all_of(chunk_sender& sender) {
  std::string told;
  while (const auto part = sender.next())
    told += std::to_string(part->number) + "+" + std::to_string(part->offset) + ":" + std::to_string(part->bytes)
            + (part->last ? ". " : " ");
  return told;
}

} // namespace

BOOST_AUTO_TEST_CASE(texts_take_turns_chunk_by_chunk) {
  chunk_sender sender{1000, 10};
  sender.begin(1, 25);
  sender.begin(2, 10);
  BOOST_TEST(all_of(sender) == "1+0:10 2+0:10. 1+10:10 1+20:5. ");
  BOOST_TEST(sender.idle());
}

BOOST_AUTO_TEST_CASE(no_more_is_under_way_than_the_window_and_what_is_taken_makes_room) {
  chunk_sender sender{20, 10};
  sender.begin(1, 45);
  BOOST_TEST(all_of(sender) == "1+0:10 1+10:10 ");
  BOOST_TEST(sender.taken(9));
  BOOST_TEST(all_of(sender) == "");
  BOOST_TEST(sender.taken(10));
  BOOST_TEST(sender.taken(4)); // one that was told before, and came late
  BOOST_TEST(all_of(sender) == "1+20:10 ");
  BOOST_TEST(sender.under_way() == 20u);
}

BOOST_AUTO_TEST_CASE(who_has_taken_more_than_there_was_lies) {
  chunk_sender sender{20, 10};
  sender.begin(1, 10);
  all_of(sender);
  BOOST_TEST(!sender.taken(11));
}

BOOST_AUTO_TEST_CASE(a_text_that_nobody_wants_any_more_sends_nothing_and_the_others_go_on) {
  chunk_sender sender{1000, 10};
  sender.begin(1, 25);
  sender.begin(2, 20);
  (void)sender.next();
  sender.drop(1);
  BOOST_TEST(all_of(sender) == "2+0:10 2+10:10. ");
}

BOOST_AUTO_TEST_CASE(who_sends_beyond_the_window_is_found_out) {
  chunk_receiver receiver{100};
  BOOST_TEST(receiver.came(60));
  BOOST_TEST((receiver.due() == 60u));
  BOOST_TEST(receiver.came(100));
  BOOST_TEST(!receiver.came(1));
}

BOOST_AUTO_TEST_CASE(what_came_is_told_once_it_is_an_eighth_of_the_window) {
  chunk_receiver receiver{80};
  BOOST_TEST(receiver.came(9));
  BOOST_TEST(!receiver.due().has_value());
  BOOST_TEST(receiver.came(1));
  BOOST_TEST((receiver.due() == 10u));
  BOOST_TEST(!receiver.due().has_value());
}

BOOST_AUTO_TEST_CASE(whatever_the_sizes_each_byte_comes_once_in_order_and_it_never_stands_still) {
  BOOST_TEST(rc::check([] {
    const auto chunk_bytes = *rc::gen::inRange<uint64_t>(1, 64);
    const auto window = *rc::gen::inRange<uint64_t>(chunk_bytes, 8 * chunk_bytes + 1);
    const auto sizes = *rc::gen::container<std::vector<uint64_t>>(rc::gen::inRange<uint64_t>(1, 500));
    chunk_sender sender{window, chunk_bytes};
    chunk_receiver receiver{window};
    std::map<uint64_t, uint64_t> came;
    for (size_t i = 0; i < sizes.size(); ++i) sender.begin(i, sizes[i]);
    while (!sender.idle()) {
      const auto part = sender.next();
      RC_ASSERT(part.has_value());
      RC_ASSERT(came[part->number] == part->offset);
      came[part->number] += part->bytes;
      RC_ASSERT(receiver.came(part->bytes));
      if (const auto told = receiver.due()) RC_ASSERT(sender.taken(*told));
    }
    for (size_t i = 0; i < sizes.size(); ++i) RC_ASSERT(came[i] == sizes[i]);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

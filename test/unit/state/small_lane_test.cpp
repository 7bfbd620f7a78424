// A lane for small documents only, beside those for all: who goes there, and what it does not stand for.
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

#include "actors/state/dispatcher.hpp"
#include "test/unit/state/dispatch_diary.hpp"
#include "test/unit/state/jobs.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counted;
using test::diary;

BOOST_AUTO_TEST_SUITE(small_lane_test)

namespace {

constexpr lane_id one{1}, small{2};
constexpr uint64_t small_bytes_max = 100;

// Lane 1 takes all documents, one at a time; lane 2 only short ones, three at a time.
struct desk {
  diary said;
  dispatcher broker;
  instant now{12h};
  std::string text = std::string(1000, 'a');

  desk() : broker(options(), said) { broker.at(now).lane_joined(small, {3, small_bytes_max, 30us}); }
  ~desk() { broker.check_invariants(); }

  static dispatch_options options() {
    dispatch_options all;
    all.hedge = hedge_options::fixed(10ms);
    return all;
  }

  void submit(uint64_t id, size_t bytes, request_priority priority = request_priority::normal) {
    auto made = std::make_shared<job>();
    made->id = {id};
    made->client = id;
    made->priority = priority;
    made->document = {reinterpret_cast<const uint8_t*>(text.data()), bytes};
    broker.at(now).submit(made);
  }
};

struct desk_with_both : desk {
  desk_with_both() { broker.at(now).lane_joined(one); }
};

// Lane 3, instead of 2, takes a longer one too, if that is alone.
struct desk_that_takes_one_alone : desk_with_both {
  static constexpr uint64_t alone_bytes_max = 900;
  desk_that_takes_one_alone() {
    broker.at(now).lane_left(small, death::outside);
    broker.at(now).lane_joined({3}, {3, small_bytes_max, 30us, duration::max(), alone_bytes_max, 1ms});
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_small_document_goes_there_although_other_lanes_are_idle, desk_with_both) {
  submit(1, small_bytes_max);
  BOOST_TEST(said.read() == "run 1 at 2, arm 1");
  broker.at(now).finished(small, {1}, counted(3));
  BOOST_TEST(said.read() == "disarm 1, answer 1 ok by primary");
}

BOOST_FIXTURE_TEST_CASE(a_longer_one_does_not_and_waits_for_another_lane, desk_with_both) {
  submit(1, small_bytes_max + 1);
  submit(2, small_bytes_max + 1);
  BOOST_TEST(said.read() == "run 1 at 1, arm 1");
  BOOST_TEST(broker.waiting().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(background_work_goes_there_unless_somebody_waits, desk_with_both) {
  submit(1, small_bytes_max, request_priority::background);
  BOOST_TEST(said.read() == "run 1 at 2, arm 1");
  submit(2, small_bytes_max + 1);
  submit(3, small_bytes_max + 1);
  said.read();
  submit(4, small_bytes_max, request_priority::background);
  BOOST_TEST(said.read() == "");
  broker.at(now).finished(one, {2}, counted(3));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary, run 3 at 1, arm 3");
  broker.at(now).finished(one, {3}, counted(3));
  BOOST_TEST(said.read() == "disarm 3, answer 3 ok by primary, run 4 at 1, arm 4");
}

BOOST_FIXTURE_TEST_CASE(a_longer_one_goes_there_while_nothing_else_is_in_flight, desk_that_takes_one_alone) {
  submit(1, alone_bytes_max);
  BOOST_TEST(said.read() == "run 1 at 3, arm 1");
  submit(2, small_bytes_max); // is not kept waiting for it
  submit(3, alone_bytes_max);
  submit(4, alone_bytes_max);
  BOOST_TEST(said.read() == "run 2 at 3, arm 2, run 3 at 1, arm 3");
  BOOST_TEST(broker.waiting().size() == 1u);
  for (const auto& [lane, id] : {std::pair{lane_id{3}, 1}, {lane_id{3}, 2}, {one, 3}, {one, 4}})
    broker.at(now += 1ms).finished(lane, {static_cast<uint64_t>(id)}, counted(3), {.took = 100us});
  said.read();
  submit(5, alone_bytes_max);
  BOOST_TEST(said.read() == "run 5 at 3, arm 5");
}

BOOST_FIXTURE_TEST_CASE(but_none_that_is_too_long_even_for_that, desk_that_takes_one_alone) {
  submit(1, alone_bytes_max + 1);
  BOOST_TEST(said.read() == "run 1 at 1, arm 1");
}

BOOST_FIXTURE_TEST_CASE(and_none_that_is_expected_to_take_too_long, desk_that_takes_one_alone) {
  for (uint64_t id = 1; id <= 40; ++id) { // what such documents take is learned
    submit(id, alone_bytes_max);
    const lane_id ran{said.read().find("at 3") != std::string::npos ? lane_id{3} : one};
    broker.at(now += 1ms).finished(ran, {id}, counted(3), {.took = 9ms});
    said.read();
  }
  submit(100, alone_bytes_max);
  BOOST_TEST(said.read() == "run 100 at 1, arm 100");
}

BOOST_FIXTURE_TEST_CASE(a_late_one_that_was_alone_is_copied_to_another_lane, desk_that_takes_one_alone) {
  submit(1, alone_bytes_max);
  said.read();
  BOOST_TEST((broker.at(now += 10ms).overdue({1}) == hedge_verdict::send_copy));
  BOOST_TEST(said.read() == "run 1 at 1");
}

BOOST_FIXTURE_TEST_CASE(one_that_is_expected_to_take_long_does_not, desk_with_both) {
  text = std::string(1000, '\xff');       // each byte an issue
  for (uint64_t id = 1; id <= 40; ++id) { // what such documents take is learned
    submit(id, small_bytes_max);
    const lane_id ran{said.read().find("at 2") != std::string::npos ? small : one};
    broker.at(now += 1ms).finished(ran, {id}, counted(3), {.took = 900us});
    said.read();
  }
  submit(100, small_bytes_max);
  BOOST_TEST(said.read() == "run 100 at 1, arm 100");
}

BOOST_FIXTURE_TEST_CASE(one_whose_lane_lost_its_core_tells_nothing_of_its_document, desk_with_both) {
  for (uint64_t id = 1; id <= 40; ++id) {
    submit(id, small_bytes_max);
    BOOST_TEST(said.read().find("at 2") != std::string::npos);
    broker.at(now += 1ms).finished(small, {id}, counted(3), {.took = 900us, .interrupted = true});
    said.read();
  }
}

BOOST_FIXTURE_TEST_CASE(with_no_room_there_small_documents_go_where_all_go, desk_with_both) {
  for (uint64_t id = 1; id <= 5; ++id) submit(id, 1);
  BOOST_TEST(said.read() == "run 1 at 2, arm 1, run 2 at 2, arm 2, run 3 at 2, arm 3, run 4 at 1, arm 4");
  BOOST_TEST(broker.waiting().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(it_has_no_more_at_one_time_than_keeps_it_busy_for_so_long, desk_with_both) {
  broker.at(now).lane_left(small, death::outside);
  broker.at(now).lane_joined({3}, {100, small_bytes_max, 30us, 1us});
  submit(1, 1); // whatever it takes
  submit(2, 1);
  BOOST_TEST(said.read() == "run 1 at 3, arm 1, run 2 at 1, arm 2");
}

BOOST_FIXTURE_TEST_CASE(a_late_one_is_copied_to_another_lane, desk_with_both) {
  submit(1, 1);
  said.read();
  BOOST_TEST((broker.at(now += 10ms).overdue({1}) == hedge_verdict::send_copy));
  BOOST_TEST(said.read() == "run 1 at 1");
  broker.at(now).finished(one, {1}, counted(3));
  BOOST_TEST(said.read() == "answer 1 ok by hedge");
}

BOOST_FIXTURE_TEST_CASE(it_does_not_stand_for_lanes_that_take_all, desk) {
  submit(1, small_bytes_max + 1);
  BOOST_TEST(said.read() == "");
  broker.at(now).unstaffed();
  BOOST_TEST(said.read() == "answer 1 no-worker");
  submit(2, 1);
  BOOST_TEST(said.read() == "run 2 at 2, arm 2");
}

BOOST_FIXTURE_TEST_CASE(when_it_dies_only_the_attempt_it_was_at_is_to_blame, desk_with_both) {
  for (uint64_t id = 1; id <= 3; ++id) submit(id, 1);
  said.read();
  broker.at(now).lane_left(small, death::crash);
  BOOST_TEST(said.read() == "run 1 at 1");
  broker.at(now).lane_left(one, death::crash); // and again: now it is the document's fault
  BOOST_TEST(said.read() == "disarm 1, answer 1 worker-lost");
  broker.at(now).lane_joined({3});
  BOOST_TEST(said.read() == "run 2 at 3");
  broker.at(now).finished({3}, {2}, counted(3));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary, run 3 at 3");
}

BOOST_FIXTURE_TEST_CASE(while_it_cools_small_documents_go_elsewhere_and_it_drains, desk_with_both) {
  submit(1, 1);
  said.read();
  broker.at(now).lane_cooling(small);
  submit(2, 1);
  BOOST_TEST(said.read() == "run 2 at 1, arm 2");
  broker.at(now).finished(small, {1}, counted(3));
  BOOST_TEST(said.read() == "disarm 1, answer 1 ok by primary, drained 2");
}

BOOST_FIXTURE_TEST_CASE(nobody_watches_it_for_attempts_that_hang, desk_with_both) {
  submit(1, 1);
  said.read();
  for (int second = 0; second < 100; ++second) broker.at(now += 1s).tick();
  BOOST_TEST(said.read() == "");
}

BOOST_AUTO_TEST_SUITE_END()

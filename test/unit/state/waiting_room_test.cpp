// Who is let wait, who is refused and who makes room.
#include <boost/test/unit_test.hpp>

#include <vector>

#include "actors/state/waiting_room.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(waiting_room_test)

namespace {

// A lane that takes 2 ms for each document, and clients that send what they like.
struct busy_room {
  waiting_room room;
  instant now{1h};
  std::vector<job_id> pushed_out;
  std::vector<expired_job> expired;

  explicit busy_room(const fair_queue_options& queue = {}, const client_standing_options& clients = {})
    : room({.queue = queue, .control = queue_control_options{}, .clients = clients}) {
    room.lanes(2);
  }
  ~busy_room() { room.check_invariants(); }

  bool comes(uint64_t client, uint64_t id, duration expected = 2ms,
             request_priority priority = request_priority::normal) {
    job made;
    made.id = {id};
    made.client = client;
    made.priority = priority;
    pushed_out.clear();
    room.comes(client, now);
    return room.admit(made, expected, now, pushed_out);
  }
  /// Clients 1, 2, ... have a request that runs, and are patient no longer with their next.
  void run_one_each(uint64_t clients) {
    for (uint64_t client = 1; client <= clients; ++client) {
      BOOST_REQUIRE(comes(client, client));
      BOOST_REQUIRE((room.next(0, now) == job_id{client}));
    }
  }
  void look() {
    expired.clear();
    room.look(now, expired);
  }
  /// Client 99 sends more than can be done for as long as it takes.
  void overload() {
    for (uint64_t id = 1000; !room.overloaded(); ++id) {
      comes(99, id);
      if (id % 2 == 0 && room.next(0, now)) {
        room.started(2ms, now);
        room.ended(99, {}, 2ms, 2ms, true, true);
      }
      now += 1ms;
      look();
    }
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_client_with_one_request_waits_beyond_the_interval, busy_room) {
  BOOST_TEST(comes(1, 1));
  now += 150ms;
  look();
  BOOST_TEST(expired.empty());
  BOOST_TEST(!room.overloaded());
}

BOOST_FIXTURE_TEST_CASE(what_a_client_sends_ahead_waits_the_interval, busy_room) {
  BOOST_TEST(comes(1, 1));
  BOOST_TEST(comes(1, 2));
  now += 101ms;
  look();
  BOOST_TEST(expired.size() == 1u);
  BOOST_TEST((expired[0].job == job_id{2}));
}

BOOST_FIXTURE_TEST_CASE(a_client_with_one_request_is_let_in_whatever_the_overload, busy_room) {
  overload();
  BOOST_TEST(comes(1, 1));
  BOOST_TEST(comes(2, 2, 35ms));
}

BOOST_FIXTURE_TEST_CASE(in_overload_whoever_has_nothing_waiting_may_have_a_request_although_another_of_it_runs,
                        busy_room) {
  run_one_each(1);
  overload();
  BOOST_TEST(comes(1, 11));
  BOOST_TEST(pushed_out.empty());
}

BOOST_FIXTURE_TEST_CASE(where_several_wait_and_the_room_is_taken_the_greediest_makes_room_unless_it_has_less,
                        busy_room) {
  run_one_each(4);
  overload(); // client 99's queue
  BOOST_TEST(comes(1, 11));
  BOOST_TEST(comes(2, 12));
  BOOST_TEST(pushed_out.empty());
  BOOST_TEST(comes(3, 13));
  BOOST_TEST(pushed_out.size() == 1u);
  BOOST_TEST(pushed_out[0].value >= 1000u); // one of client 99's
  BOOST_TEST(!comes(4, 14, 10s));
  BOOST_TEST(pushed_out.empty());
}

BOOST_FIXTURE_TEST_CASE(where_several_have_little_waiting_a_newcomer_pushes_nobody_out, busy_room) {
  run_one_each(4);
  overload();
  while (room.next(0, now)) room.started(2ms, now);
  for (uint64_t client = 1; client <= 4; ++client) {
    BOOST_TEST(comes(client, 10 + client, 10us));
    BOOST_TEST(pushed_out.empty());
  }
  BOOST_TEST(room.overloaded());
}

// Four times what a client with one request is owed, which in a crowd is nothing.
BOOST_AUTO_TEST_CASE(patient_clients_turns_count_as_a_natural_wait_but_not_a_crowds) {
  for (const uint64_t clients : {1u, 2u}) {
    busy_room busy{{}, {.patient_max = 1}};
    for (uint64_t client = 1; client <= clients; ++client) BOOST_TEST(busy.comes(client, client, 100ms));
    busy.look();
    const duration waited_max = busy.room.pressure(busy.now).waited_max;
    if (clients == 1) BOOST_TEST((waited_max >= 200ms && waited_max < 201ms));
    if (clients == 2) BOOST_TEST((waited_max == 10ms)); // twice the target that is configured
  }
}

BOOST_FIXTURE_TEST_CASE(in_overload_there_is_no_room_for_background_work_but_a_patient_clients, busy_room) {
  BOOST_TEST(comes(98, 1, 2ms, request_priority::background));
  BOOST_TEST(comes(98, 2, 2ms, request_priority::background)); // it sends ahead
  overload();
  BOOST_TEST(!comes(98, 3, 2ms, request_priority::background));
  BOOST_TEST(comes(1, 4, 2ms, request_priority::background));
}

BOOST_FIXTURE_TEST_CASE(background_work_that_waits_long_is_no_overload, busy_room) {
  for (uint64_t id = 1; id <= 40; ++id) {
    comes(98, 2 * id, 2ms, request_priority::background);
    comes(97, 2 * id + 1, 2ms);
    comes(96, 100 + id, 2ms);
    for (int lane = 0; lane < 2; ++lane)
      if (room.next(0, now)) {
        room.started(2ms, now);
        room.ended(97, {}, 2ms, 2ms, true, true);
      }
    now += 8ms;
    look();
  }
  BOOST_TEST(!room.overloaded());
}

BOOST_FIXTURE_TEST_CASE(while_all_is_calm_everybody_is_read_and_in_overload_who_has_its_share_is_not, busy_room) {
  const queue_pressure calm = room.pressure(now);
  BOOST_TEST(calm.in_flight_a_client_max == queue_pressure::no_limit);
  BOOST_TEST((calm.waited_max >= 10ms)); // twice the target
  BOOST_TEST((calm.waited_max < 1s));
  BOOST_TEST(calm.retry_after_ms >= 10u); // for what has waited longer than that
  overload();
  const queue_pressure pressure = room.pressure(now);
  BOOST_TEST(pressure.in_flight_a_client_max >= 1u); // who has nothing here is read
  BOOST_TEST(pressure.in_flight_a_client_max <= 10u);
  BOOST_TEST(pressure.retry_after_ms >= 10u);
}

BOOST_AUTO_TEST_CASE(where_the_queue_is_full_the_greediest_makes_room_and_not_the_newcomer) {
  busy_room busy{{.count_max = 4}};
  for (uint64_t id = 1; id <= 4; ++id) BOOST_TEST(busy.comes(1, id));
  BOOST_TEST(busy.comes(2, 5));
  BOOST_TEST(busy.pushed_out.size() == 1u);
  BOOST_TEST((busy.pushed_out[0] == job_id{4}));
  BOOST_TEST(!busy.comes(1, 6)); // nobody is greedier than itself
}

BOOST_FIXTURE_TEST_CASE(of_two_lanes_one_is_kept_from_lengthy_documents_while_others_come, busy_room) {
  BOOST_TEST(comes(1, 1, 35ms));
  BOOST_TEST(comes(2, 2, 35ms));
  BOOST_TEST(comes(3, 3, 10us));
  BOOST_TEST((room.next(1, now) == job_id{3})); // the one that is kept
  BOOST_TEST(!room.next(1, now));
  BOOST_TEST(!room.may_start(35ms, 1, now));
  now += 100ms;
  BOOST_TEST(room.next(1, now).has_value()); // nobody else came
}

BOOST_FIXTURE_TEST_CASE(it_is_kept_from_when_the_other_was_served_for_as_long_as_one_of_the_longest_takes, busy_room) {
  for (int i = 0; i < 20; ++i) room.ended(1, {}, 2s, 2s, true, true);
  BOOST_TEST(comes(3, 3, 10us));
  now += 2s; // both lanes were taken for so long
  BOOST_TEST((room.next(1, now) == job_id{3}));
  room.started(10us, now);
  BOOST_TEST(comes(1, 1, 2s));
  now += 1900ms;
  BOOST_TEST(!room.next(1, now));
  now += 200ms;
  BOOST_TEST(room.next(1, now).has_value());
}

BOOST_AUTO_TEST_CASE(where_nobody_waits_nobody_is_next) {
  busy_room r;
  BOOST_TEST(!r.room.next(0, r.now).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

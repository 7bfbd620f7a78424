// Actors on a loop of somebody else's: they run on its thread while it runs, and on the scheduler once it has ended.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include "actors/loop_unit.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(loop_unit_test)

namespace {

constexpr auto patience = std::chrono::seconds{60}; // only a failure takes that long

// Counts what it hears, and what it hears on the thread it is meant to run on.
struct ear_notes {
  std::atomic<std::thread::id> home{};
  std::atomic<int> at_home = 0, elsewhere = 0;
  std::promise<void> all_heard;
  int wanted = 0;
};

class ear final : public on_loop<caf::event_based_actor> {
public:
  ear(caf::actor_config& config, loop_unit* unit, ear_notes* notes) : on_loop(config, unit), notes_(notes) {}

protected:
  caf::behavior make_behavior() override {
    return {[this](int) {
      const bool home = std::this_thread::get_id() == notes_->home.load();
      ++(home ? notes_->at_home : notes_->elsewhere);
      if (notes_->at_home + notes_->elsewhere == notes_->wanted) notes_->all_heard.set_value();
    }};
  }

private:
  ear_notes* notes_;
};

struct system_and_loop {
  caf::actor_system_config config;
  caf::actor_system system{config};
  loop_unit unit{system};
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::thread loop;

  void attach() {
    unit.attach([this] { boost::asio::post(io, [this] { unit.run(now()); }); });
  }
  void start(ear_notes& notes) {
    loop = std::thread{[this, &notes] {
      notes.home = std::this_thread::get_id();
      io.run();
    }};
    while (notes.home.load() == std::thread::id{}) std::this_thread::yield();
  }
  void end_loop() {
    io.stop();
    if (loop.joinable()) loop.join();
    unit.detach();
  }
  ~system_and_loop() { end_loop(); }

  caf::actor spawn(ear_notes& notes) { return system.spawn<ear, caf::lazy_init>(&unit, &notes); }
};

bool heard_all(ear_notes& notes) {
  return notes.all_heard.get_future().wait_for(patience) == std::future_status::ready;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(messages_from_any_thread_are_handled_on_the_loops, system_and_loop) {
  constexpr int threads = 4, each = 5000;
  ear_notes notes;
  notes.wanted = threads * each;
  attach();
  start(notes);
  const caf::actor actor = spawn(notes);
  {
    std::vector<std::jthread> senders;
    senders.reserve(threads);
    for (int i = 0; i < threads; ++i)
      senders.emplace_back([&] {
        for (int n = 0; n < each; ++n) caf::anon_send(actor, n);
      });
  }
  BOOST_TEST(heard_all(notes));
  BOOST_TEST(notes.at_home == threads * each);
  BOOST_TEST(notes.elsewhere == 0);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

BOOST_FIXTURE_TEST_CASE(what_came_before_the_loop_began_is_handled_once_it_runs, system_and_loop) {
  ear_notes notes;
  notes.wanted = 100;
  attach();
  const caf::actor actor = spawn(notes);
  for (int n = 0; n < 100; ++n) caf::anon_send(actor, n);
  BOOST_TEST(notes.elsewhere == 0);
  start(notes);
  BOOST_TEST(heard_all(notes));
  BOOST_TEST(notes.at_home == 100);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

BOOST_FIXTURE_TEST_CASE(what_the_loop_left_and_what_comes_after_it_is_handled_by_the_scheduler, system_and_loop) {
  ear_notes notes;
  notes.wanted = 200;
  attach();
  const caf::actor actor = spawn(notes);
  for (int n = 0; n < 100; ++n) caf::anon_send(actor, n); // the loop never runs
  end_loop();
  for (int n = 0; n < 100; ++n) caf::anon_send(actor, n);
  BOOST_TEST(heard_all(notes));
  BOOST_TEST(notes.elsewhere == 200);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

// The loop may begin in the middle of what the scheduler was given before it.
BOOST_AUTO_TEST_CASE(no_actor_runs_on_the_scheduler_any_more_once_the_loop_may_run_it) {
  for (int round = 0; round < 300; ++round) {
    system_and_loop two;
    ear_notes notes;
    notes.wanted = 200;
    const caf::actor actor = two.spawn(notes);
    std::jthread sender{[&] {
      for (int n = 0; n < notes.wanted; ++n) caf::anon_send(actor, n);
    }};
    for (int pause = 0; pause < round % 20; ++pause) std::this_thread::yield(); // for long where the machine is busy
    two.attach();
    const int before = notes.elsewhere;
    two.start(notes);
    BOOST_TEST_REQUIRE(heard_all(notes));
    BOOST_TEST(notes.elsewhere == before);
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
}

BOOST_AUTO_TEST_CASE(calls_are_made_when_they_are_due_and_in_that_order) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  loop_unit unit{system};
  std::vector<int> made;
  const instant start = now(), late = start + std::chrono::hours{1};
  BOOST_TEST(!unit.call_at(start, [&] { made.push_back(0); })); // there is no loop yet
  unit.attach([] {});
  BOOST_TEST((unit.run(now()) == instant::max()));
  BOOST_TEST(unit.call_at(late, [&] { made.push_back(3); }));
  BOOST_TEST(unit.call_at(start, [&] { made.push_back(2); }));
  BOOST_TEST(unit.call_at(start - std::chrono::hours{1}, [&] { made.push_back(1); }));
  BOOST_TEST((unit.run(now()) == late));
  BOOST_TEST(made == (std::vector{1, 2}), boost::test_tools::per_element());
  unit.detach();
  BOOST_TEST(made.size() == 3u); // so that nobody waits for it for ever
  BOOST_TEST(!unit.call_at(start, [&] { made.push_back(4); }));
  BOOST_TEST((unit.run(now()) == instant::max()));
  BOOST_TEST(made.size() == 3u);
}

BOOST_AUTO_TEST_CASE(without_a_unit_an_actor_runs_on_the_scheduler) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  ear_notes notes;
  notes.wanted = 1;
  const caf::actor actor = system.spawn<ear>(nullptr, &notes);
  caf::anon_send(actor, 1);
  BOOST_TEST(heard_all(notes));
  BOOST_TEST(notes.elsewhere == 1);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_SUITE_END()

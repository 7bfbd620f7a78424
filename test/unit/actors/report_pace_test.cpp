// When a worker tells what it has used.
#include <boost/test/unit_test.hpp>

#include "actors/report_pace.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(report_pace_test)

BOOST_AUTO_TEST_CASE(a_line_comes_by_time_however_many_jobs_there_are) {
  report_pace pace{10s};
  const instant noon = instant{} + 12h;
  uint64_t lines = 0;
  for (int ms = 0; ms < 60'000; ++ms)
    for (int job = 0; job < 20; ++job) lines += pace.line_due(noon + ms * 1ms);
  BOOST_TEST(lines == 5u); // after 10, 20, 30, 40 and 50 seconds
}

BOOST_AUTO_TEST_CASE(a_worker_with_little_to_do_has_its_line_too) {
  report_pace pace{10s};
  const instant noon = instant{} + 12h;
  BOOST_TEST(!pace.line_due(noon));
  BOOST_TEST(pace.line_due(noon + 1h));
  BOOST_TEST(!pace.line_due(noon + 1h + 9s));
  BOOST_TEST(pace.line_due(noon + 1h + 10s));
}

BOOST_AUTO_TEST_CASE(without_an_interval_there_is_no_line) {
  report_pace pace{duration{0}};
  BOOST_TEST(!pace.line_due(instant{} + 1h));
  BOOST_TEST(!pace.line_due(instant{} + 1000h));
}

BOOST_AUTO_TEST_CASE(the_supervisor_hears_of_every_trim_and_of_much_use) {
  report_pace pace{10s};
  worker_report used;
  const auto due = [&](uint64_t jobs, uint64_t bytes, uint64_t trims) {
    used.jobs = jobs;
    used.bytes_handed_out = bytes;
    used.trims = trims;
    return pace.due(used);
  };
  BOOST_TEST(!due(1, 0, 0));
  BOOST_TEST(due(64, 0, 0));
  BOOST_TEST(!due(127, 0, 0));
  BOOST_TEST(due(127, 0, 1));
  BOOST_TEST(due(128, 16u << 20, 1));
  BOOST_TEST(!due(129, 17u << 20, 1));
}

BOOST_AUTO_TEST_SUITE_END()

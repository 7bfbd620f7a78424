// What waits to be written into the log: bounded, in order, and every line that is missing is counted.
#include <boost/test/unit_test.hpp>

#include <string>

#include "actors/state/log_queue.hpp"
#include "actors/state/warning_pace.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(log_queue_test)

BOOST_AUTO_TEST_CASE(lines_come_out_in_order_and_once) {
  log_queue queue{100};
  BOOST_TEST(queue.empty());
  BOOST_TEST(queue.push("a\n"));
  BOOST_TEST(queue.push("b\n"));
  BOOST_TEST(queue.take() == "a\nb\n");
  queue.written(4);
  BOOST_TEST(queue.empty());
  BOOST_TEST(queue.take() == "");
  BOOST_TEST(queue.dropped() == 0u);
}

BOOST_AUTO_TEST_CASE(what_has_no_place_is_left_out_and_counted_and_the_rest_is_kept) {
  log_queue queue{10};
  BOOST_TEST(queue.push("12345678\n"));
  BOOST_TEST(!queue.push("ab\n"));
  BOOST_TEST(queue.push("\n"));
  BOOST_TEST(!queue.push(std::string(1000, 'x') + "\n"));
  BOOST_TEST(queue.dropped() == 2u);
  BOOST_TEST(queue.take() == "12345678\n\n");
  BOOST_TEST(queue.push("ab\n")); // while the others are being written
  BOOST_TEST(queue.take() == "ab\n");
}

BOOST_AUTO_TEST_CASE(lines_that_could_not_be_written_are_counted) {
  log_queue queue{100};
  for (const char* line : {"first\n", "second\n", "third\n"}) queue.push(line);
  BOOST_TEST(queue.take().size() == 19u);
  queue.written(8); // `first` and a piece of `second`
  BOOST_TEST(queue.dropped() == 2u);
  BOOST_TEST(queue.mid_line());
  queue.push("fourth\n");
  BOOST_TEST(queue.take() == "fourth\n");
  queue.written(0); // still nothing goes out
  BOOST_TEST(queue.mid_line());
  BOOST_TEST(queue.dropped() == 3u);
  queue.push("fifth\n");
  queue.written(queue.take().size());
  BOOST_TEST(!queue.mid_line());
}

BOOST_AUTO_TEST_CASE(those_missing_are_told_of_once) {
  log_queue queue{4};
  for (const char* line : {"abc\n", "d\n", "e\n"}) queue.push(line);
  BOOST_TEST(queue.untold() == 2u);
  queue.told(2);
  BOOST_TEST(queue.untold() == 0u);
  queue.push("f\n");
  BOOST_TEST(queue.untold() == 1u);
  BOOST_TEST(queue.dropped() == 3u);
}

BOOST_AUTO_TEST_CASE(of_many_like_warnings_one_an_interval_is_told_with_the_number_of_the_others) {
  warning_pace pace{1s};
  const instant noon = instant{} + 12h;
  BOOST_TEST(pace.due(noon).value() == 0u);
  for (int i = 1; i < 1000; ++i) BOOST_TEST(!pace.due(noon + i * 1ms).has_value());
  BOOST_TEST(pace.due(noon + 1s).value() == 999u);
  BOOST_TEST(!pace.due(noon + 1999ms).has_value());
  BOOST_TEST(pace.due(noon + 1h).value() == 1u);
  BOOST_TEST(pace.due(noon + 2h).value() == 0u);
  BOOST_TEST(left_out_text(0) == "");
  BOOST_TEST(left_out_text(999) == " (and 999 more like it, left out)");
}

BOOST_AUTO_TEST_SUITE_END()

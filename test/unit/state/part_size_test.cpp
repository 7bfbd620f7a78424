// How much of a long document is scanned at a time.
#include <boost/test/unit_test.hpp>

#include "actors/state/part_size.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(part_size_test)

namespace {

// The time a part takes on a machine that scans so many bytes in a microsecond, after it has been told of some.
duration length_after(int parts, double bytes_a_us) {
  part_size size{50us};
  const auto length = [&] {
    return duration{static_cast<int64_t>(static_cast<double>(size.bytes()) / bytes_a_us * 1000)};
  };
  for (int i = 0; i < parts; ++i) size.took(length());
  return length();
}

} // namespace

BOOST_AUTO_TEST_CASE(after_a_few_parts_one_takes_as_long_as_it_should) {
  for (const double bytes_a_us : {200.0, 1000.0, 4000.0})
    BOOST_TEST((length_after(4, bytes_a_us) > 40us && length_after(4, bytes_a_us) < 60us), bytes_a_us);
}

BOOST_AUTO_TEST_CASE(however_fast_it_is_a_part_is_not_all_of_it_and_however_slow_not_nothing) {
  part_size size{50us};
  for (int i = 0; i < 100; ++i) size.took(1ns);
  BOOST_TEST(size.bytes() == part_size::bytes_max);
  for (int i = 0; i < 100; ++i) size.took(1s);
  BOOST_TEST(size.bytes() == part_size::bytes_min);
  size.took(0ns); // of a clock that stands still
  BOOST_TEST(size.bytes() == 4 * part_size::bytes_min);
}

BOOST_AUTO_TEST_SUITE_END()

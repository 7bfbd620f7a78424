// Threads on cores.
#include <boost/test/unit_test.hpp>

#include <thread>

#include "runtime/cpu.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(cpu_test)

#ifdef __linux__
BOOST_AUTO_TEST_CASE(a_core_that_is_not_there_is_told_by_its_number) {
  std::optional<std::string> error, beyond;
  std::thread{[&] {
    error = pin_this_thread(1023); // a number the system could give, to a core of no machine that builds this
    beyond = pin_this_thread(1u << 20);
  }}.join();
  BOOST_TEST(error.value_or("none") == "cannot run a thread on core 1023: Invalid argument");
  BOOST_TEST(beyond.value_or("none") == "core 1048576 is beyond what this system can number");
}
#endif

BOOST_AUTO_TEST_CASE(a_quota_leaves_so_many_cores_and_one_at_least) {
  const std::vector<uint32_t> four{0, 2, 4, 6};
  BOOST_TEST(cores_within(four, std::nullopt) == four, boost::test_tools::per_element());
  BOOST_TEST(cores_within(four, 8) == four, boost::test_tools::per_element());
  BOOST_TEST(cores_within(four, 2.5) == (std::vector<uint32_t>{0, 2}), boost::test_tools::per_element());
  BOOST_TEST(cores_within(four, 0.5) == (std::vector<uint32_t>{0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>
BOOST_AUTO_TEST_SUITE(batch_and_async_test)
BOOST_AUTO_TEST_SUITE_END()

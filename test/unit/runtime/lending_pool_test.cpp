// Memory that is lent and comes back, and what bounds it.
#include <boost/test/unit_test.hpp>

#include <vector>

#include "runtime/lending_pool.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(lending_pool_test)

namespace {

struct house {
  lending_quotas all{.bytes = std::make_shared<quota>(10'000),
                     .files = std::make_shared<quota>(4),
                     .kept_bytes = std::make_shared<quota>(16'384)};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(lent, house)

BOOST_AUTO_TEST_CASE(what_is_taken_is_a_file_that_another_process_can_map) {
  lending_pool pool{all, 10'000, 4};
  const auto lease = pool.take(5000);
  BOOST_REQUIRE(lease);
  BOOST_TEST(lease->capacity() >= 5000u);
  BOOST_REQUIRE(lease->shared() != nullptr);
  BOOST_TEST(lease->shared()->fd() >= 0);
  BOOST_TEST(all.bytes->taken() == 5000u);
  BOOST_TEST(pool.lent() == 1u);
}

BOOST_AUTO_TEST_CASE(to_a_borrower_that_writes_it_is_common_memory) {
  lending_pool pool{all, 10'000, 4, document_memory::common};
  auto lease = pool.take(5000);
  BOOST_REQUIRE(lease);
  BOOST_TEST(lease->shared() == nullptr);
  BOOST_REQUIRE(lease->common() != nullptr);
  BOOST_TEST(lease->common()->bytes() >= 5000u);
  BOOST_TEST((lease->data() == lease->common()->data()));
  const uint64_t first = lease->common()->number();
  lease.reset();
  BOOST_TEST(pool.take(6000)->common()->number() == first);
}

BOOST_AUTO_TEST_CASE(what_comes_back_is_lent_again_to_the_same_borrower_and_to_nobody_else) {
  lending_pool pool{all, 10'000, 4}, other{all, 10'000, 4};
  const uint64_t first = pool.take(5000)->shared()->number();
  BOOST_TEST(other.take(5000)->shared()->number() != first);
  BOOST_TEST(pool.take(6000)->shared()->number() == first);
}

BOOST_AUTO_TEST_CASE(a_block_much_longer_than_asked_for_is_left_for_later) {
  lending_pool pool{all, 10'000, 4};
  const uint64_t first = pool.take(8000)->shared()->number();
  BOOST_TEST(pool.take(100)->shared()->number() != first);
}

BOOST_AUTO_TEST_CASE(beyond_a_borrower_s_own_bounds_or_those_of_all_there_is_nothing) {
  lending_pool narrow{all, 4000, 1}, wide{all, 20'000, 10};
  BOOST_TEST(!narrow.take(4001));
  const auto one = narrow.take(1000);
  BOOST_TEST(!narrow.take(1000)); // no file
  std::vector<document_lease> leases;
  for (int i = 0; i < 3; ++i) leases.push_back(wide.take(100));
  BOOST_TEST(leases.back() != nullptr);
  BOOST_TEST(!wide.take(100)); // no file of all
  leases.clear();
  wide.forget_kept();
  BOOST_TEST(!wide.take(9001)); // with the other's thousand that is too much
  BOOST_TEST((wide.take(9000) != nullptr));
}

BOOST_AUTO_TEST_CASE(all_is_given_back_in_the_end_whoever_is_gone_first) {
  {
    document_lease lease;
    {
      lending_pool pool{all, 10'000, 4};
      lease = pool.take(5000);
      pool.take(2000).reset();
    }
    lease->data()[0] = 1;
    BOOST_TEST(all.bytes->taken() == 5000u);
  }
  BOOST_TEST(all.bytes->taken() == 0u);
  BOOST_TEST(all.files->taken() == 0u);
  BOOST_TEST(all.kept_bytes->taken() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_bounded_and_can_be_forgotten) {
  lending_pool pool{all, 10'000, 4};
  std::vector<document_lease> leases;
  for (int i = 0; i < 4; ++i) leases.push_back(pool.take(1000));
  leases.clear();
  BOOST_TEST(all.files->taken() == 2u);
  pool.forget_kept();
  BOOST_TEST(all.files->taken() == 0u);
  BOOST_TEST(all.kept_bytes->taken() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

// Which shared documents a worker process has mapped: few are mapped twice, and never too many at a time.
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

#include "actors/state/mapping_slots.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(mapping_slots_test)

namespace {

constexpr uint64_t roomy = uint64_t{1} << 40;

} // namespace

BOOST_AUTO_TEST_CASE(a_document_is_mapped_at_its_first_use_only) {
  mapping_slots slots{roomy};
  const mapping_verdict first = slots.use(7, 100);
  BOOST_TEST(first.fresh);
  BOOST_TEST(first.forget == 0u);
  const mapping_verdict second = slots.use(7, 100);
  BOOST_TEST(!second.fresh);
  BOOST_TEST(second.slot == first.slot);
  BOOST_TEST(slots.mapped_bytes() == 100u);
}

BOOST_AUTO_TEST_CASE(without_a_free_slot_the_one_used_longest_ago_is_taken) {
  mapping_slots slots{roomy};
  for (uint64_t number = 1; number <= mapping_slots::slot_count; ++number)
    BOOST_TEST(slots.use(number, 1).forget == 0u);
  const uint32_t kept = slots.use(1, 1).slot;
  const mapping_verdict next = slots.use(1000, 1);
  BOOST_TEST(next.fresh);
  BOOST_TEST(next.slot != kept);
  BOOST_TEST(next.forget == uint64_t{1} << next.slot);
  BOOST_TEST(!slots.use(1, 1).fresh);
  BOOST_TEST(slots.use(2, 1).fresh); // it was the oldest
}

BOOST_AUTO_TEST_CASE(beyond_the_bound_of_bytes_as_many_are_forgotten_as_need_be) {
  mapping_slots slots{100};
  const uint32_t first = slots.use(1, 40).slot;
  const uint32_t second = slots.use(2, 40).slot;
  const mapping_verdict verdict = slots.use(3, 70);
  BOOST_TEST(verdict.forget == (uint64_t{1} << first | uint64_t{1} << second));
  BOOST_TEST(slots.mapped_bytes() == 70u);
}

BOOST_AUTO_TEST_CASE(a_document_beyond_the_bound_is_mapped_alone) {
  mapping_slots slots{100};
  BOOST_TEST(slots.use(1, 40).fresh);
  BOOST_TEST(slots.use(2, 1000).fresh);
  BOOST_TEST(slots.mapped_bytes() == 1000u);
  BOOST_TEST(!slots.use(2, 1000).fresh);
  BOOST_TEST(slots.use(3, 40).forget != 0u);
  BOOST_TEST(slots.mapped_bytes() == 40u);
}

BOOST_AUTO_TEST_CASE(what_an_attempt_uses_beside_stays_however_large_the_other_is) {
  mapping_slots slots{100};
  const uint32_t old = slots.use(1, 40).slot;
  const uint32_t document = slots.use(2, 40).slot;
  const mapping_verdict columns = slots.use(3, 1000, document);
  BOOST_TEST(columns.fresh);
  BOOST_TEST(columns.slot != document);
  BOOST_TEST(columns.forget == uint64_t{1} << old);
  BOOST_TEST(!slots.use(2, 40).fresh);
  BOOST_TEST(slots.mapped_bytes() == 1040u);
}

BOOST_AUTO_TEST_CASE(with_all_slots_taken_the_one_beside_is_not_the_one_that_goes) {
  mapping_slots slots{roomy};
  for (uint64_t number = 1; number <= mapping_slots::slot_count; ++number) (void)slots.use(number, 1);
  const mapping_verdict next = slots.use(1000, 1, 0); // where the first is, which has not been used for longest
  BOOST_TEST(next.slot == 1u);
  BOOST_TEST(!slots.use(1, 1).fresh);
}

BOOST_AUTO_TEST_CASE(when_an_attempt_is_over_no_more_than_the_bound_stays_mapped_and_the_largest_goes_first) {
  mapping_slots slots{100};
  const uint32_t document = slots.use(1, 60).slot;
  BOOST_TEST(slots.drop_excess() == 0u);
  const uint32_t columns = slots.use(2, 500, document).slot;
  BOOST_TEST(slots.drop_excess() == uint64_t{1} << columns);
  BOOST_TEST(slots.mapped_bytes() == 60u);
  BOOST_TEST(!slots.use(1, 60).fresh);
  BOOST_TEST(slots.use(2, 500, document).fresh);
}

BOOST_AUTO_TEST_CASE(what_is_forgotten_is_fresh_the_next_time) {
  mapping_slots slots{roomy};
  const uint32_t slot = slots.use(1, 40).slot;
  BOOST_TEST(slots.forget(slot) == uint64_t{1} << slot);
  BOOST_TEST(slots.mapped_bytes() == 0u);
  BOOST_TEST(slots.forget(slot) == uint64_t{1} << slot); // nothing was there
  BOOST_TEST(slots.use(1, 40).fresh);
  slots.check_invariants();
}

// What the child does with the verdicts gives it the right memory each time.
BOOST_AUTO_TEST_CASE(a_child_that_does_as_told_always_reads_the_right_memory) {
  const uint64_t seed = test::seed();
  BOOST_TEST_CONTEXT("seed " << seed) {
    std::mt19937_64 random{seed};
    mapping_slots slots{5000};
    std::map<uint32_t, uint64_t> mapped; // number by slot
    for (int i = 0; i < 100'000; ++i) {
      const uint64_t number = 1 + random() % 200;
      const mapping_verdict verdict = slots.use(number, number * 3);
      std::erase_if(mapped, [&](const auto& each) { return (verdict.forget >> each.first & 1) != 0; });
      if (verdict.fresh) mapped[verdict.slot] = number;
      BOOST_REQUIRE(mapped.at(verdict.slot) == number);
      slots.check_invariants();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_child_that_does_as_told_has_both_memories_of_each_attempt) {
  const uint64_t seed = test::seed();
  BOOST_TEST_CONTEXT("seed " << seed) {
    std::mt19937_64 random{seed};
    mapping_slots slots{5000};
    std::map<uint32_t, uint64_t> mapped; // number by slot
    const auto forget = [&](uint64_t which) {
      std::erase_if(mapped, [&](const auto& each) { return (which >> each.first & 1) != 0; });
    };
    for (int i = 0; i < 100'000; ++i) {
      const uint64_t document = 1 + random() % 200, columns = 201 + random() % 200;
      const mapping_verdict first = slots.use(document, document * 3);
      const mapping_verdict second = slots.use(columns, columns * 20, first.slot);
      forget(first.forget | second.forget); // by whichever packet comes first
      if (second.fresh) mapped[second.slot] = columns;
      if (first.fresh) mapped[first.slot] = document;
      BOOST_REQUIRE(mapped.at(first.slot) == document);
      BOOST_REQUIRE(mapped.at(second.slot) == columns);
      slots.check_invariants();
      forget(slots.drop_excess());
      BOOST_REQUIRE(slots.mapped_bytes() <= 5000u);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

// How long a document will take, as learned of those before.
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <vector>

#include "actors/state/service_estimate.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(service_estimate_test)

namespace {

std::vector<uint8_t> repeated(const std::string& text, size_t bytes) {
  std::vector<uint8_t> out;
  while (out.size() < bytes) out.insert(out.end(), text.begin(), text.end());
  out.resize(bytes);
  return out;
}

std::vector<uint8_t> random_bytes(size_t bytes) {
  std::mt19937_64 dice(test::seed());
  std::vector<uint8_t> out(bytes);
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(dice());
  return out;
}

constexpr duration whole(double ns) { return duration{static_cast<duration::rep>(ns)}; }

} // namespace

BOOST_AUTO_TEST_CASE(a_look_tells_prose_from_random_bytes) {
  BOOST_TEST(int(kind_of(repeated("It was a dark and stormy night, and rain fell. ", 4096))) == int(text_kind::plain));
  BOOST_TEST(int(kind_of(repeated("\\frac{a_1}{b^2}+$x$\n", 4096))) == int(text_kind::dense));
  BOOST_TEST(int(kind_of(repeated("Была тёмная и бурная ночь. ", 4096))) == int(text_kind::wide));
  BOOST_TEST(int(kind_of(repeated("漢字かな交じり文", 4096))) == int(text_kind::wide));
  BOOST_TEST(int(kind_of(random_bytes(4096))) == int(text_kind::unreadable));
  BOOST_TEST(int(kind_of(random_bytes(2u << 20))) == int(text_kind::unreadable));
}

BOOST_AUTO_TEST_CASE(the_smallest_documents_are_looked_at_too) {
  for (size_t bytes = 0; bytes < 300; ++bytes)
    BOOST_TEST(int(kind_of(repeated("a b ", bytes))) == int(text_kind::plain));
  BOOST_TEST(int(kind_of(std::vector<uint8_t>(5, 1))) == int(text_kind::unreadable));
}

BOOST_AUTO_TEST_CASE(what_nobody_has_sent_yet_is_expected_as_measured_and_random_bytes_to_take_longest) {
  const service_estimate estimate;
  const duration prose = estimate.predict(1, workload{1u << 20, text_kind::plain});
  BOOST_TEST((prose > 100us && prose < 1ms));
  BOOST_TEST((estimate.predict(1, workload{1u << 20, text_kind::unreadable}) > 20 * prose));
  BOOST_TEST((estimate.predict(1, workload{4096, text_kind::plain}) < 10us));
}

BOOST_AUTO_TEST_CASE(a_slow_machine_is_known_after_a_few_documents_for_kinds_not_seen_too) {
  service_estimate estimate;
  const duration before = estimate.predict(9, workload{100'000, text_kind::dense});
  for (int i = 0; i < 40; ++i) estimate.learn(1, {1'000'000, text_kind::plain}, 6ms); // twenty times as slow
  BOOST_TEST((estimate.predict(2, workload{1'000'000, text_kind::plain}) > 5400us));
  BOOST_TEST((estimate.predict(2, workload{1'000'000, text_kind::plain}) < 6600us));
  BOOST_TEST((estimate.predict(9, workload{100'000, text_kind::dense}) > 15 * before));
  estimate.check_invariants();
}

BOOST_AUTO_TEST_CASE(a_client_whose_documents_take_longer_than_they_look_is_known_at_once_and_others_do_not_pay) {
  service_estimate estimate;
  const workload work{1'000'000, text_kind::plain};
  for (uint64_t i = 0; i < 100; ++i) estimate.learn(1 + i % 8, work, 300us);
  for (int i = 0; i < 6; ++i) estimate.learn(20, work, 15ms);
  BOOST_TEST((estimate.predict(20, work) > 10ms));
  for (int i = 0; i < 100; ++i) estimate.learn(20, work, 15ms);
  BOOST_TEST((estimate.predict(20, work) > 10ms));
  BOOST_TEST((estimate.predict(3, work) < 900us));
}

BOOST_AUTO_TEST_CASE(one_stall_does_not_pass_for_a_slow_machine) {
  service_estimate estimate;
  const workload work{4096, text_kind::plain};
  for (uint64_t i = 0; i < 100; ++i) estimate.learn(i % 8, work, 3us);
  const duration before = estimate.predict(50, work);
  estimate.learn(3, work, 50ms);
  BOOST_TEST((estimate.predict(50, work) < 2 * before));
}

BOOST_AUTO_TEST_CASE(what_a_client_sent_last_is_what_its_next_header_is_taken_for) {
  service_estimate estimate;
  estimate.learn(1, {1u << 20, text_kind::unreadable}, 17ms);
  for (int i = 0; i < 20; ++i) estimate.learn(2, {1u << 20, text_kind::plain}, 300us);
  BOOST_TEST((estimate.predict(1, 1u << 20) > 10ms));
  BOOST_TEST((estimate.predict(2, 1u << 20) < 1ms));
  BOOST_TEST((estimate.predict(3, 1u << 20) < 1ms)); // as most did
}

BOOST_AUTO_TEST_CASE(whatever_is_learned_stays_finite) {
  service_estimate estimate;
  std::mt19937_64 dice(test::seed());
  for (int i = 0; i < 100'000; ++i) {
    const workload work{dice() % (64u << 20), static_cast<text_kind>(dice() % text_kind_count)};
    estimate.learn(dice() % 5000, work, whole(static_cast<double>(dice() % 10'000'000'000)));
    BOOST_TEST_REQUIRE((estimate.predict(dice() % 5000, work) >= 0ns));
  }
  estimate.check_invariants();
}

BOOST_AUTO_TEST_CASE(one_that_was_expected_to_take_long_and_took_next_to_nothing_tells_so) {
  service_estimate estimate;
  const workload work{1u << 20, text_kind::plain};
  const duration before = estimate.predict(1, work);
  for (int i = 0; i < 50; ++i) estimate.learn(1, work, 1us);
  BOOST_TEST((estimate.predict(1, work) < before / 2));
  estimate.check_invariants();
}

BOOST_AUTO_TEST_SUITE_END()

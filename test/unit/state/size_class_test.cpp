// Which documents are counted together.
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

#include "actors/state/size_class.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(size_class_test)

namespace {

constexpr uint64_t kib = 1024;

bool ends_at(size_class c, uint64_t bytes) {
  return size_class_of(bytes) == c && index_of(size_class_of(bytes + 1)) == index_of(c) + 1;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_class_ends_at_4_16_64_256_and_1024_kib) {
  BOOST_TEST(ends_at(size_class::to_4_kib, 4 * kib));
  BOOST_TEST(ends_at(size_class::to_16_kib, 16 * kib));
  BOOST_TEST(ends_at(size_class::to_64_kib, 64 * kib));
  BOOST_TEST(ends_at(size_class::to_256_kib, 256 * kib));
  BOOST_TEST(ends_at(size_class::to_1_mib, 1024 * kib));
}

BOOST_AUTO_TEST_CASE(the_last_class_has_no_end) {
  BOOST_TEST((size_class_of(size_classes::beyond_bytes + 1) == size_class::beyond));
  BOOST_TEST((size_class_of(UINT64_MAX) == size_class::beyond));
}

BOOST_AUTO_TEST_CASE(an_empty_document_is_a_small_one) {
  BOOST_TEST((size_class_of(0) == size_class::to_4_kib));
  BOOST_TEST((size_class_of(1) == size_class::to_4_kib));
}

BOOST_AUTO_TEST_CASE(each_class_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (size_t i = 0; i < size_class_count; ++i) names.insert(name_of(static_cast<size_class>(i)));
  BOOST_TEST(names.size() == size_class_count);
  BOOST_TEST(!names.contains("unknown"));
}

BOOST_AUTO_TEST_SUITE_END()

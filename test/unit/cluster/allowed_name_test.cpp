// Which certificates have a name that is allowed.
#include <boost/test/unit_test.hpp>

#include "actors/cluster/allowed_name.hpp"
#include "test/unit/cluster/certificates.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(allowed_name_test)

namespace {

bool allows(const std::vector<std::string>& allowed, const certificate_wish& wish) {
  static const certificate_authority authority{"authority"};
  return has_allowed_name(authority.issue(wish).certificate.get(), allowed);
}

certificate_wish named(std::vector<std::string> names, std::string common_name = "node") {
  return {.common_name = std::move(common_name), .dns_names = std::move(names)};
}

} // namespace

BOOST_AUTO_TEST_CASE(any_name_is_allowed_where_none_is_given) { BOOST_TEST(allows({}, named({"a.example"}))); }

BOOST_AUTO_TEST_CASE(one_of_the_names_must_be_one_of_those_that_are_allowed) {
  BOOST_TEST(allows({"x.example", "b.example"}, named({"a.example", "B.Example"})));
  BOOST_TEST(!allows({"x.example", "y.example"}, named({"a.example", "b.example"})));
  BOOST_TEST(!allows({"example"}, named({"a.example"})));
  BOOST_TEST(!allows({"a.example"}, named({"a.example.evil"})));
}

BOOST_AUTO_TEST_CASE(the_common_name_counts_only_where_there_is_no_other) {
  BOOST_TEST(allows({"a.example"}, named({}, "a.example")));
  BOOST_TEST(!allows({"a.example"}, named({"b.example"}, "a.example")));
  BOOST_TEST(allows({"*.example"}, named({}, "a.example")));
  BOOST_TEST(!allows({"*.example"}, named({"b.other"}, "a.example")));
}

BOOST_AUTO_TEST_CASE(a_star_among_the_allowed_stands_for_one_label) {
  BOOST_TEST(allows({"*.nodes.example"}, named({"a.nodes.EXAMPLE"})));
  BOOST_TEST(!allows({"*.nodes.example"}, named({"nodes.example"})));
  BOOST_TEST(!allows({"*.nodes.example"}, named({"a.b.nodes.example"})));
  BOOST_TEST(!allows({"*.nodes.example"}, named({"anodes.example"})));
  BOOST_TEST(!allows({"*.nodes.example"}, named({".nodes.example"}, "x")));
}

BOOST_AUTO_TEST_CASE(a_star_in_the_certificate_stands_for_one_label_too) {
  BOOST_TEST(allows({"a.nodes.example"}, named({"*.nodes.example"})));
  BOOST_TEST(!allows({"a.b.nodes.example"}, named({"*.nodes.example"})));
  BOOST_TEST(!allows({"*.nodes.example"}, named({"*.nodes.example"})));
}

BOOST_AUTO_TEST_SUITE_END()

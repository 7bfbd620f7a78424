// Which documents a load sends, and how a mix is written and looked up.
#include <boost/test/unit_test.hpp>

#include <array>
#include <vector>

#include "clients/cli/bench/document_folder.hpp"
#include "clients/cli/bench/document_mix.hpp"
#include "test/support/temporary_folder.hpp"

using namespace texlex::load;
using texlex::test::temporary_folder;

BOOST_AUTO_TEST_SUITE(document_mix_test)

namespace {

using names = std::vector<weighted_name>;

std::string error_in(std::string_view text) {
  const auto parsed = parse_mix(text);
  const auto* error = std::get_if<mix_error>(&parsed);
  return error ? error->sentence : std::string{};
}

} // namespace

BOOST_AUTO_TEST_CASE(documents_come_as_often_as_they_weigh) {
  const std::array<uint32_t, 3> weights{80, 15, 5};
  document_mix mix{weights, 42};
  std::array<double, 3> seen{};
  for (int i = 0; i < 100'000; ++i) seen[mix.next()] += 1;
  for (size_t i = 0; i < seen.size(); ++i) BOOST_TEST(seen[i] / 1000 == weights[i], boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(a_single_document_is_always_the_one) {
  const std::array<uint32_t, 1> weights{7};
  document_mix mix{weights, 1};
  for (int i = 0; i < 100; ++i) BOOST_TEST(mix.next() == 0u);
}

BOOST_AUTO_TEST_CASE(a_seed_makes_one_sequence) {
  const std::array<uint32_t, 2> weights{1, 1};
  document_mix one{weights, 5}, same{weights, 5}, other{weights, 6};
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const size_t document = one.next();
    BOOST_TEST(document == same.next());
    differs |= document != other.next();
  }
  BOOST_TEST(differs);
}

BOOST_AUTO_TEST_CASE(a_mix_is_names_and_weights) {
  BOOST_TEST((std::get<names>(parse_mix("small=80,large=20")) == names{{"small", 80}, {"large", 20}}));
  BOOST_TEST((std::get<names>(parse_mix("only")) == names{{"only", 1}}));
  BOOST_TEST((std::get<names>(parse_mix("a=b.tex=3")) == names{{"a=b.tex", 3}}));
}

BOOST_AUTO_TEST_CASE(what_is_no_mix_is_told_with_the_part_that_is_wrong) {
  for (const char* wrong : {"a=0", "a=-1", "a=x", "a=", "a=1.5", "a=1000001", "a=99999999999"})
    BOOST_TEST(error_in(wrong).find(wrong) != std::string::npos, wrong);
  for (const char* wrong : {"", "a=1,", ",a=1", "=5"}) BOOST_TEST(!error_in(wrong).empty(), wrong);
  BOOST_TEST(error_in("a=1,b=2,a=3").find("\"a\" twice") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mix_has_a_limit_of_documents) {
  std::string text = "d0";
  for (size_t i = 1; i < documents_max; ++i) text += ",d" + std::to_string(i);
  BOOST_TEST(error_in(text).empty());
  BOOST_TEST(!error_in(text + ",more").empty());
}

BOOST_AUTO_TEST_CASE(a_document_is_found_by_its_name_or_its_stem) {
  const temporary_folder folder;
  const auto small = folder.write("small.tex", "a");
  const auto bare = folder.write("bare", "a");
  BOOST_TEST(std::get<std::string>(find_document(folder / "", "small")) == small);
  BOOST_TEST(std::get<std::string>(find_document(folder / "", "small.tex")) == small);
  BOOST_TEST(std::get<std::string>(find_document(folder / "", "bare")) == bare);
}

BOOST_AUTO_TEST_CASE(a_stem_that_two_documents_have_must_be_completed) {
  const temporary_folder folder;
  folder.write("a.tex", "");
  folder.write("a.sty", "");
  const auto found = find_document(folder / "", "a");
  BOOST_TEST(std::get<folder_error>(found).sentence.find("whole name") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named) {
  const temporary_folder folder;
  const auto missing = find_document(folder / "", "none");
  BOOST_TEST(std::get<folder_error>(missing).sentence.find("\"none\"") != std::string::npos);
  const auto nowhere = find_document(folder / "nowhere", "a");
  BOOST_TEST(std::get<folder_error>(nowhere).sentence.find("nowhere") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

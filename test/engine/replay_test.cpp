// What LuaTeX's scanner made of documents, recorded in vectors/, against what we make of them. Needs no TeX.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>

#include "kernels/regimes.hpp"
#include "test/engine/transcript.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;

namespace {

const std::string folder = TEXLEX_SOURCE_DIR "/test/engine/";
constexpr size_t cases_recorded_min = 60;
constexpr size_t documents_recorded_min = 15;

// Compares every regime of a recorded section; says how many it compared.
size_t compare(const recorded_tokens& recorded, const std::string& bytes, const std::string& what) {
  for (const std::string& name : recorded.regimes) {
    const regime* rules = find_regime(name);
    BOOST_REQUIRE_MESSAGE(rules != nullptr, what << ": unknown regime " << name);
    for (const auto kernel_name : kernel_names()) {
      const auto ours = transcript_of(bytes_of(bytes), *rules, *find_kernel(kernel_name));
      const auto difference = first_difference(recorded.lines, ours);
      BOOST_TEST(difference.empty(), what << " under " << name << " by " << kernel_name << ": " << difference);
    }
  }
  return recorded.regimes.size();
}

} // namespace

BOOST_AUTO_TEST_CASE(small_cases_are_read_as_the_engine_reads_them) {
  std::map<std::string, std::string> bytes_of_case;
  for (const auto& small : read_cases(folder + "cases.tsv")) bytes_of_case[small.name] = small.bytes;
  std::map<std::string, size_t> compared;
  for (const auto& recorded : read_transcript(folder + "vectors/cases.tokens")) {
    const auto found = bytes_of_case.find(recorded.case_name);
    BOOST_REQUIRE_MESSAGE(found != bytes_of_case.end(), "no case is named " << recorded.case_name);
    compared[recorded.case_name] += compare(recorded, found->second, recorded.case_name);
  }
  BOOST_TEST(compared.size() >= cases_recorded_min);
  for (const auto& [name, bytes] : bytes_of_case) BOOST_TEST(compared[name] > 0u, "nothing is recorded of: " << name);
}

BOOST_AUTO_TEST_CASE(documents_are_read_as_the_engine_reads_them) {
  size_t documents = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder + "documents"}) {
    if (entry.path().extension() == ".md") continue;
    ++documents;
    const std::string text = read_file(entry.path().string());
    size_t compared = 0;
    for (const auto& recorded : read_transcript(folder + "vectors/" + entry.path().filename().string() + ".tokens"))
      compared += compare(recorded, text, entry.path().filename().string());
    BOOST_TEST(compared >= 5u, entry.path() << " is recorded under too few regimes");
  }
  BOOST_TEST(documents >= documents_recorded_min);
}

// Documents made to be slow. A megabyte of each: an algorithm that is not linear in any of them runs into the test's
// time limit, as a square of 10^6 steps takes a quarter of an hour.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;

namespace {

#if defined(TEXLEX_SANITIZED)
constexpr size_t document_bytes = 1u << 17; // everything is many times slower
#else
constexpr size_t document_bytes = 1u << 20;
#endif

std::string repeated(std::string_view piece) {
  std::string text;
  while (text.size() < document_bytes) text += piece;
  return text;
}

struct hostile {
  const char* what;
  std::string text;
};

std::ostream& operator<<(std::ostream& out, const hostile& document) { return out << document.what; }

std::vector<hostile> hostile_documents() {
  using namespace std::string_literals;
  std::mt19937 random{20261123};
  std::string noise(document_bytes, '\0');
  for (char& byte : noise) byte = static_cast<char>(random() & 0xFF);
  return {
    {"escapes", repeated("\\")},
    {"one control word", "\\" + repeated("a")},
    {"superscripts", repeated("^")},
    {"a chain of notation", "^^5e" + repeated("^5e")},
    {"a chain of notation in a name that does not end as a letter", "\\a^^5e" + repeated("^5e") + "^31"},
    {"names that end before long chains", repeated("\\a^^5e^5e^5e^5e^5e^5e^5e^5e^31")},
    {"spaces", repeated(" ")},
    {"spaces, then a letter", repeated(" ") + "a"},
    {"a letter after many spaces, often", repeated(std::string(1000, ' ') + "a")},
    {"tabs and spaces at a line's end", repeated("\t ")},
    {"one comment", "%" + repeated("x")},
    {"comments", repeated("%")},
    {"blank lines", repeated("\n")},
    {"alternating line ends", repeated("\r\n\n\r")},
    {"NUL bytes", std::string(document_bytes, '\0')},
    {"bytes 0xFF", std::string(document_bytes, '\xFF')},
    {"continuation bytes", std::string(document_bytes, '\x80')},
    {"UTF-8 cut short", repeated("\xF0\x9F\x98")},
    {"open groups", repeated("{")},
    {"end groups", repeated("}")},
    {"random bytes", noise},
  };
}

} // namespace

BOOST_DATA_TEST_CASE(a_hostile_document_is_read_in_linear_time, hostile_documents(), document) {
  for (const auto name : regime_names()) {
    const regime& rules = *find_regime(name);
    const auto source = scan(document.text, rules, token_view::source);
    BOOST_TEST(source.kinds.size() <= tokens_max(document.text.size()));
    for (const auto kernel_name : kernel_names()) {
      const kernel& with = *find_kernel(kernel_name);
      BOOST_TEST((source == scan(document.text, rules, token_view::source, 4096, with)), name << " by " << kernel_name);
    }
  }
}

BOOST_DATA_TEST_CASE(and_in_small_steps_too, hostile_documents(), document) {
  const regime& rules = *find_regime("latex");
  const auto tex = scan(document.text, rules);
  for (const auto name : kernel_names())
    BOOST_TEST((tex == scan(document.text, rules, token_view::tex, 64, *find_kernel(name))), name);
}

BOOST_AUTO_TEST_CASE(spaces_that_are_characters_are_looked_ahead_once) {
  regime rules = *find_regime("latex");
  rules.catcodes.set(' ', catcode::other);
  const std::string text = repeated(" ") + "a";
  for (const auto name : kernel_names())
    BOOST_TEST(scan(text, rules, token_view::tex, 64, *find_kernel(name)).kinds.size() == text.size() + 1);
}

// The text of tokens, compared with one that is put together token by token, out of what is derived for each.
#include <boost/test/unit_test.hpp>

#include <limits>
#include <random>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/decimal_writer.hpp"
#include "clients/cli/escaped_text.hpp"
#include "clients/cli/json_text.hpp"
#include "clients/cli/token_formatter.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::cli;

BOOST_AUTO_TEST_SUITE(token_formatter_test)

namespace {

std::string plain_field(column what, token_kind kind, uint64_t start, uint64_t end, text_position place,
                        const token_text& text, bool json) {
  const bool named = kind == token_kind::control_sequence;
  const std::string code = named || kind >= token_kind::paragraph ? "" : fmt::format("{:x}", uint32_t{text.code});
  switch (what) {
    case column::kind:
      return json && kind >= token_kind::paragraph ? json_string(name_of(kind)) : std::string{name_of(kind)};
    case column::start: return std::to_string(start);
    case column::end: return std::to_string(end);
    case column::line: return std::to_string(place.line);
    case column::column: return std::to_string(place.column);
    case column::text:
    case column::code: // of Arrow only, as name is
    case column::name: break;
  }
  if (json) return json_string(named ? text.name : code);
  return named ? escape_control_sequence(text.name) : code;
}

std::string plain_text(const scan_input& input, std::string_view document, const row_options& options) {
  const auto tokens = test::scan(document, *input.regime, input.view);
  const bool json = options.format == token_format::jsonl;
  token_deriver deriver{input.document, *input.regime};
  position_counter counter{input.document, input.regime->encoding, column_unit::code_points};
  std::string all;
  for (size_t i = 0; i < tokens.kinds.size(); ++i) {
    token_text text;
    const token_kind kind = tokens.kinds[i];
    const uint64_t start = tokens.starts[i];
    if (!is_trivia(kind)) deriver.derive(kind, start, text);
    const uint64_t next = i + 1 < tokens.starts.size() ? tokens.starts[i + 1] : document.size();
    const uint64_t end = input.view == token_view::tex ? text.end : next;
    all += json ? "{" : "";
    for (size_t c = 0; c < options.columns.size(); ++c) {
      if (c > 0) all += json ? "," : "\t";
      const column what = options.columns[c];
      if (json) all += fmt::format("\"{}\":", column_names()[static_cast<size_t>(what)]);
      all += plain_field(what, kind, start, end, counter.at(start), text, json);
    }
    all += json ? "}\n" : "\n";
  }
  return all;
}

std::string formatted(const scan_input& input, const row_options& options, uint64_t words) {
  const auto tokens = tokenize(input, *find_kernel(best_kernel_name), 0);
  text_buffer out;
  for (const token_part& part : cut_tokens(input, tokens, words))
    token_formatter{input, tokens, options, ""}.append(part, out);
  return std::string{out.view()};
}

std::string random_document(std::mt19937_64& chance) {
  constexpr std::string_view pieces[] = {
    "a",    "b",        "Z",      "1",        ".",      "\\",         "\\ab", "\\ab ", "\\%",  "\\@c", "^^",
    "^^M",  "^^41",     "^^5c",   "^^^^00e9", "^",      "%",          "\n",   "\r",    "\r\n", " ",    "  ",
    "\t",   "{",        "}",      "~",        "$",      "&",          "#",    "_",     "\"",   "\x01", "\x7f",
    "\xff", "\xe2\x80", "\u00e9", "\\\u00e9", "\u6f22", "\U0001d400", "\\\"", "\\\\",  "\\ ",  "@",    ":"};
  std::string document;
  for (uint64_t length = chance() % 400; length > 0; --length) document += pieces[chance() % std::size(pieces)];
  if (chance() % 4 == 0) document.insert(chance() % (document.size() + 1), std::string(chance() % 500, ' '));
  return document;
}

} // namespace

BOOST_AUTO_TEST_CASE(rows_are_the_same_however_they_are_made_and_wherever_parts_end) {
  const std::vector<std::vector<column>> choices{
    {column::kind, column::text, column::start, column::end, column::line, column::column},
    {column::end},
    {column::text, column::line},
    {column::column, column::kind, column::start}};
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    std::mt19937_64 chance{seed};
    const std::string document = random_document(chance);
    const auto names = regime_names();
    const regime& rules = *find_regime(names[chance() % names.size()]);
    for (const auto view : {token_view::tex, token_view::source})
      for (const auto format : {token_format::tsv, token_format::jsonl})
        for (const uint64_t words : {uint64_t{1}, uint64_t{3}, uint64_t{1000}}) {
          const scan_input input{test::bytes_of(document), &rules, view};
          const row_options options{format, choices[chance() % choices.size()], false};
          BOOST_TEST(formatted(input, options, words) == plain_text(input, document, options), "seed " << seed);
        }
  }
}

BOOST_AUTO_TEST_CASE(a_regime_whose_line_end_is_a_letter_makes_it_part_of_names) {
  regime rules = *find_regime("latex");
  rules.end_line_character = 'x';
  const std::string document = "\\ab  \n\\ab c\n";
  const scan_input input{test::bytes_of(document), &rules, token_view::tex};
  const row_options options{token_format::tsv, {column::text, column::end}, false};
  BOOST_TEST(formatted(input, options, 1) == plain_text(input, document, options));
  BOOST_TEST(formatted(input, options, 1).starts_with("abx\t6\n"));
}

BOOST_AUTO_TEST_CASE(numbers_are_written_whatever_came_before_them) {
  std::mt19937_64 chance{7};
  decimal_writer writer;
  uint64_t number = 0;
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t drawn = chance() % 10;
    number = drawn == 0 ? chance() >> (chance() % 64) : drawn == 1 ? chance() % 1000 : number + chance() % 12;
    char text[decimal_writer::room];
    BOOST_TEST_REQUIRE(std::string(text, writer.write(text, number)) == std::to_string(number));
  }
  char text[decimal_writer::room];
  constexpr uint64_t largest = std::numeric_limits<uint64_t>::max();
  BOOST_TEST(std::string(text, writer.write(text, largest)) == std::to_string(largest));
}

BOOST_AUTO_TEST_CASE(json_strings_are_valid_utf_8_whatever_they_are_made_of) {
  BOOST_TEST(json_string("a\"\\\n\x7f") == "\"a\\\"\\\\\\u000a\\u007f\"");
  BOOST_TEST(json_string("\xC3\xA9\xFF\xE6\xBC|\xED\xA0\x80") // a surrogate has three ill-formed subparts
             == "\"\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

BOOST_AUTO_TEST_SUITE_END()

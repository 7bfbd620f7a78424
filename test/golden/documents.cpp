#include "test/golden/documents.hpp"

#include <utility>

#include "kernels/regimes.hpp"

namespace texlex::golden {

namespace {

constexpr auto tex = token_view::tex;
constexpr auto source = token_view::source;
constexpr auto bytes = column_unit::bytes;
constexpr auto code_points = column_unit::code_points;
constexpr auto utf16 = column_unit::utf16_units;

// With its length, as a document may hold NULs.
template <size_t Size>
std::string text(const char (&literal)[Size]) {
  return std::string(literal, Size - 1);
}

std::vector<reading> every_reading() {
  std::vector<reading> result;
  for (const std::string_view regime : regime_names())
    for (const token_view view : {tex, source})
      for (const column_unit unit : {bytes, code_points, utf16}) result.push_back({regime, view, unit});
  return result;
}

// Both views of a document's body, an 8-bit regime, and one more that changes from document to document.
std::vector<reading> usual_readings(size_t document) {
  const auto regimes = regime_names();
  return {{"latex", tex, code_points},
          {"latex", source, utf16},
          {"latex-8bit", source, code_points},
          {regimes[document % regimes.size()], document % 2 == 0 ? tex : source, bytes}};
}

// Lines, blanks and comments.
const std::vector<std::pair<std::string, std::string>> lines{
  {"empty document", ""},
  {"one letter", "x"},
  {"one line feed", "\n"},
  {"words and a control word", "Hi \\TeX  % note\n"},
  {"blank lines", "a\n\n\n  \nb\n\n"},
  {"lines ended by CRLF", "one\r\n\r\ntwo  \r\n% note\r\nthree\r\n"},
  {"lines ended by CR", "one\r\rtwo\r% note\rthree"},
  {"line ends mixed", "a\r\n\rb\n\rc\n\r\n"},
  {"no line end at the end", "\\begin{x}"},
  {"comment at the end, no line end", "a % the end"},
  {"comment character alone at the end", "a%"},
  {"comments on lines of their own", "%\n  % note\n%% $\\a{\n"},
  {"stripped spaces, kept tabs", "a  \nb\t\n c \t \n\t\td\n"},
  {"spaces between and before", "   a   b\\  c\\TeX   d\n   \\x\n"},
  {"only spaces", "    "},
};

// Control sequences, and the notation that makes characters of others.
const std::vector<std::pair<std::string, std::string>> names{
  {"control sequences at line ends", "\\TeX\n\\\n\\ \n\\%\n\\"},
  {"control sequences of one character", "\\\\\\{\\}\\$\\&\\#\\_\\^\\~\\1\\@\\%x"},
  {"at signs and colons in names", "\\@ifnextchar\\seq_new:N \\l__x_tl:"},
  {"names beyond ASCII", "\\Größe\\größer \\日本 \\ж\\é1"},
  {"names beyond the basic plane", "\\𝔸𝔹x\\😀😀"},
  {"hexadecimal notation", "^^5cfoo^^7bx^^7d a^^4d^^4D^^zz"},
  {"notation inside names", "\\^^66oo\\f^^6fo^^20x\\^^5c\\^^M"},
  {"notation of control characters", "a^^Mdropped\nb^^Iq^^@^^?\n"},
  {"long notation", "^^^^00e9^^^^^01d538^^^^^^01d538\\^^^^006f^^^^d835\n"},
  {"long notation without digits", "^^^^12g4^^^^^^99999999^^^^"},
  {"notation at line ends", "a^^\n\\^^\nx^"},
  {"notation that makes a surrogate of a name", "\\^^^^d835x \\a^^^^dfff"},
};

// Characters and their codes.
const std::vector<std::pair<std::string, std::string>> characters{
  {"all codes of printed ASCII", " !\"#$%x\n&'()*+,-./0129:;<=>?@AZ[]^_`az{|}~\\!"},
  {"active characters", "a~b~~ c~\n~\n~"},
  {"parameters, alignment, scripts", "#1##2&x_1^2&&$a$$b$"},
  {"UTF-8 of one to four bytes", "a\xC2\xA2\xC3\x9F\xE2\x82\xAC\xEF\xBF\xBD\xF0\x9D\x94\xB8\xF4\x8F\xBF\xBFz"},
  {"emoji and letters by columns", "😀a𝔸b\té\\x😀{ü}\n😀 😀\n"},
  {"combining marks and Hebrew", "e\xCC\x81 שלום {ق}\n"},
  {"blanks that TeX does not skip", "a\xC2\xA0\x62\xE3\x80\x80\x63\xE2\x80\x83\n\xC2\x85\xE2\x80\xA8x\f\v\n"},
  {"lone continuation bytes", "a\x80\xBF\x62\x80"},
  {"UTF-8 cut short", "\xC3\x61\xE2\x82\x61\xF0\x9D\x94\x61\xF0\x9D\x61\xE2"},
  {"overlong forms and surrogates", "\xC0\xAF\xE0\x80\xAF\xED\xA0\x80\xF0\x80\x80\xAF\xF4\x90\x80\x80\xFF"},
  {"malformed UTF-8 in names and comments", "\\caf\xE9 x\\\xFF% \xC3(\n\xE9\n"},
  {"Latin-1", "Gr\xF6\xDF\x65 \\\xFC\x62\x65r~\xA7\x31\n"},
  {"NUL bytes", text("a\0b\\\0c% \0\n\0\0\n")},
  {"invalid and ignored characters", text("a\x7F\x7F b\0\x01\x02 \x1B\n")},
  {"bidirectional controls", "a\xE2\x80\xAE\x62% \xE2\x81\xA6\n\xE2\x80\x8F\xD8\x9C\\x\xE2\x80\xAA"},
  {"UTF-8 after its byte order mark", "\xEF\xBB\xBF\\documentclass{a}\n"},
  {"a byte order mark in the middle", "a\xEF\xBB\xBF\x62\n\xEF\xBB\xBF"},
  {"UTF-16 after its byte order mark", text("\xFF\xFE\\\0a\0\n\0")},
  {"UTF-16 of the other order", text("\xFE\xFF\0\\\0a\0\n")},
  {"UTF-16 told by its NULs", text("\\\0d\0o\0c\0u\0m\0e\0n\0t\0{\0x\0}\0\n\0")},
  {"an end-group too many", "a}b}{c}\n"},
  {"groups that are never ended", "{a{b}\n{\\}"},
  {"groups in comments and names", "{%}\n\\}\\{}\n"},
  {"every byte above 0x7F",
   [] {
     std::string all;
     for (int byte = 0x80; byte <= 0xFF; ++byte) all += static_cast<char>(byte);
     return all;
   }()},
};

// Longer than a kernel's block, so that what it knows of one block is carried into the next.
const std::vector<std::pair<std::string, std::string>> blocks{
  {"a name over a border of 64 bytes", std::string(60, '.') + "\\abcdefgh x"},
  {"a character over a border of 64 bytes", std::string(62, '.') + "\xE6\xBC\xA2z"},
  {"a comment over a border of 64 bytes", std::string(50, '.') + "% " + std::string(40, 'c') + "\nx"},
  {"spaces over a border of 64 bytes", std::string(50, '.') + std::string(40, ' ') + "\nx\n"},
  {"notation over a border of 64 bytes", std::string(62, '.') + "^^5cfoo^^41"},
  {"CRLF over a border of 64 bytes", std::string(63, '.') + "\r\n\r\nx"},
};

std::vector<reading> capped_readings() {
  std::vector<reading> result;
  for (const uint64_t issues_max : {0u, 1u, 3u, 12u})
    for (const token_view view : {tex, source}) result.push_back({"latex", view, code_points, issues_max});
  return result;
}

} // namespace

std::vector<golden_document> golden_documents() {
  std::vector<golden_document> result;
  result.push_back({"something of everything",
                    text("\xEF\xBB\xBF% é\r\n\\Größe@x:_{~#&} "
                         "😀^^4d\\\n\n $a_1^2$\t|\"\\%%\0\xFF\r\x7F}"),
                    every_reading()});
  for (const auto* group : {&lines, &names, &characters, &blocks})
    for (const auto& [name, document] : *group) result.push_back({name, document, usual_readings(result.size())});
  result.push_back({"more issues than are told", text("\0a\0\xFF\x7F^^^^\0\xE2\x80\xAE}\0\0\0"), capped_readings()});
  return result;
}

} // namespace texlex::golden

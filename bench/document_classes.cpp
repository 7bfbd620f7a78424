#include "bench/document_classes.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string_view>

#include "kernels/utf8.hpp"

namespace texlex::bench {
namespace {

constexpr uint64_t seed = 20;
constexpr size_t line_bytes = 76; // where prose is broken

class writer {
public:
  explicit writer(size_t bytes) : bytes_(bytes) { text.reserve(bytes + 4096); }

  [[nodiscard]] bool full() const { return text.size() >= bytes_; }
  [[nodiscard]] size_t up_to(size_t most) { return static_cast<size_t>(chance_() % (most + 1)); }
  [[nodiscard]] bool one_in(size_t n) { return up_to(n - 1) == 0; }

  template <size_t n>
  std::string_view any(const std::array<std::string_view, n>& of) {
    return of[up_to(n - 1)];
  }

  /// Text with a space before it, or a new line where the line is long.
  void put_word(std::string_view word) {
    if (text.size() - line_ + word.size() > line_bytes) {
      end_line();
    } else if (text.size() > line_) {
      text += ' ';
    }
    text += word;
  }

  void end_line() {
    text += '\n';
    line_ = text.size();
  }

  std::string text;

private:
  std::mt19937_64 chance_{seed};
  size_t bytes_;
  size_t line_ = 0;
};

constexpr std::array<std::string_view, 40> words{
  "the",      "of",       "a",         "and",     "in",       "we",      "is",       "that",    "for",       "with",
  "this",     "every",    "result",    "bound",   "space",    "measure", "function", "theorem", "proof",     "shows",
  "let",      "be",       "compact",   "linear",  "operator", "then",    "there",    "exists",  "such",      "which",
  "estimate", "constant", "following", "section", "where",    "define",  "sequence", "to",      "converges", "by"};
constexpr std::array<std::string_view, 8> inline_macros{
  "\\emph{weak}",     "\\cite{knuth84}", "\\ref{eq:main}", "$x_i$",
  "\\textbf{strong}", "$\\epsilon > 0$", "(see~[3])",      "``so''"};
constexpr std::array<std::string_view, 10> macro_lines{
  "\\newcommand{\\norm}[1]{\\left\\lVert#1\\right\\rVert}",
  "\\def\\@tempa#1#2{\\ifx#1\\relax\\expandafter\\@firstoftwo\\else\\@secondoftwo\\fi}",
  "\\renewcommand*{\\thesection}{\\Roman{section}}",
  "\\DeclareMathOperator{\\supp}{supp}",
  "\\expandafter\\let\\csname old@#1\\expandafter\\endcsname\\csname#1\\endcsname",
  "\\ifnum\\count@<\\z@\\advance\\count@\\@ne\\fi",
  "\\hbox to\\hsize{\\hfil\\vrule\\hskip1em\\box\\z@\\hfil}",
  "\\begin{tabular}{@{}l|r@{}}\\toprule a&b\\\\\\midrule",
  "\\setlength{\\parindent}{0pt}\\setlength{\\parskip}{6pt plus 2pt}",
  "\\global\\advance\\c@page\\@ne\\relax\\let\\next\\iterate"};
constexpr std::array<std::string_view, 8> formulas{
  "\\sum_{i=1}^{n} a_i x^{i} = \\frac{1}{2\\pi}\\int_{0}^{\\infty} f(t)\\,dt",
  "\\alpha_{k+1} \\leq \\lambda\\|x_k - y_k\\|^{2} + O(\\varepsilon)",
  "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}",
  "f(x) = \\sqrt{x^2 + y^2} \\cdot \\mathbb{E}[X \\mid Y]",
  "\\left( \\frac{\\partial u}{\\partial t} - \\Delta u \\right) = 0",
  "\\lim_{n\\to\\infty} \\sup_{x\\in K} |f_n(x) - f(x)| = 0",
  "A_{ij} = \\delta_{ij} - \\hat{n}_i\\hat{n}_j",
  "\\mathcal{L}(\\theta) = \\prod_{j} p(x_j;\\theta)^{w_j}"};

void add_prose_word(writer& to) {
  to.put_word(to.one_in(14) ? to.any(inline_macros) : to.any(words));
  if (to.one_in(9)) to.text += to.one_in(2) ? '.' : ',';
}

std::string prose(size_t bytes) {
  writer to{bytes};
  while (!to.full()) {
    add_prose_word(to);
    if (!to.one_in(90)) continue;
    to.end_line();
    to.end_line();
  }
  return to.text;
}

std::string one_line(size_t bytes) {
  writer to{bytes};
  while (!to.full()) {
    to.text += to.any(words);
    to.text += to.one_in(12) ? ". " : " ";
  }
  return to.text;
}

template <size_t n>
std::string lines_of(size_t bytes, const std::array<std::string_view, n>& lines, std::string_view before,
                     std::string_view after) {
  writer to{bytes};
  while (!to.full()) {
    to.text += before;
    to.text += to.any(lines);
    to.text += after;
  }
  return to.text;
}

// Characters from a range of code points, with a macro now and then.
std::string script(size_t bytes, char32_t first, char32_t last, bool spaced) {
  writer to{bytes};
  while (!to.full()) {
    std::string word;
    for (size_t left = 2 + to.up_to(6); left > 0; --left)
      append_utf8(word, first + static_cast<char32_t>(to.up_to(last - first)));
    if (to.one_in(40)) word += to.any(inline_macros);
    if (spaced) {
      to.put_word(word);
    } else {
      to.text += word;
      if (to.one_in(6)) to.end_line();
    }
  }
  return to.text;
}

std::string comments(size_t bytes) {
  writer to{bytes};
  while (!to.full()) {
    if (to.one_in(4)) to.text += "\\setcounter{page}{1} ";
    to.text += "% ";
    for (size_t left = to.up_to(12); left > 0; --left) {
      to.text += to.any(words);
      to.text += ' ';
    }
    to.end_line();
  }
  return to.text;
}

std::string blank_lines(size_t bytes) {
  writer to{bytes};
  while (!to.full()) to.text += to.one_in(3) ? "  \n" : to.one_in(8) ? "x\n" : "\n";
  return to.text;
}

std::string random_bytes(size_t bytes) {
  writer to{bytes};
  while (!to.full()) to.text += static_cast<char>(to.up_to(255));
  return to.text;
}

} // namespace

std::vector<document_class> document_classes(size_t bytes) {
  return {{"prose", prose(bytes)},
          {"macros", lines_of(bytes, macro_lines, "", "\n")},
          {"math", lines_of(bytes, formulas, "\\[ ", " \\]\n")},
          {"cjk", script(bytes, 0x4E00, 0x9FA5, false)},
          {"cyrillic", script(bytes, 0x0430, 0x044F, true)},
          {"comments", comments(bytes)},
          {"blank lines", blank_lines(bytes)},
          {"one line", one_line(bytes)},
          {"backslashes", std::string(bytes, '\\')},
          {"random bytes", random_bytes(bytes)}};
}

document_class document_of_file(const std::string& path, size_t bytes) {
  std::ifstream in{path, std::ios::binary};
  if (!in) throw std::runtime_error{"cannot read " + path};
  const std::string once{std::istreambuf_iterator<char>{in}, {}};
  if (once.empty()) throw std::runtime_error{path + " is empty"};
  std::string text = once;
  while (text.size() < bytes) text += once;
  return {std::filesystem::path{path}.filename().string(), text};
}

} // namespace texlex::bench

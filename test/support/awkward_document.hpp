// Documents whose pieces meet in awkward ways, made by chance from a seed: the same ones wherever several ways to scan
// are compared.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "kernels/regimes.hpp"

namespace texlex::test {

class awkward_document {
public:
  explicit awkward_document(uint64_t seed) : chance_(seed) {
    const uint64_t length = likely(20) ? up_to(3000) : up_to(400);
    const uint64_t common = chance_(); // of the pieces; what is rare in one document is common in another
    const bool raw = likely(5);
    while (text.size() < length) {
      const size_t which = up_to(pieces.size() - 1);
      if (raw || likely(2)) {
        text += static_cast<char>(chance_());
      } else if ((common >> (which % 64) & 1) != 0 || likely(10)) {
        text += pieces[which];
      } else {
        text += "lorem ipsum "[up_to(11)];
      }
    }
    if (likely(60)) pad_to_a_border();
    make_rules();
  }

  std::string text;
  regime rules;

  [[nodiscard]] uint64_t any_chunk() { return likely(40) ? UINT32_MAX : 1 + up_to(likely(50) ? 10 : 300); }

private:
  using view = std::string_view;
  static constexpr std::array pieces{view{"\\"},
                                     view{"\\"},
                                     view{"\\\\"},
                                     view{"{"},
                                     view{"}"},
                                     view{"{}"},
                                     view{"$"},
                                     view{"^"},
                                     view{"_"},
                                     view{"~"},
                                     view{"&"},
                                     view{"#"},
                                     view{"%"},
                                     view{"% note\n"},
                                     view{"\\%"},
                                     view{"\\alpha"},
                                     view{"\\a@b "},
                                     view{"\\ "},
                                     view{"\\\n"},
                                     view{"\\ \n"},
                                     view{" "},
                                     view{"  "},
                                     view{"   "},
                                     view{"\t"},
                                     view{" \t "},
                                     view{"\n"},
                                     view{"\n\n"},
                                     view{"\r"},
                                     view{"\r\n"},
                                     view{"\r\n\r\n"},
                                     view{" \n"},
                                     view{"  \r\n"},
                                     view{"\t \n"},
                                     view{"a"},
                                     view{"word"},
                                     view{"1"},
                                     view{"^^"},
                                     view{"^^M"},
                                     view{"^^5c"},
                                     view{"^^^^6f22"},
                                     view{"^^^"},
                                     view{"\xC3\xA9"},
                                     view{"\xC2\x85"},
                                     view{"\xE6\xBC\xA2"},
                                     view{"\xE6\xBC\xA2\xE5\xAD\x97"},
                                     view{"\xF0\x9F\x98\x80"},
                                     view{"\xC3"},
                                     view{"\xE2\x82"},
                                     view{"\xEF\xBB\xBF"},
                                     view{"\xE2\x80\x8F"},
                                     view{"\xD8\x9C"},
                                     view{"\xED\xA0\x80"},
                                     view{"\0", 1},
                                     view{"\x01"},
                                     view{"\x7F"},
                                     view{"\xFF"},
                                     view{"\f"},
                                     view{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
                                     view{"                                                                      "}};

  bool likely(uint64_t percent) { return chance_() % 100 < percent; }
  uint64_t up_to(uint64_t most) { return chance_() % (most + 1); }

  // So that the document, or a piece in it, ends right before, at or behind a border of 64 bytes.
  void pad_to_a_border() {
    const uint64_t at = up_to(text.size());
    const uint64_t missing = (64 - at % 64 + up_to(2) + 63) % 64;
    text.insert(at, missing, likely(50) ? 'x' : ' ');
    text += pieces[up_to(pieces.size() - 1)];
  }

  void make_rules() {
    const auto names = regime_names();
    rules = *find_regime(names[up_to(names.size() - 1)]);
    if (likely(30))
      for (uint64_t i = up_to(8); i > 0; --i)
        rules.catcodes.set(static_cast<char32_t>(likely(70) ? up_to(127) : up_to(0x9000)), catcode(up_to(15)));
    static constexpr std::array ends{-1, 13, 32, 9, int{'a'}, int{'%'}, int{'\\'}, 0, int{'{'}, 0xE9};
    if (likely(20)) rules.end_line_character = ends[up_to(ends.size() - 1)];
  }

  std::mt19937_64 chance_;
};

} // namespace texlex::test

#include "kernels/regimes.hpp"

#include <array>
#include <memory>
#include <mutex>

namespace texlex {
namespace {

constexpr catcode_range initex[] = {
#include "kernels/tables/initex.inc"
};
constexpr catcode_range plain[] = {
#include "kernels/tables/plain.inc"
};
constexpr catcode_range latex[] = {
#include "kernels/tables/latex.inc"
};
constexpr catcode_range latex_package[] = {
#include "kernels/tables/latex-package.inc"
};
constexpr catcode_range expl3[] = {
#include "kernels/tables/expl3.inc"
};
constexpr catcode_range initex_8bit[] = {
#include "kernels/tables/initex-8bit.inc"
};
constexpr catcode_range plain_8bit[] = {
#include "kernels/tables/plain-8bit.inc"
};
constexpr catcode_range latex_8bit[] = {
#include "kernels/tables/latex-8bit.inc"
};
constexpr catcode_range latex_package_8bit[] = {
#include "kernels/tables/latex-package-8bit.inc"
};
constexpr catcode_range expl3_8bit[] = {
#include "kernels/tables/expl3-8bit.inc"
};

struct regime_row {
  std::string_view name;
  std::span<const catcode_range> catcodes;
  int32_t end_line_character;
  texlex::encoding encoding;
};

constexpr size_t regime_count = 10;
constexpr std::array<regime_row, regime_count> rows{{
  {"initex", initex, 13, encoding::utf8},
  {"plain", plain, 13, encoding::utf8},
  {"latex", latex, 13, encoding::utf8},
  {"latex-package", latex_package, 13, encoding::utf8},
  {"expl3", expl3, 32, encoding::utf8},
  {"initex-8bit", initex_8bit, 13, encoding::eight_bit},
  {"plain-8bit", plain_8bit, 13, encoding::eight_bit},
  {"latex-8bit", latex_8bit, 13, encoding::eight_bit},
  {"latex-package-8bit", latex_package_8bit, 13, encoding::eight_bit},
  {"expl3-8bit", expl3_8bit, 32, encoding::eight_bit},
}};

constexpr auto names = [] {
  std::array<std::string_view, regime_count> result;
  for (size_t i = 0; i < regime_count; ++i) result[i] = rows[i].name;
  return result;
}();

} // namespace

std::span<const std::string_view> regime_names() noexcept { return names; }

const regime* find_regime(std::string_view name) {
  static std::array<std::once_flag, regime_count> made;
  static std::array<std::unique_ptr<const regime>, regime_count> regimes;
  for (size_t i = 0; i < regime_count; ++i) {
    const regime_row& row = rows[i];
    if (row.name != name) continue;
    std::call_once(made[i], [&] {
      regimes[i] = std::make_unique<const regime>(
        regime{std::string{row.name}, catcode_table{row.catcodes}, row.end_line_character, row.encoding});
    });
    return regimes[i].get();
  }
  return nullptr;
}

} // namespace texlex

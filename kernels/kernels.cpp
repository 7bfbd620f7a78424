#include "kernels/kernels.hpp"

#include <array>
#include <cstddef>

#include "kernels/reference.hpp"
#include "kernels/simd/simd_kernel.hpp"
#include "kernels/simd/targets.hpp"

namespace texlex {
namespace {

template <simd::run_function target>
void advance(const scan_input& input, uint64_t limit, scan_cursor& cursor, const scan_output& output) {
  simd::advance(target, input, limit, cursor, output);
}

// Built with TEXLEX_SIMD off there is the reference alone.
#if defined(__x86_64__) && !defined(TEXLEX_NO_SIMD)
constinit const kernel avx512{"avx512", advance<simd::avx512::run>, simd::avx512::expand};
constinit const kernel avx2{"avx2", advance<simd::avx2::run>, simd::avx2::expand};
constinit const kernel sse4{"sse4", advance<simd::sse4::run>, simd::sse4::expand};

// All that a target's file is compiled with (see CMakeLists.txt); the system must save the wide registers too, which
// the compiler's own check looks at.
bool has_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
         && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2")
         && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}
bool has_avx2() noexcept {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")
         && __builtin_cpu_supports("popcnt");
}
bool has_sse4() noexcept { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt"); }
#elif defined(__aarch64__) && !defined(TEXLEX_NO_SIMD)
constinit const kernel neon{"neon", advance<simd::neon::run>, simd::neon::expand};
#elif defined(__wasm_simd128__) && !defined(TEXLEX_NO_SIMD)
constinit const kernel simd128{"simd128", advance<simd::simd128::run>, simd::simd128::expand};
#endif

struct row {
  const kernel* made;
  bool (*runs_here)() noexcept;
};

// Best first, and the last one runs anywhere.
constexpr row built[] = {
#if defined(__x86_64__) && !defined(TEXLEX_NO_SIMD)
  {&avx512, has_avx512},
  {&avx2, has_avx2},
  {&sse4, has_sse4},
#elif defined(__aarch64__) && !defined(TEXLEX_NO_SIMD)
  {&neon, []() noexcept { return true; }},
#elif defined(__wasm_simd128__) && !defined(TEXLEX_NO_SIMD)
  {&simd128, []() noexcept { return true; }}, // an engine without it refuses the module as a whole
#endif
  {&reference_kernel, []() noexcept { return true; }},
};

struct usable_kernels {
  std::array<const kernel*, std::size(built)> rows{};
  std::array<std::string_view, std::size(built)> names{};
  size_t count = 0;

  usable_kernels() noexcept {
    for (const row& each : built) {
      if (!each.runs_here()) continue;
      rows[count] = each.made;
      names[count] = each.made->name;
      ++count;
    }
  }
};

const usable_kernels& usable() noexcept {
  static const usable_kernels kernels;
  return kernels;
}

} // namespace

std::span<const std::string_view> kernel_names() noexcept { return {usable().names.data(), usable().count}; }

const kernel* find_kernel(std::string_view name) noexcept {
  const usable_kernels& kernels = usable();
  if (name == best_kernel_name) return kernels.rows[0];
  for (size_t i = 0; i < kernels.count; ++i)
    if (kernels.names[i] == name) return kernels.rows[i];
  return nullptr;
}

} // namespace texlex

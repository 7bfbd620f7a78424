// What worlds have come to, added up over many of them: to see that what could go wrong did.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/outcome.hpp"
#include "test/simulation/faults.hpp"

namespace texlex::simulation {

enum class reached : uint8_t {
  worlds,
  requests,
  events,
  hedges_fired,
  hedges_won,
  ejections,
  rotations,
  unstaffed,  ///< worlds without workers for a while
  overloaded, ///< worlds that were
  orders_resent,
  orders_doubled,
  far_answers,
  answers_with_columns,
  answers_lent,
};
inline constexpr size_t reached_count = 14;

[[nodiscard]] std::string_view name_of(reached what) noexcept;

struct world_counts {
  std::array<uint64_t, fault_count> faults{};
  std::array<uint64_t, status_count> answers{};
  std::array<uint64_t, reached_count> states{};

  [[nodiscard]] uint64_t& operator[](reached what) noexcept { return states[static_cast<size_t>(what)]; }

  void add(const world_counts& other) noexcept;
};

} // namespace texlex::simulation

// A worker's end as the exit reason CAF carries to whoever monitors it, and back.
#pragma once

#include <caf/atom.hpp>
#include <caf/error.hpp>

#include "actors/state/worker_death.hpp"

namespace texlex {

inline constexpr caf::atom_value death_category = caf::atom("tx_death");

[[nodiscard]] inline caf::error to_reason(death cause) {
  return caf::error{static_cast<uint8_t>(cause), death_category};
}

/// An end no worker gave a reason for came from outside.
[[nodiscard]] inline death death_of(const caf::error& reason) {
  return reason.category() == death_category ? static_cast<death>(reason.code()) : death::outside;
}

} // namespace texlex

// What the system's limits leave room for. Looked at before anything is started, so that a start that cannot succeed
// says at once which limit is in its way, and what runs later does not meet it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace texlex {

/// The settings to serve with, or why it cannot be.
struct room_to_serve {
  settings adjusted;
  std::vector<std::string> warnings; ///< what is less than was asked for
  std::string cores_because;         ///< what told how many workers there are
  std::optional<std::string> refused;
};

/// Raises the limits as far as the process may, and fits `asked` into them: `workers.cores` is filled in where it was
/// empty, and connections and requests are as many as there are files for.
[[nodiscard]] room_to_serve find_room(const settings& asked);

/// To be called before the first thread is made: with little address space its heaps must not take what arenas need.
void be_sparing_with_address_space() noexcept;

} // namespace texlex

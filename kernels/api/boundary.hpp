// No exception leaves the library: whatever is thrown behind this line becomes a status.
#pragma once

#include <new>

#include "texlex/texlex.h"

namespace texlex::api {

/// The status `call` returns, or that of what it threw.
template <class Call>
[[nodiscard]] texlex_status at_boundary(Call&& call) noexcept {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return TEXLEX_NO_MEMORY;
  } catch (...) {
    return TEXLEX_INTERNAL_ERROR;
  }
}

} // namespace texlex::api

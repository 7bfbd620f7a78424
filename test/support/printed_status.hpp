// How Boost.Test prints a status.
#pragma once

#include <ostream>

#include "runtime/outcome.hpp"

namespace texlex {

inline std::ostream& operator<<(std::ostream& out, status s) { return out << name_of(s); }

} // namespace texlex

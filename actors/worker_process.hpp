// The other side of a process lane: what `texlexd worker` does. One thread that takes documents out of shared memory,
// runs them one after another and says how each ended, until its parent has ended. Knows no CAF.
#pragma once

#include <string_view>

namespace texlex {

/// The argument texlexd starts itself with to be a worker; not for people, so it is in no --help.
inline constexpr std::string_view worker_command = "worker";

/// Serves the lane at the other end of `passed_descriptor`. Returns the status to exit with.
int run_worker_process();

} // namespace texlex

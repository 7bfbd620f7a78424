// How many instructions a piece of work takes, on any Linux: a child process does it, one traced step at a time. Exact
// and the same on every run, where machines are noisy and their counters out of reach. Slow: 2 to 20 us a step.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace texlex::bench {

/// The instructions `work` executes in this process's place, less those of an empty one. Nothing if the system lets
/// nobody trace, or if it takes more than `most`.
[[nodiscard]] std::optional<uint64_t> count_instructions(const std::function<void()>& work, uint64_t most);

} // namespace texlex::bench

// Runs worlds in processes of their own, since one that breaks an invariant aborts; finds the seed that did, and makes
// what leads there small.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "runtime/time.hpp"
#include "test/simulation/plan.hpp"
#include "test/simulation/world.hpp"

namespace texlex::simulation {

/// One world, with what is left out of it.
struct scenario {
  uint64_t seed = 0;
  plan_bounds bounds{};
  std::vector<stroke> left_out{};
};

struct failure {
  scenario what;
  std::string why; ///< the process's last words
};

struct run_report {
  world_counts counts;
  std::optional<failure> failed; ///< the first that was found; then the rest was not run
  uint64_t seeds_run = 0;
  bool interrupted = false; ///< by time, before all seeds were run
};

/// Runs the worlds of seeds `from` to `to`, both included, in so many processes at a time, until one fails or `length`
/// is over. `progress` is called now and then with how many are done. Throws std::system_error if the system has no
/// process.
[[nodiscard]] run_report run_seeds(uint64_t from, uint64_t to, uint32_t processes, std::optional<duration> length,
                                   const std::function<void(uint64_t)>& progress);

/// Runs one world in a process of its own: its last words if it breaks, else nothing.
[[nodiscard]] std::optional<std::string> run_one(const scenario& what);

/// The least of that scenario that was found to fail too: fewer clients, requests, lanes elsewhere and strokes of fate.
[[nodiscard]] failure made_small(const failure& found, const std::function<void(const std::string&)>& progress);

/// The strokes that fall in it, up to where it ends.
[[nodiscard]] std::vector<stroke> strokes_in(const scenario& what);

} // namespace texlex::simulation

// Clusters of one node, two, four and so on: what `texlex-simulate --nodes` prints of them, and what must hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/simulation/growth.hpp"

namespace texlex::simulation {

/// What of a cluster's figures must not be, as sentences; none: all is well.
[[nodiscard]] std::vector<std::string> faults_of(const growth_options& options, const growth_figures& figures);

/// Prints a line a cluster, up to `options.nodes`, for each way in which clients may be spread. False: some were not
/// well.
[[nodiscard]] bool print_growth(const growth_options& options);

} // namespace texlex::simulation

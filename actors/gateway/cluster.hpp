// The node as a part of the house: transport and gateway, made of settings. Shows no CAF.
#pragma once

#include "config/settings.hpp"
#include "kernels/scan.hpp"

namespace texlex {

struct house_part_maker;

/// For settings that ask for a cluster, and have passed `check`.
[[nodiscard]] house_part_maker cluster_of(const settings& settings, const kernel& kernel);

} // namespace texlex

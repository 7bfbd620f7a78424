// What a stats response says of a cluster, behind all else.
#pragma once

#include <string>

#include "actors/reports.hpp"

namespace texlex {

/// Nothing at all of no cluster. At most limits::stats_cluster_bytes_max bytes: peers whose lines would go beyond are
/// left out, though they are counted.
[[nodiscard]] std::string cluster_lines(const cluster_report* cluster);

} // namespace texlex

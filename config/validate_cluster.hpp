// Whether the settings of a cluster make sense together. That the files of cluster.tls can be read, and what is in
// them, is looked at when they are loaded.
#pragma once

#include <string>
#include <vector>

#include "config/settings.hpp"

namespace texlex {

/// Adds a sentence for each error. Without cluster.listen there is no cluster, and nothing else of it may be set.
void check_cluster(const settings& all, std::vector<std::string>& errors);

} // namespace texlex

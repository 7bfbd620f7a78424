// How much of the processors a control group gives this process. A container with a quota of two cores sees all of the
// machine's, and whoever uses more than the quota stands still for the rest of each period.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace texlex {

struct cpu_quota {
  double cores = 0;
  std::string file; ///< that says so
};

/// Text of a file; nothing if it cannot be read.
using read_text = std::function<std::optional<std::string>(const std::string& path)>;

/// The smallest quota along the way from the process's control group up to the root, of version 1 or 2; nothing if none
/// of them has one. `groups` and `mounts` are the texts of /proc/self/cgroup and /proc/self/mountinfo.
[[nodiscard]] std::optional<cpu_quota> smallest_cpu_quota(const std::string& groups, const std::string& mounts,
                                                          const read_text& read);

/// The same of this process; nothing where the system has no control groups.
[[nodiscard]] std::optional<cpu_quota> own_cpu_quota();

} // namespace texlex

#include "runtime/cgroup.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

namespace texlex {
namespace {

constexpr const char* root = "/";

/// A hierarchy of groups that knows of processors.
struct hierarchy {
  bool unified = false; ///< version 2
  std::string group;    ///< the process's, from the hierarchy's root
};

struct mount {
  std::string part;  ///< of the hierarchy, that is mounted
  std::string point; ///< where
};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream rest{text};
  for (std::string part; std::getline(rest, part, at);) parts.push_back(part);
  return parts;
}

bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// `4:cpu,cpuacct:/system.slice` of version 1, `0::/system.slice` of version 2.
std::vector<hierarchy> hierarchies_of(const std::string& groups) {
  std::vector<hierarchy> found;
  for (const std::string& line : split(groups, '\n')) {
    const size_t controllers = line.find(':');
    const size_t path = controllers == std::string::npos ? controllers : line.find(':', controllers + 1);
    if (path == std::string::npos) continue;
    const std::string names = line.substr(controllers + 1, path - controllers - 1);
    if (names.empty() || has(split(names, ','), "cpu")) found.push_back({names.empty(), line.substr(path + 1)});
  }
  return found;
}

// In mountinfo a blank, a tab, a newline and a backslash are written as `\` and three octal digits.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size();
    unsigned code = 0;
    if (escape && std::from_chars(&text[i + 1], &text[i + 4], code, 8).ptr == &text[i + 4]) {
      plain += static_cast<char>(code);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// `36 35 98:0 /part /point rw shared:1 - cgroup2 cgroup rw`: of the fields behind the hyphen the first is the type, the
// third has the controllers of version 1.
std::optional<mount> mount_of(const hierarchy& wanted, const std::string& mounts) {
  for (const std::string& line : split(mounts, '\n')) {
    const auto fields = split(line, ' ');
    const auto hyphen = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 6 || std::distance(hyphen, fields.end()) < 4) continue;
    const bool fits =
      wanted.unified ? hyphen[1] == "cgroup2" : hyphen[1] == "cgroup" && has(split(hyphen[3], ','), "cpu");
    if (fits) return mount{unescaped(fields[3]), unescaped(fields[4])};
  }
  return std::nullopt;
}

// The folders of a group and of all above it, as far as they are mounted: the deepest first. In a container the mount
// may begin below the hierarchy's root, or the path be one of another name space: then what is mounted is the group.
std::vector<std::string> folders_of(const std::string& group, const mount& at) {
  std::string below = group;
  const bool within = at.part == root || group == at.part || group.starts_with(at.part + "/");
  if (!within || group.starts_with("/.."))
    below = "";
  else if (at.part != root)
    below = group.substr(at.part.size());
  std::vector<std::string> folders;
  for (; below.size() > 1; below.resize(below.rfind('/'))) folders.push_back(at.point + below);
  folders.push_back(at.point);
  return folders;
}

std::optional<int64_t> number(const std::string& text) {
  int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc{}) return std::nullopt;
  return value;
}

std::optional<double> cores(std::optional<int64_t> quota, std::optional<int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt; // `max`, or -1: no quota
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<cpu_quota> quota_in(const std::string& folder, bool unified, const read_text& read) {
  const std::string file = folder + (unified ? "/cpu.max" : "/cpu.cfs_quota_us");
  const auto text = read(file);
  if (!text) return std::nullopt; // the root has none
  std::optional<double> found;
  if (unified) { // `200000 100000`
    const size_t blank = text->find(' ');
    if (blank != std::string::npos) found = cores(number(text->substr(0, blank)), number(text->substr(blank + 1)));
  } else {
    found = cores(number(*text), number(read(folder + "/cpu.cfs_period_us").value_or("")));
  }
  if (!found) return std::nullopt;
  return cpu_quota{*found, file};
}

} // namespace

std::optional<cpu_quota> smallest_cpu_quota(const std::string& groups, const std::string& mounts,
                                            const read_text& read) {
  std::optional<cpu_quota> smallest;
  for (const hierarchy& each : hierarchies_of(groups)) {
    const auto at = mount_of(each, mounts);
    if (!at) continue;
    for (const std::string& folder : folders_of(each.group, *at))
      if (const auto quota = quota_in(folder, each.unified, read);
          quota && (!smallest || quota->cores < smallest->cores))
        smallest = quota;
  }
  return smallest;
}

std::optional<cpu_quota> own_cpu_quota() {
  const read_text read = [](const std::string& path) -> std::optional<std::string> {
    std::ifstream file{path};
    if (!file) return std::nullopt;
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  return smallest_cpu_quota(read("/proc/self/cgroup").value_or(""), read("/proc/self/mountinfo").value_or(""), read);
}

} // namespace texlex

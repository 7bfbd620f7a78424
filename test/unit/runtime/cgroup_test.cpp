// The processors a control group gives: read out of the texts the system shows, of both versions.
#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

#include "runtime/cgroup.hpp"
#include "runtime/cpu.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(cgroup_test)

namespace {

const std::string v2_mount = "31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const std::string v1_mounts = "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                              "33 32 0:28 / /sys/fs/cgroup/memory rw shared:10 - cgroup cgroup rw,memory\n"
                              "34 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:11 - cgroup cgroup rw,cpu,cpuacct\n";

std::optional<cpu_quota> quota(const std::string& groups, const std::string& mounts,
                               const std::map<std::string, std::string>& files) {
  return smallest_cpu_quota(groups, mounts, [&](const std::string& path) -> std::optional<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return std::nullopt;
    return found->second;
  });
}

} // namespace

BOOST_AUTO_TEST_CASE(the_quota_of_its_own_group_counts) {
  const auto found =
    quota("0::/app.slice/texlexd\n", v2_mount, {{"/sys/fs/cgroup/app.slice/texlexd/cpu.max", "250000 100000\n"}});
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->cores == 2.5);
  BOOST_TEST(found->file == "/sys/fs/cgroup/app.slice/texlexd/cpu.max");
}

BOOST_AUTO_TEST_CASE(so_does_the_smaller_one_of_any_group_above) {
  const auto found = quota("0::/a/b/c\n", v2_mount,
                           {{"/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n"},
                            {"/sys/fs/cgroup/a/b/cpu.max", "800000 100000\n"},
                            {"/sys/fs/cgroup/a/cpu.max", "150000 50000\n"}});
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->cores == 3.0);
  BOOST_TEST(found->file == "/sys/fs/cgroup/a/cpu.max");
}

BOOST_AUTO_TEST_CASE(version_1_has_it_in_two_files_beside_the_controllers_that_do_not_matter) {
  const std::string groups = "5:memory:/other\n4:cpu,cpuacct:/a/b\n1:name=systemd:/x\n0::/ignored\n";
  const auto found = quota(groups, v1_mounts,
                           {{"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n"},
                            {"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n"},
                            {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "50000\n"},
                            {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n"}});
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->cores == 0.5);
}

BOOST_AUTO_TEST_CASE(in_a_container_the_mount_begins_at_its_own_group) {
  const std::string mounts = "40 39 0:29 /docker/4f /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n";
  const std::map<std::string, std::string> files{{"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000"},
                                                 {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000"},
                                                 {"/sys/fs/cgroup/cpu/below/cpu.cfs_quota_us", "100000"},
                                                 {"/sys/fs/cgroup/cpu/below/cpu.cfs_period_us", "100000"}};
  BOOST_TEST(quota("4:cpu:/docker/4f\n", mounts, files)->cores == 2.0);
  BOOST_TEST(quota("4:cpu:/docker/4f/below\n", mounts, files)->cores == 1.0);
  BOOST_TEST(quota("4:cpu:/elsewhere\n", mounts, files)->cores == 2.0);
}

BOOST_AUTO_TEST_CASE(in_a_name_space_of_groups_the_root_is_the_group) {
  BOOST_TEST(quota("0::/\n", v2_mount, {{"/sys/fs/cgroup/cpu.max", "150000 100000\n"}})->cores == 1.5);
  BOOST_TEST(quota("0::/../other\n", v2_mount, {{"/sys/fs/cgroup/cpu.max", "150000 100000\n"}})->cores == 1.5);
}

BOOST_AUTO_TEST_CASE(a_mount_point_with_a_blank_is_found) {
  const std::string mounts = "31 24 0:27 / /my\\040groups rw - cgroup2 none rw\n";
  BOOST_TEST(quota("0::/a\n", mounts, {{"/my groups/a/cpu.max", "100000 100000"}})->cores == 1.0);
}

BOOST_AUTO_TEST_CASE(no_quota_no_mount_and_texts_gone_wrong_are_no_quota) {
  const std::string file = "/sys/fs/cgroup/a/cpu.max";
  for (const char* text : {"max 100000\n", "", "max", "100000", "x y", "0 100000", "-1 100000", "100000 0", "100000 x"})
    BOOST_TEST(!quota("0::/a\n", v2_mount, {{file, text}}).has_value(), text);
  BOOST_TEST(!quota("0::/a\n", "", {{file, "100000 100000"}}).has_value());
  for (const char* groups : {"", "\n", "0", "0:", "::", "nonsense", "4:memory:/a"})
    BOOST_TEST(!quota(groups, v1_mounts, {{file, "100000 100000"}}).has_value(), groups);
}

BOOST_AUTO_TEST_CASE(workers_get_whole_cores_of_the_quota_and_one_at_least) {
  const std::vector<uint32_t> allowed{2, 3, 5, 7};
  BOOST_TEST(cores_within(allowed, std::nullopt) == allowed);
  BOOST_TEST(cores_within(allowed, 4.0) == allowed);
  BOOST_TEST(cores_within(allowed, 64.0) == allowed);
  BOOST_TEST(cores_within(allowed, 3.9) == (std::vector<uint32_t>{2, 3, 5}));
  BOOST_TEST(cores_within(allowed, 1.0) == (std::vector<uint32_t>{2}));
  BOOST_TEST(cores_within(allowed, 0.2) == (std::vector<uint32_t>{2}));
}

BOOST_AUTO_TEST_SUITE_END()

#include "config/validate_cluster.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>

#include <spdlog/fmt/fmt.h>

#include "config/schema.hpp"
#include "config/shown_text.hpp"
#include "runtime/host_port.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

using error_list = std::vector<std::string>;

constexpr std::string_view as_host_port = "host:port, an IPv6 address in brackets";

// A default that is written out is none: what --print-config prints must load.
bool is_changed(const field& row, settings& present, settings& defaults) {
  return std::visit([&](auto access) { return access(present) != access(defaults); }, row.access);
}

void check_absent(const settings& all, error_list& errors) {
  settings present = all;
  settings defaults;
  for (const field& row : schema())
    if ((row.section == "cluster" || row.section == "cluster.tls" || row.key == "cluster_node_id")
        && is_changed(row, present, defaults))
      errors.push_back(
        fmt::format("{}.{} is set, but cluster.listen is not: there is no cluster without it.", row.section, row.key));
}

// A name is in each line of the log and a label of each metric about its node.
bool is_label(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\'; });
}

void check_label(std::string_view key, const std::string& name, error_list& errors) {
  if (!is_label(name))
    errors.push_back(
      fmt::format("{} is \"{}\"; it must be printable ASCII without quotes and backslashes.", key, shown_text(name)));
}

bool is_reached(const std::string& address) {
  const auto parts = split_listen_address(address);
  return parts && parts->port > 0;
}

void check_reached(std::string_view key, const std::string& address, error_list& errors) {
  if (!is_reached(address))
    errors.push_back(fmt::format("{} is \"{}\"; it must be {}.", key, shown_text(address), as_host_port));
}

void check_addresses(const cluster_settings& cluster, error_list& errors) {
  if (!split_listen_address(cluster.listen))
    errors.push_back(fmt::format("cluster.listen is \"{}\"; it must be {}.", shown_text(cluster.listen), as_host_port));
  if (!cluster.advertise.empty()) check_reached("cluster.advertise", cluster.advertise, errors);
  if (!cluster.dns.empty()) check_reached("cluster.dns", cluster.dns, errors);
  for (const std::string& seed : cluster.seeds)
    if (!is_reached(seed))
      errors.push_back(fmt::format("cluster.seeds has \"{}\"; each must be {}.", shown_text(seed), as_host_port));
  if (cluster.seeds.size() > limits::cluster_seeds_max)
    errors.push_back(fmt::format("cluster.seeds has {} addresses; it must have at most {}.", cluster.seeds.size(),
                                 limits::cluster_seeds_max));
  if (cluster.dns.empty() && cluster.dns_interval_s != cluster_settings{}.dns_interval_s)
    errors.push_back("cluster.dns_interval_s is set, but cluster.dns is not: no name is looked up without it.");
}

void check_node_id(const std::string& digits, error_list& errors) {
  const bool all_are =
    std::all_of(digits.begin(), digits.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!digits.empty() && (digits.size() != 32 || !all_are))
    errors.push_back(fmt::format("test.cluster_node_id is \"{}\"; it must be 32 of the digits 0 to 9 and a to f.",
                                 shown_text(digits)));
}

void check_times(const cluster_settings& cluster, error_list& errors) {
  if (uint64_t{cluster.heartbeat_ms} * 2 > cluster.suspect_ms)
    errors.push_back(fmt::format("cluster.suspect_ms is {}; it must be at least twice cluster.heartbeat_ms, {}.",
                                 cluster.suspect_ms, cluster.heartbeat_ms));
  if (cluster.suspect_ms >= cluster.down_ms)
    errors.push_back(fmt::format("cluster.down_ms is {}; it must be more than cluster.suspect_ms, {}.", cluster.down_ms,
                                 cluster.suspect_ms));
}

void check_sizes(const settings& all, error_list& errors) {
  const cluster_settings& cluster = all.cluster;
  if (cluster.document_bytes_min > cluster.document_bytes_max)
    errors.push_back(fmt::format("cluster.document_bytes_min is {}; it must be at most cluster.document_bytes_max, {}.",
                                 cluster.document_bytes_min, cluster.document_bytes_max));
  if (cluster.document_bytes_max > all.limits.document_bytes_max)
    errors.push_back(fmt::format("cluster.document_bytes_max is {}; it must be at most limits.document_bytes_max, {}.",
                                 cluster.document_bytes_max, all.limits.document_bytes_max));
}

// A host name, or one whose first label may be any.
bool is_name_pattern(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  const auto is_of_names = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
           || c == '.';
  };
  return !name.empty() && name.front() != '.' && name.back() != '.' && name.find("..") == std::string_view::npos
         && std::all_of(name.begin(), name.end(), is_of_names);
}

void check_paths(const cluster_tls_settings& tls, error_list& errors) {
  const std::pair<std::string_view, const std::string&> paths[] = {
    {"certificate", tls.certificate}, {"key", tls.key}, {"ca", tls.ca}};
  const bool has_one =
    std::any_of(std::begin(paths), std::end(paths), [](const auto& path) { return !path.second.empty(); });
  for (const auto& [key, path] : paths) {
    if (has_one && path.empty())
      errors.push_back(
        fmt::format("cluster.tls.{} is not set; of cluster.tls all of certificate, key and ca are set, or none.", key));
    if (path.find('\0') != std::string::npos)
      errors.push_back(
        fmt::format("cluster.tls.{} is \"{}\"; it must be a path, which holds no NUL.", key, shown_text(path)));
  }
}

void check_tls(const cluster_settings& cluster, error_list& errors) {
  const cluster_tls_settings& tls = cluster.tls;
  check_paths(tls, errors);
  const bool has_tls = !tls.certificate.empty() || !tls.key.empty() || !tls.ca.empty();
  if (!tls.allowed_names.empty() && !has_tls)
    errors.push_back("cluster.tls.allowed_names is set, but cluster.tls.certificate is not: without TLS nobody has a "
                     "name that could be allowed.");
  for (const std::string& name : tls.allowed_names)
    if (!is_name_pattern(name))
      errors.push_back(fmt::format("cluster.tls.allowed_names has \"{}\"; each must be a host name, of which the first "
                                   "label may be *.",
                                   shown_text(name)));
  if (tls.allowed_names.size() > limits::cluster_allowed_names_max)
    errors.push_back(fmt::format("cluster.tls.allowed_names has {} names; it must have at most {}.",
                                 tls.allowed_names.size(), limits::cluster_allowed_names_max));
  if (has_tls && cluster.insecure)
    errors.push_back("cluster.insecure is true, but cluster.tls.certificate is set; one of them must go.");
  const auto listen = split_listen_address(cluster.listen);
  if (listen && !is_loopback(listen->host) && !has_tls && !cluster.insecure)
    errors.push_back(fmt::format("cluster.listen is \"{}\", which other machines may reach: set cluster.tls, or "
                                 "cluster.insecure if the network is trusted.",
                                 shown_text(cluster.listen)));
}

} // namespace

void check_cluster(const settings& all, error_list& errors) {
  check_node_id(all.test.cluster_node_id, errors);
  if (!all.cluster.enabled()) return check_absent(all, errors);
  check_addresses(all.cluster, errors);
  check_label("cluster.name", all.cluster.name, errors);
  check_label("cluster.node", all.cluster.node, errors);
  check_label("cluster.zone", all.cluster.zone, errors);
  check_times(all.cluster, errors);
  check_sizes(all, errors);
  check_tls(all.cluster, errors);
}

} // namespace texlex

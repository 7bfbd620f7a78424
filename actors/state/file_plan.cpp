#include "actors/state/file_plan.hpp"

#include <algorithm>

#include "runtime/limits.hpp"

namespace texlex {
namespace {

// Standard streams, the loop's own, sockets that listen, and what is opened for a moment.
constexpr uint64_t own_files = 32;

// Connections that are only told that there are too many.
constexpr uint64_t refused_connections = 64;

// Both ends of a worker's socket and a page, while it starts, and memory that columns are copied out of, kept and of
// the moment; and the same of the one that replaces it.
constexpr uint64_t files_of_a_worker = 10;

// With less than this it is no service.
constexpr uint64_t connections_least = 8;
constexpr uint64_t requests_least = 8;

// One connection gets a quarter of what is scarce: beyond it, it waits and is not refused.
constexpr uint64_t share_of_a_connection = 4;

uint64_t files_of_documents(uint64_t requests_max) { return requests_max + shared_documents_kept(requests_max); }

} // namespace

uint64_t shared_documents_kept(uint64_t requests_max) noexcept {
  return std::min<uint64_t>(limits::shared_documents_kept_max, requests_max / 4);
}

file_plan share_files(uint64_t files, const file_needs& needs) noexcept {
  const uint64_t fixed =
    own_files + refused_connections + (needs.shared_documents ? needs.workers * files_of_a_worker : 0);
  const auto documents = [&](uint64_t requests) { return needs.shared_documents ? files_of_documents(requests) : 0; };
  const uint64_t needed = fixed + needs.connections_max + documents(needs.requests_max);
  file_plan plan{.needed = needed,
                 .needed_least = fixed + std::min(connections_least, needs.connections_max)
                                 + documents(std::min(requests_least, needs.requests_max)),
                 .connections_max = needs.connections_max,
                 .requests_max = needs.requests_max,
                 .requests_per_connection_max = needs.requests_per_connection_max,
                 .descriptors_max = std::min(needs.descriptors_max, files > needed ? files - needed : 0)};
  plan.enough = files >= plan.needed;
  plan.enough_at_all = files >= plan.needed_least;
  if (plan.enough || !plan.enough_at_all) return plan;
  const uint64_t left = files - fixed;
  if (!needs.shared_documents) {
    plan.connections_max = std::min(needs.connections_max, left);
    return plan;
  }
  // Half for connections, or all that documents do not need; of the rest a fifth for documents that are kept.
  const uint64_t wanted = documents(needs.requests_max);
  plan.connections_max = std::min(needs.connections_max, std::max(left / 2, left > wanted ? left - wanted : 0));
  plan.requests_max = std::min(needs.requests_max, std::max<uint64_t>(1, (left - plan.connections_max) * 4 / 5));
  plan.requests_per_connection_max =
    std::min(needs.requests_per_connection_max, std::max<uint64_t>(1, plan.requests_max / share_of_a_connection));
  return plan;
}

} // namespace texlex

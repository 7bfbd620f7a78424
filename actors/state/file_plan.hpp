// How the files a process may open are shared out: each connection is one, and so is each document that workers in
// processes of their own map. What is set aside at start cannot run out later, when nobody could be told.
#pragma once

#include <cstdint>

namespace texlex {

/// What the settings ask for.
struct file_needs {
  uint64_t connections_max = 0;
  uint64_t requests_max = 0;
  uint64_t requests_per_connection_max = 0;
  uint64_t workers = 0;
  bool shared_documents = false; ///< a document in flight is an open file
  uint64_t descriptors_max = 0;  ///< passed between clients, server and workers' processes; they can do without
};

/// What there is room for: as asked, or less.
struct file_plan {
  uint64_t needed = 0;       ///< files, to serve as asked
  uint64_t needed_least = 0; ///< files, to serve at all
  bool enough = false;       ///< to serve as asked
  bool enough_at_all = false;
  uint64_t connections_max = 0;
  uint64_t requests_max = 0;
  uint64_t requests_per_connection_max = 0;
  uint64_t descriptors_max = 0; ///< of what all else leaves
};

/// Shared documents kept for reuse beside those in flight.
[[nodiscard]] uint64_t shared_documents_kept(uint64_t requests_max) noexcept;

[[nodiscard]] file_plan share_files(uint64_t files, const file_needs& needs) noexcept;

} // namespace texlex

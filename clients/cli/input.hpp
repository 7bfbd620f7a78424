// A document out of a file or standard input, whole.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace texlex::cli {

struct input {
  std::vector<uint8_t> bytes;
  std::string error; ///< a sentence that names the file; empty if it was read
};

/// Reads a file, or standard input for `-`. At most 4 GiB - 1 bytes, as token offsets have 32 bits.
[[nodiscard]] input read_input(const std::string& path);

} // namespace texlex::cli

// The log: spdlog, with lines that a thread of its own writes to standard error. Nobody else ever waits for whoever
// reads them: a pipe nobody empties, a full disk or a stopped terminal costs lines, which are counted and told.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace texlex {

/// Makes this the log of the process. To be called once, before other threads log; its thread ends with the process.
void start_log(const std::string& level);

/// A line as it is, without time and level, in its place among the others. Before `start_log` it is written at once, if
/// standard error takes it.
void say(std::string_view line) noexcept;

/// Waits until what was logged has been written, or the time is up, as at the end of a process. True: it was.
bool flush_log(std::chrono::milliseconds patience) noexcept;

/// How long an end of the process may wait for that.
inline constexpr std::chrono::milliseconds last_flush{500};

/// How many lines were left out since the start, as nobody took them or they could not be written.
[[nodiscard]] uint64_t log_lines_dropped() noexcept;

} // namespace texlex

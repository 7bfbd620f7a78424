// Cores and threads: which cores the process may use, and where a thread runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace texlex {

/// The cores the calling thread may run on, in ascending order: those of the process, if asked on a thread that was
/// not pinned. Where the system does not tell: all it has, from 0.
[[nodiscard]] std::vector<uint32_t> allowed_cores();

/// Those for workers, where a control group gives the process only so many of them: whole ones, and one at least. A
/// worker too many uses up the group's quota, and then all threads stand still until its next period.
[[nodiscard]] std::vector<uint32_t> cores_within(std::vector<uint32_t> allowed, std::optional<double> quota);

/// The sentence to show for the first of `cores` that this process may not use; nothing if it may use them all.
[[nodiscard]] std::optional<std::string> first_core_error(const std::vector<uint32_t>& cores);

/// Binds the calling thread to a core. Returns a sentence if that failed; the thread then runs where it ran before.
[[nodiscard]] std::optional<std::string> pin_this_thread(uint32_t core);

/// From now on a thread, of this process or another, has a third of the time that a usual one has where both want a
/// core. `thread`: its number for the system; the calling one's by default. It cannot go back: that takes a privilege.
void give_way(int thread = 0) noexcept;

/// From now on the calling thread runs where nobody else wants its core, or hardly ever. It cannot go back: that takes
/// a privilege.
void step_back_this_thread() noexcept;

/// The memory node of the core it runs on just now; 0 where the system does not tell.
[[nodiscard]] unsigned memory_node_of_this_thread() noexcept;

/// Names the calling thread for `top -H` and debuggers; the system keeps the first 15 characters.
void name_this_thread(const std::string& name) noexcept;

} // namespace texlex

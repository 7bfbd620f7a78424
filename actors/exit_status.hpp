// How texlexd ends, for whoever started it: the table of `texlexd serve --help`. A service manager starts it anew after
// anything but `served` and `usage`.
#pragma once

namespace texlex::exit_status {

inline constexpr int served = 0;
inline constexpr int ended_at_once = 1; ///< by a second signal, or because something did not end in its time
inline constexpr int usage = 2;         ///< flags or settings
inline constexpr int stuck = 3; ///< too many workers hang: only a new process gets their threads and memory back
inline constexpr int cannot_serve = 4;
inline constexpr int absent = 5; ///< no worker could be had for workers.absent_max_s

} // namespace texlex::exit_status

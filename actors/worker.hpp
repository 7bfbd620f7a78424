// One core, one job at a time: runs the kernel into memory of its own and says how it ended. Its thread is pinned and
// its arenas are faulted in before it says that it is ready, so that its first job is as fast as its last.
#pragma once

#include <exception>
#include <memory>
#include <string>

#include <caf/actor_system.hpp>

#include "actors/crash_hook.hpp"
#include "actors/interfaces.hpp"
#include "actors/lane_threads.hpp"
#include "actors/state/stall_plan.hpp"
#include "kernels/scan.hpp"
#include "runtime/arena.hpp"

namespace texlex {

/// What a worker's crash takes down with it.
enum class isolation : uint8_t { thread, process };

struct worker_options {
  texlex::isolation isolation = isolation::thread;
  lane_id lane;
  uint32_t core = 0;
  bool own_thread = true; ///< false: on the scheduler, unpinned, for tests with virtual time
  /// To the threads that send work to other nodes: where processors are what is short, an attempt that is sent away
  /// costs less of them than one that is carried out.
  bool gives_way = false;
  arena_options arena;
  uint64_t whole_bytes_max = UINT64_MAX; ///< longer documents the I/O thread's own scans in parts
  texlex::kernel kernel{};
  std::string regime; ///< that most jobs have: a worker in a process of its own makes it before it is ready
  std::shared_ptr<crash_hook> crash;     ///< null: never
  std::shared_ptr<lane_threads> threads; ///< where it tells which thread it is; null: nowhere
  stall_options stalls;
  duration line_interval{0}; ///< between two `[worker]` lines while it works; 0: only the last one
};

struct worker_links {
  finish_listener finish;
  worker_listener supervisor;
  metrics_actor metrics;
};

/// Throws what the system throws when it has no thread left.
[[nodiscard]] lane_actor spawn_worker(caf::actor_system& system, const worker_options& options,
                                      const worker_links& links);

/// How a worker that is a thread dies on purpose: throws.
[[noreturn]] void crash_on_purpose();

/// What an exception says; lives as long as the exception does.
[[nodiscard]] const char* text_of(const std::exception_ptr& error) noexcept;

} // namespace texlex

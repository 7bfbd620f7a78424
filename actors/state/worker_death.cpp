#include "actors/state/worker_death.hpp"

#include <csignal>

namespace texlex {
namespace {

bool is_own_fault(int signal) noexcept {
  switch (signal) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGABRT:
    case SIGTRAP:
    case SIGSYS: return true;
    default: return false;
  }
}

} // namespace

death death_of(const process_end& end) noexcept {
  if (end.signal != 0) return is_own_fault(end.signal) ? death::crash : death::outside;
  switch (end.exit_status) {
    case process_end::unknown:
    case parent_ended:
    case not_started_by_texlexd:
    case cannot_work: return death::failure;
    default: return death::crash; // whoever ends a process in the middle of a scan: a library, a sanitizer
  }
}

} // namespace texlex

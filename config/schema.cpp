#include "config/schema.hpp"

#include "runtime/limits.hpp"

namespace texlex {
namespace {

constexpr int64_t hour_ms = 3'600'000;
constexpr int64_t megabytes_max = int64_t{1} << 40;

using text = field_of<std::string>;
using flag = field_of<bool>;
using number = field_of<uint32_t>;
using signed_number = field_of<int32_t>;
using large_number = field_of<uint64_t>;
using list = field_of<std::vector<uint32_t>>;

const field rows[] = {
  {"server", "unix_socket", "--unix", text{[](settings& s) -> std::string& { return s.server.unix_socket; }}, 0,
   limits::unix_socket_path_max, "path of the Unix socket to serve on; empty: none"},
  {"server", "unix_socket_mode", "--unix-mode",
   number{[](settings& s) -> uint32_t& { return s.server.unix_socket_mode; }}, 0, 0777,
   "permission bits of the Unix socket, in octal with a leading 0 (flag) or 0o (TOML)", true},
  {"server", "tcp_address", "--tcp-address", text{[](settings& s) -> std::string& { return s.server.tcp_address; }}, 1,
   64, "numeric address to listen on"},
  {"server", "tcp_port", "--tcp-port", signed_number{[](settings& s) -> int32_t& { return s.server.tcp_port; }}, -1,
   65535, "TCP port; 0: any free one; -1: no TCP"},
  {"server", "connections_max", "--connections-max",
   number{[](settings& s) -> uint32_t& { return s.server.connections_max; }}, 1, 65000, "connections at one time"},
  {"server", "idle_timeout_ms", "--idle-timeout-ms",
   number{[](settings& s) -> uint32_t& { return s.server.idle_timeout_ms; }}, 10, 24 * hour_ms,
   "a connection with nothing in flight is closed after this"},
  {"server", "read_timeout_ms", "--read-timeout-ms",
   number{[](settings& s) -> uint32_t& { return s.server.read_timeout_ms; }}, 10, hour_ms,
   "a frame must arrive within this, from its first byte to its last"},
  {"server", "write_timeout_ms", "--write-timeout-ms",
   number{[](settings& s) -> uint32_t& { return s.server.write_timeout_ms; }}, 10, hour_ms,
   "a client that takes no response for this long is closed"},
  {"server", "drain_timeout_ms", "--drain-timeout-ms",
   number{[](settings& s) -> uint32_t& { return s.server.drain_timeout_ms; }}, 10, 600'000,
   "from SIGTERM to the exit at most"},
  {"limits", "document_bytes_max", "--document-bytes-max",
   number{[](settings& s) -> uint32_t& { return s.limits.document_bytes_max; }}, 1, limits::document_bytes_max,
   "a larger document is refused"},
  {"limits", "requests_per_connection_max", "--requests-per-connection-max",
   number{[](settings& s) -> uint32_t& { return s.limits.requests_per_connection_max; }}, 1, 4096,
   "requests in flight of one connection; beyond it the connection is not read"},
  {"limits", "requests_max", "--requests-max", number{[](settings& s) -> uint32_t& { return s.limits.requests_max; }},
   1, 1'000'000, "requests in flight in all; beyond it: overload"},
  {"limits", "request_bytes_max", "--request-bytes-max",
   large_number{[](settings& s) -> uint64_t& { return s.limits.request_bytes_max; }}, 1, int64_t{1} << 50,
   "document bytes in flight in all; beyond it: overload"},
  {"workers", "cores", "--cores", list{[](settings& s) -> std::vector<uint32_t>& { return s.workers.cores; }}, 0, 65535,
   "cores to pin one worker each to; empty: all cores of the process"},
  {"workers", "regime", "--regime", text{[](settings& s) -> std::string& { return s.workers.regime; }}, 1, 64,
   "category codes documents are read under"},
  {"workers", "kernel", "--kernel", text{[](settings& s) -> std::string& { return s.workers.kernel; }}, 1, 64,
   "the scanner to use; best: the fastest this processor has"},
  {"workers", "isolation", "--isolation", text{[](settings& s) -> std::string& { return s.workers.isolation; }}, 1, 16,
   "thread, or process: each worker in a process of its own, so that its crash costs one attempt and no more"},
  {"workers", "alloc_budget_mb", "--alloc-budget-mb",
   large_number{[](settings& s) -> uint64_t& { return s.workers.alloc_budget_mb; }}, 0, megabytes_max,
   "MiB of arena handed out before a worker is replaced; 0: no budget"},
  {"workers", "major_cycles_budget", "--major-cycles-budget",
   large_number{[](settings& s) -> uint64_t& { return s.workers.major_cycles_budget; }}, 0, megabytes_max,
   "arena trims before a worker is replaced; 0: no budget"},
  {"workers", "arena_resident_mb", "--arena-resident-mb",
   large_number{[](settings& s) -> uint64_t& { return s.workers.arena_resident_mb; }}, 0, 4096,
   "MiB of each arena that stay in memory; what a document needs beyond is given back after it"},
  {"workers", "lock_memory", "--lock-memory,!--no-lock-memory",
   flag{[](settings& s) -> bool& { return s.workers.lock_memory; }}, 0, 1,
   "lock the arenas' resident part in memory where RLIMIT_MEMLOCK allows it"},
  {"hedge", "enabled", "--hedge,!--no-hedge", flag{[](settings& s) -> bool& { return s.hedge.enabled; }}, 0, 1,
   "send a late request to a second worker"},
  {"hedge", "delay_us", "--hedge-delay-us", number{[](settings& s) -> uint32_t& { return s.hedge.delay_us; }}, 100,
   60'000'000, "how late a request must be for that"},
  {"log", "level", "--log-level", text{[](settings& s) -> std::string& { return s.log.level; }}, 1, 16,
   "trace, debug, info, warn, error or off"},
  {"inject", "stall_ppm", "--inject-stall-ppm", number{[](settings& s) -> uint32_t& { return s.inject.stall_ppm; }}, 0,
   1'000'000, "to try out hedging: so many attempts in a million stall"},
  {"inject", "stall_us", "--inject-stall-us", number{[](settings& s) -> uint32_t& { return s.inject.stall_us; }}, 1,
   60'000'000, "for how long they stall"},
  {"inject", "stall_when", "--inject-stall-when", text{[](settings& s) -> std::string& { return s.inject.stall_when; }},
   1, 16, "before or after tokenizing"},
  {"inject", "stall_core", "--inject-stall-core",
   signed_number{[](settings& s) -> int32_t& { return s.inject.stall_core; }}, -1, 65535,
   "only the worker of this core stalls; -1: all do, each by its own dice"},
  {"inject", "stall_deaf", "--inject-stall-deaf,!--no-inject-stall-deaf",
   flag{[](settings& s) -> bool& { return s.inject.stall_deaf; }}, 0, 1,
   "a stalled attempt does not notice that it is no longer wanted"},
  {"inject", "seed", "--inject-seed", large_number{[](settings& s) -> uint64_t& { return s.inject.seed; }}, 0,
   INT64_MAX, "of the dice"},
  {"test", "crash_marker", "--test-crash-marker", text{[](settings& s) -> std::string& { return s.test.crash_marker; }},
   0, 64, "for tests: a worker dies in the middle of a document that begins with this text"},
  {"test", "crash_count_max", "--test-crash-count",
   number{[](settings& s) -> uint32_t& { return s.test.crash_count_max; }}, 0, 1'000'000,
   "for tests: so many times in all"},
};

} // namespace

std::span<const field> schema() noexcept { return rows; }

} // namespace texlex

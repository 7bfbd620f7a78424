// Everything an operator may set, one struct a section, each field with its meaning, unit, default and range. Settings
// are made once at start (defaults, then a TOML file, then flags), checked as a whole, and never change afterwards.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/limits.hpp"

namespace texlex {

/// [server]: where texlexd listens and how long it waits.
struct server_settings {
  std::string unix_socket;                 ///< path; empty: no Unix socket. Up to 107 bytes
  uint32_t unix_socket_mode = 0600;        ///< permission bits of the socket, written in octal
  std::string tcp_address = "127.0.0.1";   ///< a numeric IPv4 or IPv6 address
  int32_t tcp_port = -1;                   ///< 0: any free port, told in the log; -1: no TCP. Up to 65535
  uint32_t connections_max = 1024;         ///< 1..65000
  uint32_t idle_timeout_ms = 300'000;      ///< a connection with nothing in flight and no frame begun; 10..86400000
  uint32_t read_timeout_ms = 10'000;       ///< from a frame's first byte to its last; 10..3600000
  uint32_t read_grace_ms = 2'000;          ///< of a frame, before read_rate_min counts; 10..3600000
  uint32_t read_rate_min = 1024;           ///< bytes a second of a frame under way, on average; 0: none. Up to 2^30
  uint32_t connections_per_peer_max = 512; ///< by TCP address, or /64 of IPv6; this machine's excepted. 0: no limit
  uint32_t write_timeout_ms = 10'000;      ///< a client that does not take its responses; 10..3600000
  uint32_t drain_timeout_ms = 10'000;      ///< from SIGTERM and the grace to the exit; 10..600000
  bool io_uring = true;                    ///< serve many sockets in one system call, where the system lets it
  uint32_t busy_poll_us = 100;             ///< the I/O thread looks on so long at most, if waits are short; 0..1000
};

/// [limits]: what a client may ask for.
struct limit_settings {
  uint32_t document_bytes_max = 64u << 20;   ///< 1..limits::document_bytes_max
  uint32_t requests_per_connection_max = 64; ///< in flight; beyond it the connection is not read. 1..4096
  uint32_t requests_max = 4096;              ///< in flight in all; beyond it: overload. 1..1000000
  uint64_t request_bytes_max = 512ull << 20; ///< document bytes in flight in all; beyond it: overload
  uint64_t column_bytes_max = 512ull << 20;  ///< memory of columns until they are written; beyond it: overload
  uint32_t descriptors_max = 256;            ///< shared and not yet given back; 0: none are. Up to 65536
  uint32_t request_timeout_ms = 0; ///< from a request's last byte to the begin of its attempt; 0: none. Up to 3600000
};

/// [workers]: who tokenizes.
struct worker_settings {
  std::vector<uint32_t> cores;       ///< one worker a core, pinned; empty: one for each core of the process
  uint32_t loop_bytes_max = 16'384;  ///< documents the I/O thread tokenizes itself; 0: none. Up to 65536
  uint32_t loop_us_max = 30;         ///< and only those expected to take no longer; 1..1000
  uint32_t loop_alone_us_max = 2000; ///< and longer ones, in parts, if nothing else is in flight; 0: none. Up to 10000
  std::string regime = "latex";      ///< a name of kernels/regimes.hpp
  std::string kernel = "best";       ///< a name of kernels/kernels.hpp
  std::string isolation = "thread";  ///< thread or process: what a worker's crash takes down with it
  uint64_t alloc_budget_mb = 5000;   ///< arena bytes handed out before a worker is replaced; 0: no budget
  uint64_t major_cycles_budget = 50; ///< arena trims before a worker is replaced; 0: no budget
  uint64_t rss_budget_mb = 0;        ///< memory of the process before a worker is replaced; 0: no budget
  uint32_t max_age_s = 0;            ///< a worker older than this is replaced even if idle; 0: none. Up to a year
  uint32_t rotations_at_once = 1;    ///< workers being replaced at one time; 1..256
  uint32_t watchdog_ms = 0;          ///< an attempt without a chunk for longer hangs; 0: by the size. Up to 600000
  uint32_t stuck_max = 4;            ///< workers that hang before texlexd ends to be started anew; 0: no limit
  uint64_t arena_resident_mb = 16;   ///< of each arena, faulted in at start; what a job used beyond it is trimmed
  uint32_t absent_max_s = 30; ///< without any worker before texlexd ends to be started anew; 0: no limit. Up to 86400
  uint32_t restarts_max = 10; ///< crashes of a core's workers in a minute; one more and it rests. 1..1000000
  uint32_t restart_delay_max_ms = 5000; ///< from 10 ms, doubled with each death in a minute, up to this. 10..600000
  bool lock_memory = true;              ///< lock the arenas' resident part where RLIMIT_MEMLOCK allows it

  [[nodiscard]] bool in_processes() const { return isolation == "process"; }
};

/// [hedge]: a second worker for requests that are late.
struct hedge_settings {
  bool enabled = true;
  bool adaptive = true;          ///< learn the delay; false: always delay_us
  uint32_t delay_us = 10'000;    ///< until enough is known, and at most; 100..60000000
  uint32_t floor_us = 1'000;     ///< at least, if it is learned; 10..60000000
  uint32_t budget_percent = 5;   ///< extra attempts in a hundred requests; 0..100
  uint32_t ceiling_percent = 10; ///< the same over the latest 1000 requests, whatever was saved up; 0..100
};

/// [queue]: how long a request may wait for a worker.
struct queue_settings {
  uint32_t target_ms = 5;     ///< a wait that is no overload, or more; 0: no limit to waits. Up to 60000
  uint32_t interval_ms = 100; ///< above the target for so long is overload; 1..600000
};

/// [lanes]
struct lane_settings {
  bool eject_slow = true; ///< a worker that is much slower than its peers gets no requests for a while
};

/// [cluster.tls]: who the nodes of a cluster are to each other. The files are read at start.
struct cluster_tls_settings {
  std::string certificate; ///< path of this node's certificate and what leads to the CA, PEM; all three paths or none
  std::string key;         ///< path of its private key, PEM
  std::string ca;          ///< path of the CAs that sign the nodes' certificates, PEM
  /// Host names of which a peer's certificate must have one; "*.": any one label. Empty: any the CA signed
  std::vector<std::string> allowed_names;

  [[nodiscard]] bool enabled() const { return !certificate.empty(); }
};

/// [cluster]: texlexds on other machines that lend this one their workers, and borrow its.
struct cluster_settings {
  std::string listen;                     ///< host:port for peers; empty: no cluster. Port 0: any free one
  std::string name = "texlex";            ///< of the cluster; peers of another name are refused
  std::string node;                       ///< this node's name in logs and metrics; empty: the host name
  std::string advertise;                  ///< host:port that peers are told; empty: as `listen`
  std::vector<std::string> seeds;         ///< host:port of peers; up to 256
  std::string dns;                        ///< name:port whose addresses are peers'; empty: none
  uint32_t dns_interval_s = 30;           ///< between two looks at it; 1..3600
  std::string zone;                       ///< where the node stands, such as a rack; empty: nowhere in particular
  uint32_t peers_max = 64;                ///< 1..limits::cluster_peers_max
  uint32_t heartbeat_ms = 100;            ///< between two signs of life; 10..10000
  uint32_t suspect_ms = 500;              ///< a peer silent for so long gets no attempts; from 2 heartbeats up
  uint32_t down_ms = 1000;                ///< and after that long it is gone, and what it had is given to others
  uint32_t attempts_max = 0;              ///< lent to one peer at a time; 0: four a worker. Up to 64
  uint32_t credit_bytes = 4u << 20;       ///< under way to a peer that has not taken them yet; 64 KiB..64 MiB
  uint32_t document_bytes_min = 32'768;   ///< shorter documents stay at home
  uint32_t document_bytes_max = 8u << 20; ///< and longer ones; up to limits.document_bytes_max
  uint32_t send_us_per_mib = 600; ///< what takes a worker here less stays, unless it is late; 0: nothing. Up to 1000000
  bool insecure = false;          ///< listen without TLS on an address that other machines reach
  cluster_tls_settings tls;

  [[nodiscard]] bool enabled() const { return !listen.empty(); }
};

/// [drain]: how texlexd leaves.
struct drain_settings {
  uint32_t grace_ms = 0; ///< after SIGTERM it is told, and all served as before for so long. Up to 600000
};

/// [log]
struct log_settings {
  std::string level = "info"; ///< trace, debug, info, warn, error, off
  uint32_t interval_s =
    10; ///< between two [hedge] lines, and two [worker] lines of a worker; 0: at the end. Up to a day
};

/// [inject]: attempts that stall on purpose, to try out hedging and to bench it; off unless set, and told in the log.
struct inject_settings {
  uint32_t stall_ppm = 0;            ///< how many attempts in a million stall; 0: none. Up to 1000000
  uint32_t stall_us = 50'000;        ///< for how long; 1..60000000
  std::string stall_when = "before"; ///< before or after tokenizing
  int32_t stall_core = -1;           ///< only on this core's worker; -1: on all, each by its own dice
  bool stall_deaf = false;           ///< a stalled attempt does not look at its stop flag, as a thread that got no core
  uint64_t seed = 1;                 ///< of the dice
};

/// [test]: ways to make texlexd fail on purpose; off unless set, and told in the log when set.
struct test_settings {
  std::string crash_marker;     ///< a worker dies in the middle of a document that begins with this text
  uint32_t crash_count_max = 0; ///< so many times in all
  std::string cluster_node_id;  ///< 32 hexadecimal digits, as of a machine that was copied; empty: a drawn one
};

struct settings {
  server_settings server;
  limit_settings limits;
  worker_settings workers;
  hedge_settings hedge;
  queue_settings queue;
  lane_settings lanes;
  cluster_settings cluster;
  drain_settings drain;
  log_settings log;
  inject_settings inject;
  test_settings test;
};

/// The longest document that the I/O thread's own worker has room for, whether only short ones are to go there or those
/// that are alone too; 0: there is no such worker.
[[nodiscard]] inline uint32_t loop_document_bytes_max(const settings& all) noexcept {
  const worker_settings& workers = all.workers;
  if (workers.loop_bytes_max == 0 || workers.in_processes()) return 0;
  const uint32_t wanted = workers.loop_alone_us_max > 0 ? std::max(workers.loop_bytes_max, limits::loop_alone_bytes_max)
                                                        : workers.loop_bytes_max;
  return std::min(wanted, all.limits.document_bytes_max);
}

} // namespace texlex

// Every compile-time ceiling in one place. What an operator may set lies in config/settings.hpp, between a lower bound
// there and a ceiling here; each limit has a status or an error text that names it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace texlex::limits {

/// The lexer's own limit: offsets are 32 bits wide.
inline constexpr uint64_t scan_bytes_max = 0xFFFF'FFFFull;

/// A service frame that claims more is answered with `frame_too_large` and ends its connection, as its sender has
/// lost count. Between this and the configured document limit the payload is skipped and the connection goes on.
inline constexpr uint32_t frame_payload_bytes_max = 256u << 20;

/// Sockets the I/O thread handles in one pass of its loop: enough to share what a pass costs, and few enough that the
/// first is answered soon.
inline constexpr uint32_t sockets_a_pass_max = 16;

/// Attempts that the I/O thread's own worker may have at one time: more than one turn of the loop brings.
inline constexpr uint32_t loop_attempts_max = 256;

/// And how long it may be expected to be at them, while all sockets wait.
inline constexpr uint32_t loop_attempts_us_max = 2000;

/// A document longer than this does not go there even if nothing else is in flight: two arenas must have room for it.
inline constexpr uint32_t loop_alone_bytes_max = 4u << 20;

/// Arenas of workers that were replaced, kept for those that come: a pair of the I/O thread's worker's, and one of
/// another's.
inline constexpr uint32_t spare_arenas_max = 4;

/// What a connection reads at once where a frame begins, and what of it it keeps if it cannot go on.
inline constexpr size_t read_ahead_bytes = 16u << 10;

/// The same of a connection that had more for us: calls into the kernel are what small frames cost. If so many keep
/// more than the usual, all read the usual.
inline constexpr size_t long_read_ahead_bytes = 64u << 10;
inline constexpr uint32_t long_read_aheads_max = 256;

/// How long a connection that has nothing else in flight is not read, as there is no room for its request; then it is
/// refused.
inline constexpr uint32_t held_back_ms_max = 100;

/// Connections that are told that there is no place for them and waited for until they have read it; beyond so many
/// they are told and closed at once.
inline constexpr uint32_t refused_waited_for_max = 64;

/// Between two questions for stats, each of which may serve many clients.
inline constexpr uint32_t stats_pause_ms = 10;

/// The text of a stats response; a client takes a longer one for malformed. Of it the lines about a cluster.
inline constexpr uint32_t stats_payload_bytes_max = 1u << 20;
inline constexpr uint32_t stats_cluster_bytes_max = stats_payload_bytes_max - (64u << 10);

/// A hello's payload, however much later versions put behind what this one knows.
inline constexpr uint32_t hello_payload_bytes_max = 4096;

/// And what a client takes of its response: the regimes' names are behind it.
inline constexpr uint32_t hello_response_payload_bytes_max = 64u << 10;

/// What a client may put before a document of version 2: options and their values.
inline constexpr uint32_t tokenize_head_bytes_max = 1024;
inline constexpr uint32_t regime_name_bytes_max = 64;

/// Documents of one frame.
inline constexpr uint32_t batch_documents_max = 256;

/// Descriptors of one connection that came before the frames they belong to.
inline constexpr size_t descriptors_waiting_max = 16;

/// Blocks of memory one client may have been lent.
inline constexpr uint64_t lent_to_one_max = 16;

/// Columns that may take less are copied to the socket: to map so little costs more.
inline constexpr uint64_t lent_column_bytes_min = 256u << 10;

/// host:port, where the host is a name as the DNS has them.
inline constexpr uint32_t address_bytes_max = 253 + 6;
inline constexpr uint32_t path_bytes_max = 4095;

/// The name of a cluster, a node or a zone: they stand in lines of logs and are labels of metrics.
inline constexpr uint32_t cluster_name_bytes_max = 64;

/// Ceilings of what may be set for a cluster.
inline constexpr uint32_t cluster_peers_max = 256;

/// Memory for documents of other nodes and their columns, at one time, and what of it is kept for the next ones.
inline constexpr uint64_t lent_memory_bytes_max = 512u << 20;
inline constexpr size_t lent_memory_kept_bytes_max = 32u << 20;
inline constexpr uint32_t cluster_seeds_max = 256;
inline constexpr uint32_t cluster_attempts_max = 64;
inline constexpr uint32_t cluster_allowed_names_max = 256;

/// Ceiling of the configured document limit.
inline constexpr uint32_t document_bytes_max = frame_payload_bytes_max - 4;

/// A scan looks at its stop flag after this many bytes.
inline constexpr uint32_t scan_chunk_bytes = 64u << 10;

/// Issues kept with their offsets by a worker; all of them are counted.
inline constexpr size_t issues_kept_max = 64u << 10;

/// A token is one kind (1 byte) and one start (4 bytes).
inline constexpr size_t token_bytes = 5;

/// Requests that wait for a worker; the place of each is set aside at start.
inline constexpr uint32_t waiting_max = 64u << 10;

/// Clients with one request at a time that are let wait their turn instead of being refused; more are a crowd.
inline constexpr uint32_t patient_clients_max = 128;

/// Clients with nothing in flight that the queue remembers something of.
inline constexpr uint32_t idle_clients_kept_max = 4096;

/// Clients whose documents' times are remembered; a power of two.
inline constexpr uint32_t known_clients_max = 1024;

/// How long a patient client waits at the very most.
inline constexpr uint32_t patient_wait_ms_max = 60'000;

/// Workers of one process.
inline constexpr uint32_t workers_max = 256;

/// Bytes of documents kept for reuse by the document pool once no request holds them.
inline constexpr size_t document_pool_bytes_max = 64u << 20;

/// Of those, blocks shared with worker processes: each is an open file.
inline constexpr size_t shared_documents_kept_max = 1024;

/// Bytes of documents and of memory for columns that a worker process keeps mapped, also those that are no longer in a
/// pool. What one attempt needs may be larger, until it is over.
inline constexpr uint64_t mapped_documents_bytes_max = 64u << 20;

/// Columns by a worker process that take no more are copied out of memory that it writes again at once; above that, the
/// memory itself travels. A file for each small answer would cost more than to copy it.
inline constexpr uint64_t copied_column_bytes_max = 256u << 10;

/// Characters of a path of a Unix socket, as `sockaddr_un` has it, the final NUL apart.
inline constexpr size_t unix_socket_path_max = 107;

/// After a last response the server reads and drops this much, for this long, so that the response is not lost to a
/// connection reset (RFC 1122, 4.2.2.13).
inline constexpr size_t linger_bytes_max = 512u << 20;
inline constexpr uint32_t linger_ms_max = 2000;

/// Bytes of log lines that wait to be written; what comes on top is left out and counted.
inline constexpr size_t log_waiting_bytes_max = 256u << 10;

/// Bytes of a file with settings.
inline constexpr size_t settings_file_bytes_max = 1u << 20;

/// How often the workers of a job may be killed from outside; at the last of these it ends with `worker_lost`. So a job
/// does not run for ever where every worker is killed, and yet survives whoever kills them now and then.
inline constexpr uint32_t losses_per_job_max = 10;

/// How many attempts a job may have in all: the first, one hedge, one more after each lost worker, and one more for
/// each of these that was withdrawn.
inline constexpr uint32_t attempts_per_job_max = 2 * (losses_per_job_max + 2);

} // namespace texlex::limits

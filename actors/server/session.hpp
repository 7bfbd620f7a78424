// One connection's shell: reads what its protocol asks for, writes what waits, makes jobs. Decides nothing. Reads while
// its socket has something and its protocol wants it, writes at once, and waits for the socket only if that does not
// take all: so memory is bounded, and a client that does not read is not read from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actors/server/event_loop.hpp"
#include "actors/server/read_ahead.hpp"
#include "actors/server/server_core.hpp"
#include "actors/state/session_protocol.hpp"
#include "runtime/document.hpp"
#include "runtime/frame.hpp"
#include "runtime/socket.hpp"

namespace texlex {

class session final : public event_loop::watcher {
public:
  /// A refused one only tells its client that there are too many connections. `socket` does not block.
  session(server_core& core, owned_fd socket, bool refused);

  void start();
  /// True if the client will hear of it; `settle` writes it.
  bool answered(job_id job, const outcome& result, instant at) { return protocol_.answered(job, result, at); }
  bool told(job_id number, std::shared_ptr<const std::string> stats, instant at) {
    return protocol_.told(number, std::move(stats), at);
  }
  /// After anything has happened: writes what waits, takes what was read, or ends. May close the session, which lives
  /// to the end of the pass all the same.
  void settle();
  void ready(uint32_t events) noexcept override;
  void sweep(instant at);
  void drain();
  /// Answers everything `shutting_down` now; returns how many requests that were.
  size_t abandon();
  /// Ends at once; jobs in flight are cancelled.
  void close();

  [[nodiscard]] bool refused() const noexcept { return refused_; }

private:
  [[nodiscard]] bool wants_input() const noexcept;
  void read_on();
  [[nodiscard]] std::span<uint8_t> where_to_read();
  [[nodiscard]] std::span<uint8_t> scratch() const noexcept;
  void was_read(size_t bytes);
  void input_ended();
  bool take_frames();
  bool take_header();
  bool take_payload();
  bool take_skipped();
  void payload_complete();
  void ask_stats();
  bool has_payload_memory();
  void write_waiting();
  void write_rest();
  [[nodiscard]] bool write_some();
  void put_out(std::span<const response> responses);
  void write_stats(const response& one);
  void watch_as_needed();
  void finish();
  void vanished(const char* how);
  [[nodiscard]] bool client_gone() const;
  [[nodiscard]] bool input_waiting() const;

  server_core& core_;
  owned_fd socket_;
  session_protocol protocol_;
  const bool refused_;
  const uint64_t number_; ///< of this connection; never used again

  uint32_t watched_for_ = 0; ///< events of the socket
  bool lingering_ = false;   ///< all is said: reads and drops until the client ends its side
  bool closed_ = false;

  read_ahead input_;
  document_lease payload_;
  size_t filled_ = 0;        ///< of the payload being read
  std::vector<uint8_t> out_; ///< what is being written; kept for its memory
  size_t written_ = 0;       ///< of that

  instant linger_until_;
  size_t linger_bytes_left_ = 0;
};

} // namespace texlex

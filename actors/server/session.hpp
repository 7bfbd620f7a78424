// One connection's shell: reads what its protocol asks for, writes what waits, makes jobs. Decides nothing. One read
// and one write are under way at most, so that memory is bounded and a client that does not read is not read from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/system/error_code.hpp>

#include "actors/server/read_ahead.hpp"
#include "actors/server/server_core.hpp"
#include "actors/state/session_protocol.hpp"
#include "runtime/document.hpp"
#include "runtime/frame.hpp"

namespace texlex {

class session : public std::enable_shared_from_this<session> {
public:
  /// A refused one only tells its client that there are too many connections.
  session(server_core& core, stream_socket socket, bool refused);

  void start();
  /// True if the client will hear of it; `settle` writes it.
  bool answered(job_id job, const outcome& result, instant at) { return protocol_.answered(job, result, at); }
  bool told(job_id number, std::shared_ptr<const std::string> stats, instant at) {
    return protocol_.told(number, std::move(stats), at);
  }
  /// After anything has happened: writes what waits, reads on, or ends.
  void settle();
  /// Reads what its protocol asks for, unless it does already.
  void read_on();
  void sweep(instant at);
  void drain();
  /// Answers everything `shutting_down` now; returns how many requests that were.
  size_t abandon();
  /// Ends at once; jobs in flight are cancelled.
  void close();

  [[nodiscard]] bool refused() const noexcept { return refused_; }

private:
  using error_code = boost::system::error_code;

  void wait_for_input();
  void input_has_come(const error_code& error);
  void end_reading();
  void read_frames();
  void read_and_drop();
  void read_into(uint8_t* to, size_t bytes);
  void was_read(const error_code& error, size_t bytes);
  bool take_frames();
  bool take_header();
  bool take_payload();
  bool take_skipped();
  void payload_complete();
  void ask_stats();
  bool has_payload_memory();
  void write_waiting();
  void put_out(std::span<const response> responses);
  void write_rest(size_t from);
  void write_stats(const response& one);
  void was_written(const error_code& error, size_t bytes);
  void finish();
  void vanished(const char* how);
  [[nodiscard]] bool client_gone() const;
  [[nodiscard]] bool input_waiting() const;

  server_core& core_;
  stream_socket socket_;
  session_protocol protocol_;
  const bool refused_;
  const uint64_t number_; ///< of this connection; never used again

  bool reading_ = false; ///< a read is under way
  bool reads_later_ = false;
  bool lingering_ = false; ///< all is said: reads and drops until the client ends its side
  bool closed_ = false;

  read_ahead input_;
  document_lease payload_;
  size_t filled_ = 0;        ///< of the payload being read
  std::vector<uint8_t> out_; ///< what is being written; kept for its memory

  instant linger_until_;
  size_t linger_bytes_left_ = 0;
};

} // namespace texlex

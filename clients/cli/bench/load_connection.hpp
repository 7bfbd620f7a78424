// One connection of the load: writes requests from where their documents lie, reads responses as they come, and is made
// anew when it breaks. On the one thread of its io_context; every wait is bounded by the plan's time-out.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "clients/cli/bench/load_plan.hpp"
#include "clients/cli/bench/load_result.hpp"
#include "runtime/frame.hpp"

namespace texlex::load {

class load_connection;

/// A request whose time has come.
struct due_request {
  instant intended; ///< when it should be sent: latency counts from here
  uint8_t document = 0;
  bool counted = false; ///< not of the warm-up
};

/// Who learns of what happens on connections. None of these calls a connection back, but `ready`.
class load_events {
public:
  /// Exactly once for each request taken.
  virtual void ended(const due_request& request, const load_sample& sample) = 0;
  /// The connection may take requests again.
  virtual void ready(load_connection& connection) = 0;
  /// The first attempt to connect is over, well or not.
  virtual void tried() = 0;
  /// Something befell a connection, with a sentence for a person; its requests are told apart.
  virtual void connection_failed(ending how, const std::string& sentence) = 0;
  /// The server has closed it with nothing in flight.
  virtual void closed_idle() = 0;

protected:
  ~load_events() = default;
};

class load_connection {
public:
  load_connection(boost::asio::io_context& io, const load_plan& plan, uint8_t target, load_events& events);

  /// Begins to connect.
  void open();

  [[nodiscard]] bool can_take() const noexcept;
  [[nodiscard]] size_t in_flight() const noexcept { return flights_.size(); }

  /// Sends a request; only if `can_take`.
  void take(const due_request& request);

  /// Ends what has been waited for too long.
  void expire(instant at);

  /// Closes for good; what is in flight has failed.
  void abandon(instant at);

private:
  enum class phase : uint8_t { closed, connecting, open, pausing };

  struct flight {
    uint64_t id = 0;
    due_request request;
    uint32_t lateness_us = never_sent;
  };

  void connected(const boost::system::error_code& error);
  void connect_again_soon();
  void read_on();
  void was_read(const boost::system::error_code& error, size_t bytes);
  [[nodiscard]] bool take_response(std::span<const uint8_t, response_frame_bytes> frame, instant at);
  void answered(std::vector<flight>::iterator one, const outcome& result, instant at);
  void refused_at_the_door(instant at);
  void write_on();
  void end(const flight& one, ending how, instant at, origin from = origin::none);
  void end_all(ending how, instant at);
  void lost(ending how, const std::string& sentence);
  void pause_and_reopen();
  void close();

  static constexpr size_t buffer_bytes = 64u << 10;

  const load_plan& plan_;
  const load_target& target_;
  const uint8_t target_index_;
  load_events& events_;
  boost::asio::generic::stream_protocol::socket socket_;
  boost::asio::steady_timer pause_;
  phase phase_ = phase::closed;
  uint64_t epoch_ = 0; ///< handlers of an earlier socket are out of date
  bool tried_ = false;
  uint32_t failures_in_a_row_ = 0;
  instant connecting_since_{};

  std::vector<flight> flights_;           ///< by id, and so by when they were due
  std::unordered_set<uint64_t> given_up_; ///< ids timed out, whose late answers are dropped
  uint64_t next_id_ = 1;                  ///< 0 is what a refusal at the door carries

  // The frame that is being written.
  bool writing_ = false;
  uint64_t writing_id_ = 0;
  size_t written_bytes_ = 0;
  std::array<uint8_t, frame_header_bytes + document_length_bytes> head_{};
  std::span<const uint8_t> body_;

  std::vector<uint8_t> buffer_;
  size_t filled_bytes_ = 0;
};

} // namespace texlex::load

// One connection of the load: writes requests from where their documents lie, as many at once as are due; reads
// responses, as many at once as there are; and is made anew when it breaks. On the one thread of its loop; every wait
// is bounded by the plan's time-out.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <sys/uio.h>

#include "clients/cli/bench/due_request.hpp"
#include "clients/cli/bench/flight_table.hpp"
#include "clients/cli/bench/load_plan.hpp"
#include "clients/cli/bench/load_result.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/frame.hpp"

namespace texlex::load {

class load_connection;

/// Who learns of what happens on connections. None of these calls a connection back, but `ready`.
class load_events {
public:
  /// Exactly once for each request taken and not given back; `at` is when.
  virtual void ended(const due_request& request, const load_sample& sample, instant at) = 0;
  /// Taken, and not begun: another connection may send it sooner. The latest taken comes first.
  virtual void given_back(const due_request& request) = 0;
  /// The connection may take requests again.
  virtual void ready(load_connection& connection, instant at) = 0;
  /// The first attempt to connect is over, well or not.
  virtual void tried() = 0;
  /// Something befell a connection, with a sentence for a person; its requests are told apart.
  virtual void connection_failed(ending how, const std::string& sentence) = 0;
  /// The server has closed it with nothing in flight.
  virtual void closed_idle() = 0;
  /// The run cannot go on: there is no memory.
  virtual void threw(std::exception_ptr what) noexcept = 0;

protected:
  ~load_events() = default;
};

class load_connection final : public event_loop::watcher {
public:
  load_connection(event_loop& loop, const load_plan& plan, uint32_t number, load_events& events);

  [[nodiscard]] uint32_t number() const noexcept { return number_; }

  /// Begins to connect.
  void open();

  [[nodiscard]] bool can_take() const noexcept;
  [[nodiscard]] bool has_unsent() const noexcept { return !unsent_.empty(); }
  [[nodiscard]] uint32_t in_flight() const noexcept { return flights_.count(); }

  /// Takes a request, only if `can_take`; it leaves with the next `send`.
  void take(const due_request& request);

  /// Sends all that was taken, in one call if the system lets it.
  void send();

  /// Ends what has been waited for too long.
  void expire(instant at);

  /// Closes for good; what is in flight has failed.
  void abandon(instant at);

private:
  enum class phase : uint8_t { closed, connecting, open, pausing };

  void ready(uint32_t events) noexcept override;
  void connect_again_soon();
  void connecting_went_on(uint32_t events);
  void connected();
  void connect_failed(int error);
  void receive();
  void was_closed();
  void take_responses(instant at);
  [[nodiscard]] bool take_response(std::span<const uint8_t, response_frame_bytes> frame, instant at);
  void answered(flight_table::place one, const outcome& result, instant at);
  void refused_at_the_door(instant at);
  void end(flight_table::place one, ending how, instant at, origin from = origin::none);
  void end_all(ending how, instant at);
  void lost(ending how, const std::string& sentence);
  void pause_and_reopen();
  void close();

  [[nodiscard]] size_t gather(std::span<iovec> parts) noexcept;
  void was_sent(size_t bytes, instant at);
  void wait_for_room();
  void room_again();
  [[nodiscard]] size_t frame_bytes(const flight& one) const noexcept;

  /// One call sends at most so many requests, and takes no further one up once it has so many bytes: what a connection
  /// has taken waits for it, whoever else may be idle.
  static constexpr size_t requests_a_send_max = 64;
  static constexpr size_t bytes_a_send_max = 128u << 10;
  /// Responses to some five hundred requests.
  static constexpr size_t buffer_bytes = 16u << 10;

  event_loop& loop_;
  const load_plan& plan_;
  const uint32_t number_;
  const uint8_t target_index_;
  const load_target& target_;
  load_events& events_;
  owned_fd socket_;
  phase phase_ = phase::closed;
  uint64_t epoch_ = 0; ///< calls planned for an earlier socket are out of date
  bool tried_ = false;
  uint32_t failures_in_a_row_ = 0;
  instant connecting_since_{};

  flight_table flights_;
  std::unordered_set<uint64_t> given_up_; ///< ids timed out, whose late answers are dropped

  std::vector<flight_table::place> unsent_; ///< in their order, the first perhaps in part
  size_t unsent_bytes_ = 0;                 ///< of all of their frames
  size_t begun_bytes_ = 0;                  ///< of the first one's frame, sent already
  bool is_full_ = false;                    ///< the socket: no more until it says so

  std::vector<uint8_t> buffer_;
  size_t filled_bytes_ = 0;
};

} // namespace texlex::load

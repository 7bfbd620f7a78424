// One connection to a server: what is sent on it, what it answers, and that neither takes for ever. It never blocks,
// and belongs to its client's lock.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "clients/cpp/answer.hpp"
#include "clients/cpp/batch_window.hpp"
#include "clients/cpp/frame_receiver.hpp"
#include "clients/cpp/mapping.hpp"
#include "clients/cpp/outgoing.hpp"
#include "clients/cpp/request.hpp"
#include "runtime/socket.hpp"

namespace texlex::client_core {

class connection {
public:
  /// In flight on one connection, whatever the server would take.
  static constexpr uint32_t requests_max = 256;
  /// That a request nobody waits for any more may stay unanswered.
  static constexpr std::chrono::seconds abandoned_patience{5};

  /// `socket` may still be connecting. `greets`: it begins with a hello; else the server is taken for one that speaks
  /// version 1 alone.
  connection(owned_fd socket, bool is_unix, bool greets, instant opening_until);

  [[nodiscard]] int socket() const noexcept { return socket_.get(); }
  [[nodiscard]] bool is_connected() const noexcept { return connected_; }
  [[nodiscard]] bool is_open() const noexcept { return connected_ && offer_.has_value(); }
  [[nodiscard]] bool is_going_away() const noexcept { return going_away_; }
  /// Its server is shutting down, and has answered all that it took and that anybody waits for.
  [[nodiscard]] bool is_spent() const noexcept;
  /// Whether a request was ever sent on it.
  [[nodiscard]] bool was_asked() const noexcept { return next_id_ > first_request_id; }
  [[nodiscard]] bool knows_no_hello() const noexcept { return knows_no_hello_; }
  [[nodiscard]] bool wants_to_write() const noexcept { return !connected_ || !out_.empty(); }
  /// Whether the request may be sent now: a frame is written whole before the next one begins.
  [[nodiscard]] bool has_room(const request& asked) const noexcept;
  /// What the server can do; only of one that is open.
  [[nodiscard]] const hello_response& offer() const noexcept { return *offer_; }
  /// How many documents, of how many bytes together, may go in one frame.
  struct batch_room {
    size_t documents = 1;
    uint64_t bytes = 0;
  };
  [[nodiscard]] batch_room room() const noexcept;
  [[nodiscard]] std::vector<request_ptr> requests() const;

  /// When `check_time` has something to say at the latest.
  [[nodiscard]] instant due() const noexcept;
  /// Why it is over, if the server keeps the client waiting for what nobody can wait for.
  [[nodiscard]] std::optional<answer> check_time(instant now) const;

  /// In one frame. A failure: the connection is over.
  [[nodiscard]] std::optional<answer> send(const std::vector<request_ptr>& requests, instant now);
  /// The request is done, before its answer has come: the server is told if nobody waits for anything else in its
  /// frame, and its document is no longer used. A failure: the connection is over.
  [[nodiscard]] std::optional<answer> abandon(const request& ended, instant now);
  /// What was queued, and what became free since. A failure: the connection is over.
  [[nodiscard]] std::optional<answer> write();
  /// What there is, within a turn. A failure: the connection is over; what was settled before holds.
  [[nodiscard]] std::optional<answer> read(std::vector<settled>& into);

private:
  static constexpr uint64_t hello_id = 1, first_request_id = 2;

  struct flight {
    std::vector<request_ptr> requests; ///< null: settled otherwise
    std::shared_ptr<const question> asked;
    std::vector<uint32_t> document_bytes;
    bool is_of_batch = false; ///< it would have gone with others
    frame_type type = frame_type::tokenize;
    std::optional<instant> abandoned_since;
  };
  using flights = std::map<uint64_t, flight>;

  [[nodiscard]] std::optional<answer> finish_connect();
  [[nodiscard]] std::optional<uint64_t> payload_bytes_max(const frame_header& header) const;
  [[nodiscard]] std::optional<answer> take_frame(std::vector<settled>& into);
  [[nodiscard]] std::optional<answer> take_hello(std::span<const uint8_t> payload);
  [[nodiscard]] std::optional<answer> take_version_1(const frame_header& header, std::span<const uint8_t> payload,
                                                     std::vector<settled>& into);
  [[nodiscard]] std::optional<answer> take_going_away(std::span<const uint8_t> payload, std::vector<settled>& into);
  [[nodiscard]] std::optional<answer> take_batch(flights::iterator at, const received_payload& payload,
                                                 std::vector<settled>& into);
  [[nodiscard]] answer read_single(uint64_t id, const flight& sent, const received_payload& payload,
                                   const owned_fd& descriptor, bool lost_descriptor);
  [[nodiscard]] std::optional<answer> settle(flight& sent, size_t index, answer result, std::vector<settled>& into);

  owned_fd socket_;
  bool is_unix_;
  bool greets_;
  instant opening_until_;
  bool connected_ = false;
  bool knows_no_hello_ = false;
  bool going_away_ = false;
  bool with_descriptors_ = false; ///< are agreed on, or may come as they were asked for
  std::optional<hello_response> offer_;
  uint64_t next_id_ = first_request_id;
  flights flights_;
  batch_window window_;
  outgoing out_;
  frame_receiver in_;
  std::shared_ptr<release_queue> releases_ = std::make_shared<release_queue>();
};

} // namespace texlex::client_core

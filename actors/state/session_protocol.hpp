// One connection's side of the wire protocol as a plain class: frames and time go in, verdicts come out. No socket, no
// clock, no CAF; the shell in actors/server reads, writes and asks. docs/protocol.md and protocol-2.md are the
// contract.
//
//   header_read ──▶ payload ──▶ payload_read ──▶ a job is open ──▶ answered ─┐
//        │  └─────▶ skip (its response waits already)                        ├─▶ begin_write ──▶ written
//        └────────▶ ended (its response is the last one) ────────────────────┘
//
// The promise it keeps: every request whose header was read gets exactly one response, while the client is there to
// take it; and never are more requests and unwritten responses held than requests_in_flight_max.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/job.hpp"
#include "actors/state/admission.hpp"
#include "actors/state/eviction.hpp"
#include "actors/state/gate.hpp"
#include "runtime/batch_frame.hpp"
#include "runtime/frame.hpp"
#include "runtime/limits.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex {

struct session_limits {
  uint32_t document_bytes_max = 0;
  uint32_t requests_in_flight_max = 0;         ///< of this connection, its unwritten responses among them
  duration idle_timeout{};                     ///< nothing in flight, no frame begun
  duration read_timeout{};                     ///< from a frame's first byte to its last
  duration write_timeout{};                    ///< from the first to the last byte of the responses written at once
  duration held_back_max = duration::max();    ///< how long a request waits for room, its document unread
  uint32_t read_rate_min = 0;                  ///< bytes a second of a frame, on average; 0: none
  duration read_grace{};                       ///< before that counts
  uint64_t column_bytes_held_max = UINT64_MAX; ///< with so many expected or unwritten it is not read
};

/// The frame that a response is.
enum class response_form : uint8_t {
  counts,     ///< of version 1: an outcome
  stats,      ///< a text
  hello,      ///< likewise
  going_away, ///< likewise; answers nothing
  tokenized,  ///< of version 2: an outcome, and columns if they were wanted
  batch,      ///< likewise one of each document; or an outcome of them all, why none was begun
};

struct response {
  uint64_t id = 0; ///< the client's
  outcome result;
  std::shared_ptr<const std::string> text{}; ///< of forms that are one
  response_form form = response_form::counts;
  token_view view = token_view::tex;
  position_unit unit = position_unit::bytes;
  column_answer_ptr columns{};
  std::vector<response> documents{}; ///< of a batch, in their order, each of form `tokenized`

  friend bool operator==(const response&, const response&) = default;
};

/// How many bytes of columns it holds.
[[nodiscard]] uint64_t column_bytes_of(const response& one) noexcept;

/// What a server answers to hellos: payloads of hello responses.
struct hello_texts {
  std::array<std::shared_ptr<const std::string>, all_features + 1> version_2; ///< by the features that both know
  std::shared_ptr<const std::string> version_1;
};

/// What the shell is to read next.
enum class read_step : uint8_t {
  header,  ///< the 16 bytes of the next frame's header
  payload, ///< `payload_bytes`, into one document; may be none
  hello,   ///< `payload_bytes`, whole: they are few
  skip,    ///< `payload_bytes` that nobody wants
  pause,   ///< nothing: as much is in flight as may be, a request is held back, or a document for want of bytes
  ended,   ///< nothing any more
};

/// What a header turned out to be.
enum class header_kind : uint8_t {
  request,
  held_back, ///< a request, but there is no room yet: `go_on` tells what becomes of it
  cancel,
  cancel_of_unknown_id,
  release,       ///< of what was lent with the response to `id`
  hello,         ///< its payload is to be told by `hello_read`
  stats,         ///< to be asked for, under a number told by `stats_asked`
  stats_refused, ///< its response waits already
  broken,
};

struct header_verdict {
  header_kind kind = header_kind::broken;
  job_id to_cancel;  ///< for `cancel`
  uint32_t jobs = 1; ///< so many, of numbers that follow each other
  uint64_t id = 0;   ///< for `release`
};

/// How a frame came.
struct frame_arrival {
  duration waited{0};       ///< in its socket, before it was read
  bool more_behind = false; ///< there is more after it already
};

/// A request read to its end: the shell makes a job of it, or one of each of its documents, and submits them.
struct submission {
  document_extent document; ///< where in the payload, or how much is passed; of a batch all of them
  admission::place place;   ///< to be held until the job has its outcome, even if the client is gone by then
  std::optional<tokenize_options> options{}; ///< of a request of version 2; what they say lies in the payload
  std::optional<batch_request> batch{};      ///< likewise, of a batch
};

/// What time has brought about.
enum class tick_verdict : uint8_t {
  nothing,
  reading_ended, ///< a frame took too long: a last response may wait to be written
  close,         ///< idle too long, or its responses are not taken: close at once
};

class session_protocol {
public:
  /// `gate` is shared by all connections and must outlive this.
  session_protocol(const session_limits& limits, gate& gate, instant now);

  // What to read.
  [[nodiscard]] read_step reading() const noexcept;
  [[nodiscard]] uint32_t payload_bytes() const noexcept { return payload_bytes_; } ///< of the frame at hand, in all
  /// How much of a document may be read now: what is missing, or the bytes that are left in all.
  [[nodiscard]] size_t payload_room() const noexcept;

  // What was read.
  void frame_begun(instant now); ///< the first byte of a header
  [[nodiscard]] header_verdict header_read(const frame_header& header, instant now, const frame_arrival& arrival = {});
  /// Asks again for the request that is held back; true if it is no longer, whatever became of it.
  bool go_on(instant now);
  /// When to ask at the latest.
  [[nodiscard]] instant held_back_until() const noexcept;
  /// A document is due, or is there and not yet taken by `payload_read`.
  [[nodiscard]] bool in_document() const noexcept { return step_ == read_step::payload; }
  /// So much more of a payload is there; of a document within `payload_room`.
  void payload_arrived(size_t bytes, instant now) noexcept;
  /// A document that is begun finds no bytes left for its next one.
  [[nodiscard]] bool starving() const noexcept;
  void starved(instant now) noexcept; ///< until there is room again, time does not count against the client
  /// The payload of a frame that carries several documents is due, or is there.
  [[nodiscard]] bool in_batch() const noexcept { return in_document() && request_form_ == response_form::batch; }
  /// The payload is there and becomes the job `job`, unless it is refused after all: then the number is not used. A
  /// batch becomes as many jobs as it has documents, with the numbers from `job` on. Throws std::bad_alloc; if
  /// `in_document` still, nothing has happened.
  [[nodiscard]] std::optional<submission> payload_read(std::span<const uint8_t> payload, job_id job, instant now);
  void payload_skipped(instant now);
  /// The answer of that job, which is open, may hold so many bytes of columns.
  void expect_columns(job_id job, uint64_t bytes) noexcept;
  /// The payload of a hello, and what is to be answered if it can be: to a client of this version, and to one that
  /// speaks only version 1. `features`: those that this connection can have.
  void hello_read(std::span<const uint8_t> payload, const hello_texts& answers, uint32_t features, instant now);
  /// What both sides have agreed on: bits of `hello_feature`.
  [[nodiscard]] uint32_t features() const noexcept { return features_; }
  /// What the last header asked for is asked under this number, and comes by `told`.
  void stats_asked(job_id number);
  /// There is no memory for the payload: `overload`, and what is missing of it is to be skipped.
  void payload_refused(instant now);
  /// The client has ended its side. What is in flight is still answered.
  void end_of_stream(instant now);

  // Jobs.
  /// True if this made a response; false if no such job is open here (a late answer): nothing happens.
  bool answered(job_id job, const outcome& result, instant now, column_answer_ptr columns = {});
  /// Likewise for what was asked for by a stats frame.
  bool told(job_id number, std::shared_ptr<const std::string> stats, instant now);
  /// What has become of the documents of one frame so far.
  struct batch_answers {
    explicit batch_answers(size_t count) : documents(count), missing(static_cast<uint32_t>(count)) {}

    std::vector<response> documents;
    std::bitset<limits::batch_documents_max> answered;
    uint32_t missing;
  };
  struct open_request {
    uint64_t id;                                ///< the client's
    job_id job;                                 ///< the first, if there are several
    response_form form = response_form::counts; ///< `stats`: a question, no job
    token_view view = token_view::tex;
    position_unit unit = position_unit::bytes;
    uint64_t column_bytes = 0; ///< that its answer may hold
    std::unique_ptr<batch_answers> batch{};

    [[nodiscard]] uint32_t jobs() const noexcept { return batch ? static_cast<uint32_t>(batch->documents.size()) : 1; }
    /// How many of them have no outcome yet.
    [[nodiscard]] uint32_t jobs_open() const noexcept { return batch ? batch->missing : 1; }
    [[nodiscard]] bool has(job_id number) const noexcept { return number.value - job.value < jobs(); }
  };
  /// What is in flight: to be cancelled if the client is gone.
  [[nodiscard]] std::span<const open_request> open_jobs() const noexcept { return open_; }

  // What to write.
  /// The responses to be written now, all in one go; none if nothing waits or a write is under way. The span holds
  /// until `written`.
  [[nodiscard]] std::span<const response> begin_write(instant now);
  void written(instant now);

  // Ends.
  /// Answers with this one response and reads nothing.
  void refuse(status reason);
  /// From now on requests are answered `shutting_down`; those already begun are carried out. A client that wanted to
  /// know is told by a frame of its own.
  void drain();
  /// Draining, and nothing is begun, open or unwritten: `end` if the client has not sent anything meanwhile.
  [[nodiscard]] bool drained() const noexcept;
  /// Nothing more is read, and the place of a frame at hand is given back at once.
  void end() noexcept;
  /// Every request begun is answered `shutting_down` now; its job's outcome will be late. Reading ends. Returns how
  /// many requests that were.
  size_t abandon();
  [[nodiscard]] tick_verdict tick(instant now, size_t ahead = 0); ///< `ahead`: bytes read and not taken yet
  /// Nobody looked at the connection for so long, up to now: that is not its client's time.
  void forgive(duration lag, instant now) noexcept;
  /// Another needs its place more: ends as if its time were over.
  void push_out();
  [[nodiscard]] standing standing_at(instant now, size_t ahead = 0) const noexcept;
  /// Nothing will be read, and all has been answered and written: the connection is to be closed.
  [[nodiscard]] bool done() const noexcept;
  /// Something is begun, open or unwritten: if the connection breaks now, somebody misses a response.
  [[nodiscard]] bool busy() const noexcept { return in_frame_ || held() > 0; }
  /// The client has ended its side, so that nothing unread can be lost when the connection is closed.
  [[nodiscard]] bool ended_by_client() const noexcept { return ended_by_client_; }

private:
  /// Each answer is a text of kilobytes, of which a connection shall not gather many.
  static constexpr uint32_t stats_in_flight_max = 2;

  /// What a client may send; nothing: this type is none, or of a version that is not spoken here.
  [[nodiscard]] std::optional<frame_type> known_type(uint32_t type) const noexcept;
  [[nodiscard]] header_verdict request_header_read(const frame_header& header, const frame_arrival& arrival);
  [[nodiscard]] header_verdict hello_header_read(const frame_header& header);
  /// Why a tokenize frame's payload is refused, or nothing.
  [[nodiscard]] std::optional<status> take_apart(std::span<const uint8_t> payload, submission& into) const noexcept;
  void fed(instant now) noexcept;
  /// False: there is no room for it yet.
  bool let_in(const frame_header& header, const frame_arrival& arrival);
  void refuse_held_back(status reason, instant now);
  [[nodiscard]] uint32_t payload_missing() const noexcept { return payload_bytes_ - payload_arrived_; }
  [[nodiscard]] duration frame_time(instant now) const noexcept;
  [[nodiscard]] bool too_slow(instant now, size_t ahead) const noexcept;
  void skip_refused(instant now);
  [[nodiscard]] header_verdict stats_header_read(const frame_header& header);
  [[nodiscard]] bool in_flight(uint64_t id) const noexcept;
  void abandon(open_request& request);
  [[nodiscard]] std::vector<open_request>::iterator find_open(job_id job) noexcept;
  bool close_open(job_id job, response with, instant now);
  /// False: it was answered before.
  [[nodiscard]] static bool add_to_batch(open_request& batch, job_id job, response with) noexcept;
  [[nodiscard]] header_verdict cancel_header_read(const frame_header& header) const;
  void frame_ended(instant now);
  void respond(uint64_t id, status reason, uint32_t retry_after_ms = 0, response_form form = response_form::counts);
  /// Reading ends; the response is written after all others.
  void end_with(uint64_t id, status reason, response_form form = response_form::counts);
  void tell_going_away();
  void release_last_response();
  [[nodiscard]] bool at_frame_start() const noexcept { return step_ == read_step::header && !in_frame_; }
  [[nodiscard]] bool holds_enough() const noexcept {
    return held() >= limits_.requests_in_flight_max || stats_open_ >= stats_in_flight_max
           || column_bytes_held_ >= limits_.column_bytes_held_max;
  }
  [[nodiscard]] size_t held() const noexcept { return open_.size() + waiting_.size() + being_written_.size(); }
  void check_invariants() const;

  session_limits limits_;
  gate& gate_;

  read_step step_ = read_step::header; ///< never `pause`: that follows from what is held
  bool in_frame_ = false;              ///< the first byte of a header was read, not yet the last of its payload
  bool draining_ = false;
  bool ended_by_client_ = false;
  uint16_t version_ = 1;  ///< of the protocol, 2 after a hello
  uint32_t features_ = 0; ///< bits of `hello_feature`
  bool greeted_ = false;
  bool told_going_away_ = false;
  going_away taken_;                                   ///< what has been let in
  uint64_t request_id_ = 0;                            ///< of the payload being read
  response_form request_form_ = response_form::counts; ///< likewise
  uint32_t payload_bytes_ = 0;
  uint32_t payload_arrived_ = 0;
  bool served_ = false;    ///< a response was written
  admission::place place_; ///< of the payload being read
  std::optional<frame_header> held_back_;
  instant held_back_since_;
  std::optional<instant> starved_since_;

  /// A few dozen by default, so that looking through them costs less than hashing; their memory is taken once.
  std::vector<open_request> open_;
  uint32_t stats_open_ = 0; ///< of those
  std::vector<response> waiting_;
  std::vector<response> being_written_;
  uint64_t column_bytes_held_ = 0;        ///< of those two, and expected of what is open
  std::optional<response> last_response_; ///< held back until nothing is open

  instant quiet_since_;
  instant frame_begun_;
  instant write_begun_;
};

// Inline, as they are asked several times for each frame.
inline read_step session_protocol::reading() const noexcept {
  if (held_back_ || starving()) return read_step::pause;
  if (!at_frame_start()) return step_;
  return holds_enough() ? read_step::pause : step_;
}

inline bool session_protocol::starving() const noexcept {
  return step_ == read_step::payload && payload_missing() > 0 && place_.room() == 0;
}

inline size_t session_protocol::payload_room() const noexcept {
  return static_cast<size_t>(std::min<uint64_t>(payload_missing(), place_.room()));
}

} // namespace texlex

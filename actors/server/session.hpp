// One connection's shell: reads what its protocol asks for, writes what waits, makes jobs. Decides nothing. Reads while
// its socket has something and its protocol wants it, writes at once, and waits for the socket only if that does not
// take all: so memory is bounded, and a client that does not read is not read from. It takes no more than its share of
// a turn: what is left waits for the next one, after sockets were looked at. Where memory runs out the connection ends.
//
// session.cpp has its life, session_reading.cpp and session_writing.cpp the two directions, session_jobs.cpp what comes
// of what was read, session_descriptors.cpp what is passed beside bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/server/outgoing.hpp"
#include "actors/server/read_ahead.hpp"
#include "actors/server/server_core.hpp"
#include "actors/state/backlog_ruler.hpp"
#include "actors/state/descriptor_queue.hpp"
#include "actors/state/session_protocol.hpp"
#include "runtime/document.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/frame.hpp"
#include "runtime/socket.hpp"

namespace texlex {

class session final : public event_loop::watcher {
public:
  /// `socket` does not block. `peer`: whom it counts for among connections; it stops counting when it is reset.
  session(server_core& core, owned_fd socket, std::optional<peer_key> peer);

  /// A refused one only tells its client that there are too many connections.
  void start(bool refused) noexcept;
  /// True if the client will hear of it; `settle` writes it.
  [[nodiscard]] bool answered(job_id job, const outcome& result, const column_answer_ptr& columns, instant at) noexcept;
  [[nodiscard]] bool told(job_id number, std::shared_ptr<const std::string> stats, instant at) noexcept;
  /// After anything has happened: writes what waits, takes what was read, or ends. May close the session, which lives
  /// to the end of the pass all the same.
  void settle() noexcept;
  void ready(uint32_t events) noexcept override;
  /// Small frames are received for many connections in one go; large documents by one at a time.
  std::optional<socket_operation> wants_to_receive(std::span<uint8_t> memory) noexcept override;
  void received(ssize_t result) noexcept override;
  /// What waits to be written, to be sent along with others'; then `sent` is to be told. Nothing: it waits for none.
  [[nodiscard]] std::optional<socket_operation> wants_to_send() noexcept;
  void sent(ssize_t result) noexcept;
  /// It has waited, and goes on where it stopped.
  void take_turn() noexcept;
  /// Asks again for the request that is held back; true: it is no longer.
  [[nodiscard]] bool go_on(instant at) noexcept;
  [[nodiscard]] instant held_back_until() const noexcept { return protocol_.held_back_until(); }
  /// Returns how many bytes its client has sent that are not read.
  uint64_t sweep(instant at) noexcept;
  void drain() noexcept;
  /// Answers everything `shutting_down` now; returns how many requests that were.
  size_t abandon() noexcept;
  /// Another needs its place more. `waited_for`: its client may take its time to read the last response.
  void push_out(bool waited_for) noexcept;
  /// Others need its bytes more: the request under way is refused.
  void give_up_payload() noexcept;
  [[nodiscard]] standing standing_at(instant at) const noexcept;
  /// Ends at once; jobs in flight are cancelled.
  void close() noexcept;

  /// The loop was so late: see `session_protocol::forgive`.
  void forgive(duration lag, instant at) noexcept { protocol_.forgive(lag, at); }

  /// It is only there to learn that there is no place for it.
  [[nodiscard]] bool refused() const noexcept { return refused_; }
  [[nodiscard]] bool waits_for_turn() const noexcept { return waits_for_turn_; }
  void turn_is_awaited(bool yes) noexcept { waits_for_turn_ = yes; }

  // The core's own notes.
  std::optional<peer_key> peer;
  size_t place_in_list = 0;
  bool starves = false;

private:
  /// Whatever finds no memory ends the connection and nothing else.
  template <class Work>
  void guarded(Work work) noexcept {
    try {
      work();
    } catch (const std::bad_alloc&) {
      no_memory();
    }
  }
  void no_memory() noexcept;
  void settle_or_throw();
  void look_at_time(instant at);
  [[nodiscard]] bool has_turn();

  [[nodiscard]] bool wants_input() const noexcept;
  void read_on(bool more = false);
  /// False: there is nothing more to read for now.
  bool took_in(ssize_t result, size_t room);
  [[nodiscard]] std::span<uint8_t> where_to_read(std::span<uint8_t> shared);
  void was_read(size_t bytes);
  void note_arrival(size_t bytes, bool filled);
  [[nodiscard]] bool skips_much() const noexcept;
  void keep_input();
  void input_ended();
  bool take_frames();
  bool take_header();
  bool take_payload();
  bool take_skipped();
  bool take_hello();
  void payload_complete();
  /// What a client wants of a document.
  struct wish {
    const texlex::regime* regime;
    duration deadline; ///< 0: none
    request_priority priority;
    std::optional<trace_context> trace;
    std::shared_ptr<const column_order> order;
  };
  void submit(job_id id, document_lease memory);
  void submit_batch(job_id first, uint32_t jobs, document_lease memory);
  void begin(job& one, job_id id, std::span<const uint8_t> document, instant at) const noexcept;
  /// The job, which is open, is answered so and goes no further.
  void refuse(job_id id, status reason, instant at);
  /// Not held if there is none.
  [[nodiscard]] admission::place admit_one_more() noexcept;
  /// Lets a document of a batch lie in what its payload lies in, or tells why it cannot be had.
  [[nodiscard]] std::optional<status> give_memory(job& one, const document_lease& shared) noexcept;
  /// What a client wants, or why it cannot be had.
  [[nodiscard]] std::variant<wish, status> understand(const tokenize_options& options, size_t document_bytes) noexcept;
  /// Makes the job, which is open, what its client wants, or tells why it cannot be that. `bytes_left`: of the response
  /// that it shares with others.
  [[nodiscard]] std::optional<status> heed(const wish& wanted, job& one, uint64_t* bytes_left = nullptr) noexcept;
  // What is passed beside bytes.
  [[nodiscard]] uint32_t features_to_offer() const noexcept;
  [[nodiscard]] bool passes_descriptors() const noexcept;
  [[nodiscard]] ssize_t receive(std::span<uint8_t> room) noexcept;
  /// Lets the job's document be what was passed with the frame at hand, or tells why it cannot.
  [[nodiscard]] std::optional<status> map_document(job& one, size_t bytes) noexcept;
  [[nodiscard]] std::shared_ptr<lending_pool> lender_for(uint64_t column_bytes);
  void put_out_lent(const response& one);
  void take_back(uint64_t id) noexcept;
  void cool_down(instant at) noexcept;
  void ask_stats();
  bool has_payload_memory();
  void refuse_payload();
  void write_waiting();
  void write_rest();
  [[nodiscard]] bool begin_write();
  [[nodiscard]] bool write_some();
  [[nodiscard]] bool wrote(ssize_t result);
  [[nodiscard]] ssize_t send_rest() noexcept;
  void put_out(std::span<const response> responses);
  void put_out_text(const response& one, frame_type type);
  void put_out_tokenized(const response& one);
  void put_out_batch(const response& one);
  /// Head, directory and columns of one document.
  void put_out_columns(const response& one);
  void count_response(const response& one) noexcept;
  void watch_as_needed();
  void finish();
  void vanished(const char* how) noexcept;
  [[nodiscard]] bool client_gone() const noexcept;
  [[nodiscard]] uint64_t unread_bytes() const noexcept;

  server_core& core_;
  owned_fd socket_;
  session_protocol protocol_;
  const uint64_t number_; ///< of this connection; never used again
  bool refused_ = false;

  uint32_t watched_for_ = 0; ///< events of the socket
  bool lingering_ = false;   ///< all is said: reads and drops until the client ends its side
  bool closed_ = false;
  turn_share share_;
  bool waits_for_turn_ = false;
  bool paused_ = false; ///< its client had as much in flight as it may

  read_ahead input_;
  size_t receiving_ = 0; ///< room of the receive that is carried out for it; 0: none is
  document_lease payload_;
  size_t filled_ = 0; ///< of the payload being read
  instant arrived_;   ///< when what was read last could have been read, as far as is known
  backlog_ruler backlog_;
  outgoing out_; ///< what is being written; kept for its memory

  uint64_t stream_read_ = 0; ///< bytes of the connection
  uint64_t frame_at_ = 0;    ///< where among them the frame at hand begins
  descriptor_queue passed_;
  struct loan {
    uint64_t id;
    column_answer_ptr columns;
  };
  std::vector<loan> lent_;
  std::shared_ptr<lending_pool> lender_; ///< made when it is first needed
  instant last_lent_;

  instant linger_until_;
  size_t linger_bytes_left_ = 0;
};

} // namespace texlex

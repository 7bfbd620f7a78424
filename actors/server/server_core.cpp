// The bookkeeping of all connections. Memory that a later step must not do without is set aside before anything is
// promised, so that running out of it costs a request or a connection.
#include "actors/server/server_core.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <sys/socket.h>

#include <spdlog/spdlog.h>

#include "actors/server/session.hpp"
#include "actors/server/stats_text.hpp"
#include "actors/state/file_plan.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr outcome no_memory{status::overload, 0, 0, origin::none};

duration sweep_interval_of(const server_settings& server) {
  const uint32_t shortest_ms =
    std::min({server.idle_timeout_ms, server.read_timeout_ms, server.write_timeout_ms, server.read_grace_ms});
  return std::clamp(milliseconds{shortest_ms / 4}, milliseconds{5}, milliseconds{250});
}

socket_batch::way way_of(const server_settings& server) {
  return server.io_uring ? socket_batch::way::io_uring_if_possible : socket_batch::way::one_by_one;
}

session_limits limits_of(const server_settings& server, const limit_settings& limits) {
  return {.document_bytes_max = limits.document_bytes_max,
          .requests_in_flight_max = limits.requests_per_connection_max,
          .idle_timeout = milliseconds{server.idle_timeout_ms},
          .read_timeout = milliseconds{server.read_timeout_ms},
          .write_timeout = milliseconds{server.write_timeout_ms},
          .held_back_max = milliseconds{limits::held_back_ms_max},
          .read_rate_min = server.read_rate_min,
          .read_grace = milliseconds{server.read_grace_ms},
          .column_bytes_held_max = limits.column_bytes_max / 4};
}

// Clients that keep what they were lent leave half of the memory to others.
lending_quotas lending_of(const limit_settings& limits, const std::shared_ptr<quota>& column_bytes) {
  return {.bytes = std::make_shared<quota>(limits.column_bytes_max / 2, column_bytes),
          .files = std::make_shared<quota>(limits.descriptors_max),
          .kept_bytes = std::make_shared<quota>(limits::document_pool_bytes_max)};
}

// Workers give back what they write once it is sent, and may have all of it.
std::shared_ptr<const lending_quotas> quotas_of_processes(const limit_settings& limits, document_memory memory,
                                                          const std::shared_ptr<quota>& column_bytes) {
  if (memory != document_memory::shared) return nullptr;
  return std::make_shared<const lending_quotas>(
    lending_quotas{.bytes = column_bytes,
                   .files = std::make_shared<quota>(limits.descriptors_max),
                   .kept_bytes = std::make_shared<quota>(limits::document_pool_bytes_max)});
}

template <class Element>
void reserve_more(std::vector<Element>& of, size_t count) {
  if (of.capacity() - of.size() < count) of.reserve(2 * of.size() + count + 16);
}

} // namespace

server_core::server_core(const server_settings& server, const limit_settings& limits, const texlex::regime* rules,
                         job_port& jobs, document_memory memory)
  : sweep_interval_(sweep_interval_of(server)), connections_max_(server.connections_max),
    protocol_limits(limits_of(server, limits)), request_timeout(milliseconds{limits.request_timeout_ms}),
    admission(limits.requests_max, limits.request_bytes_max), gate(admission, jobs.pressure()),
    documents(limits::document_pool_bytes_max, memory, shared_documents_kept(limits.requests_max)),
    column_bytes(std::make_shared<quota>(limits.column_bytes_max)),
    column_memory(limits::document_pool_bytes_max, column_bytes), lending(lending_of(limits, column_bytes)),
    process_quotas(quotas_of_processes(limits, memory, column_bytes)),
    offered(limits, rules, memory == document_memory::shared), hellos(offered.hellos()), regime(rules), port(jobs),
    loop(way_of(server), std::chrono::microseconds{server.busy_poll_us}), stats_(milliseconds{limits::stats_pause_ms}),
    peers_(server.connections_per_peer_max) {}

server_core::~server_core() = default;

void server_core::connected(owned_fd socket, std::optional<peer_key> peer) {
  const bool refused = !make_room(peer);
  if (refused) {
    counters.connections_refused.add();
    if (refused_ >= limits::refused_waited_for_max) return refuse_unheard(std::move(socket));
    peer.reset(); // it is not counted
  }
  auto made = std::make_unique<session>(*this, std::move(socket), peer);
  session& taken = *made;
  if (const size_t most = sessions_.size() + buried_.size() + 1; buried_.capacity() < most) buried_.reserve(2 * most);
  if (peer) peers_.add(*peer);
  try {
    sessions_.push_back(std::move(made));
  } catch (const std::bad_alloc&) {
    if (peer) peers_.remove(*peer);
    throw;
  }
  taken.place_in_list = sessions_.size() - 1;
  if (refused) ++refused_;
  if (!refused) counters.connections_accepted.add();
  if (next_sweep_ == instant::max()) next_sweep_ = now() + sweep_interval_;
  update_gauges();
  taken.start(refused);
  if (draining) taken.drain();
}

// Whoever does less than anybody else makes room for the newcomer; who is busy does not.
bool server_core::make_room(const std::optional<peer_key>& peer) {
  const bool of_peer = peer && peers_.full(*peer);
  if (!of_peer && sessions_.size() - refused_ < connections_max_) return true;
  session* const victim = choose(eviction::want::connection, of_peer ? peer : std::nullopt);
  if (!victim) return false;
  counters.connections_pushed_out.add();
  if (victim->peer) peers_.remove(*std::exchange(victim->peer, std::nullopt));
  ++refused_; // from now on it is one of those that only get to know
  victim->push_out(refused_ <= limits::refused_waited_for_max);
  return true;
}

// A new socket's buffer is empty, so this is never waited for.
void server_core::refuse_unheard(owned_fd socket) noexcept {
  const auto frame = encode_response(0, {status::too_many_connections, 0, 0, origin::none});
  counters.responses[static_cast<size_t>(status::too_many_connections)].add();
  if (::send(socket.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
    spdlog::debug("a refused client could not be told so");
}

// Of very many not all are looked at each time: the next look begins where this one ended.
session* server_core::choose(eviction::want what, const std::optional<peer_key>& peer) {
  constexpr size_t looks_max = 1024;
  const instant at = now();
  eviction choice{what};
  for (size_t looks = std::min(sessions_.size(), looks_max); looks > 0; --looks) {
    looked_at_ = looked_at_ + 1 < sessions_.size() ? looked_at_ + 1 : 0;
    const session& one = *sessions_[looked_at_];
    if (one.refused() || (peer && one.peer != peer)) continue;
    choice.look(one.standing_at(at), looked_at_);
  }
  const auto victim = choice.victim();
  return victim ? sessions_[*victim].get() : nullptr;
}

void server_core::closed(session& ended) noexcept {
  if (ended.refused()) --refused_;
  if (ended.peer) peers_.remove(*ended.peer);
  forget_waiting(ended);
  const size_t place = ended.place_in_list;
  buried_.push_back(std::move(sessions_[place]));
  if (place + 1 < sessions_.size()) {
    sessions_[place] = std::move(sessions_.back());
    sessions_[place]->place_in_list = place;
  }
  sessions_.pop_back();
  update_gauges();
  if (sessions_.empty()) next_sweep_ = instant::max();
  if (sessions_.empty() && on_idle) on_idle();
}

void server_core::forget_waiting(session& one) noexcept {
  std::erase(held_back_, &one);
  std::erase(starving_, &one);
  std::erase(turns_, &one);
}

void server_core::bury() noexcept { buried_.clear(); }

void server_core::wait_for_turn(session& one) {
  if (one.waits_for_turn()) return;
  turns_.push_back(&one);
  one.turn_is_awaited(true);
}

void server_core::give_turns() {
  constexpr size_t guaranteed = 4; // or the sockets that are ready might take it all, turn after turn
  size_t given = 0;
  for (size_t waiting = turns_.size(); waiting > 0 && !turns_.empty(); --waiting) {
    if (turn.used_up() && given >= guaranteed) return;
    session& first = *turns_.front();
    turns_.pop_front();
    ++given;
    first.take_turn();
  }
}

void server_core::end_turn() {
  let_go_on();
  feed_starving();
  ask_if_due();
  if (next_sweep_ <= loop.time()) sweep();
  update_gauges();
  bury();
}

instant server_core::next_turn() const noexcept {
  if (!turns_.empty() || !submitted_.empty()) return instant::min();
  instant next = std::min(next_sweep_, stats_.due());
  if (!held_back_.empty()) next = std::min(next, held_back_.front()->held_back_until());
  if (!starving_.empty()) next = std::min(next, starving_since_ + milliseconds{limits::held_back_ms_max});
  return next;
}

void server_core::let_go_on() {
  while (!held_back_.empty()) {
    session& first = *held_back_.front();
    if (!first.go_on(loop.time())) return;                                           // who came first goes first
    if (!held_back_.empty() && held_back_.front() == &first) held_back_.pop_front(); // else it has closed
  }
}

void server_core::starving(session& one) {
  if (one.starves) return;
  if (starving_.empty()) starving_since_ = loop.time();
  starving_.push_back(&one);
  one.starves = true;
}

// Who waits longest goes on first. If nothing is given back for long, those who wait hold the bytes themselves: then
// the slowest of all documents under way makes room, and its client is told to come back.
void server_core::feed_starving() {
  if (starving_.empty()) return;
  const instant at = loop.time();
  if (admission.bytes_free() == 0 && at - starving_since_ >= milliseconds{limits::held_back_ms_max}) {
    starving_since_ = at;
    if (session* const victim = choose(eviction::want::bytes, {})) victim->give_up_payload();
  }
  for (size_t waiting = starving_.size(); waiting > 0 && !starving_.empty() && admission.bytes_free() > 0; --waiting) {
    session& first = *starving_.front();
    starving_.pop_front();
    starving_since_ = at;
    first.starves = false;
    first.take_turn();
  }
}

void server_core::expect(session& from, job_id first, uint32_t count) {
  reserve_more(submitted_, count);
  reserve_more(submitted_numbers_, count);
  for (uint64_t number = first.value; number < first.value + count; ++number) jobs_.insert(number, {&from, {}});
}

void server_core::forget(job_id first, uint32_t count) noexcept {
  for (uint64_t number = first.value; number < first.value + count; ++number) (void)jobs_.take(number);
}

void server_core::submit(job_ptr job, admission::place place, std::shared_ptr<admission::place> shared) noexcept {
  if (waiting_job* const found = jobs_.find(job->id.value)) {
    found->place = std::move(place);
    found->shared = std::move(shared);
  }
  submitted_numbers_.push_back(job->id);
  submitted_.push_back(std::move(job));
}

// If the port has no memory to take them, nobody will answer them but us.
instant server_core::hand_over() {
  if (submitted_.empty()) return loop.time();
  const instant at = now(); // once for all of them: a look costs as much as a kilobyte
  for (const job_ptr& each : submitted_) lag.record(at - each->received);
  update_gauges(); // when most is in flight: at the pass's end much is answered
  try {
    port.submit(std::exchange(submitted_, {}));
    submitted_numbers_.clear();
  } catch (const std::bad_alloc&) {
    const auto numbers = std::exchange(submitted_numbers_, {});
    for (const job_id job : numbers) answer(job, no_memory, {}, at);
    settle_touched();
  }
  return at;
}

// What was submitted before it goes first.
void server_core::cancel(job_id job) {
  hand_over();
  port.cancel(job);
}

void server_core::ask_stats(session& from, job_id number) {
  jobs_.insert(number.value, {&from, {}});
  stats_.add(number);
}

void server_core::ask_if_due() {
  const instant due = stats_.due();
  if (due == instant::max() || due > now()) return;
  hand_over();
  const job_id question = next_job();
  stats_.begin(question, now());
  port.ask_stats(question);
}

// A job that cannot be taken back for want of memory runs to its end, and is a late answer then.
void server_core::abandon(std::span<const session_protocol::open_request> jobs) noexcept {
  for (const auto& open : jobs)
    for (uint32_t i = 0; i < open.jobs(); ++i) {
      const job_id job{open.job.value + i};
      waiting_job* const found = jobs_.find(job.value);
      if (found == nullptr) continue; // it has its outcome, and others of its batch have not
      found->waiter = nullptr;
      if (open.form == response_form::stats) continue;
      try {
        cancel(job);
      } catch (const std::bad_alloc&) {
        continue;
      }
    }
}

void server_core::deliver(std::span<const delivery> deliveries) {
  const instant at = loop.time();
  for (const auto& [job, result, columns] : deliveries) answer(job, result, columns, at);
  settle_touched();
}

void server_core::answer(job_id job, const outcome& result, const column_answer_ptr& columns, instant at) {
  session* const waiter = waiter_of(job);
  if (!waiter || !waiter->answered(job, result, columns, at)) return counters.late_answers.add();
  if (!touched_.empty() && touched_.back() == waiter) return;
  try {
    touched_.push_back(waiter);
  } catch (const std::bad_alloc&) {
    waiter->settle();
  }
}

// Only now do they write: a session with several outcomes writes them in one go, and finds nothing the next time. One
// of them may have others answered on its way, so that the list can grow.
void server_core::settle_touched() {
  if (loop.by_io_uring()) send_for_touched();
  for (size_t i = 0; i < touched_.size(); ++i) touched_[i]->settle();
  touched_.clear();
}

// Without memory for that each sends for itself.
void server_core::send_for_touched() {
  sending_.clear();
  sends_.clear();
  try {
    sending_.reserve(touched_.size());
    sends_.reserve(touched_.size());
  } catch (const std::bad_alloc&) {
    return;
  }
  for (session* const each : touched_)
    if (const auto wanted = each->wants_to_send()) {
      sending_.push_back(each);
      sends_.push_back(*wanted);
    }
  loop.send(sends_);
  for (size_t i = 0; i < sends_.size(); ++i) sending_[i]->sent(sends_[i].result);
}

void server_core::told(job_id question, const metrics_report& report) {
  const auto& asked = stats_.end(question);
  if (asked.empty()) return counters.late_answers.add();
  counters.set_loop_lag(lag.report());
  const auto text = std::make_shared<const std::string>(stats_text(report, counters.read()));
  for (const job_id number : asked) {
    session* const waiter = waiter_of(number);
    if (!waiter || !waiter->told(number, text, loop.time())) {
      counters.late_answers.add();
      continue;
    }
    wait_for_turn(*waiter); // very many may have asked, and each text is kilobytes
  }
}

session* server_core::waiter_of(job_id job) noexcept {
  const auto taken = jobs_.take(job.value);
  return taken ? taken->waiter : nullptr;
}

void server_core::update_gauges() noexcept {
  counters.connections_open.set(sessions_.size() - refused_);
  counters.requests_in_flight.set(admission.requests_in_flight());
  counters.request_bytes_in_flight.set(admission.bytes_in_flight());
  counters.column_bytes_in_flight.set(column_bytes->taken());
  counters.lent_bytes.set(lending.bytes->taken());
}

// Time-outs are coarse on purpose: one look at all connections, and none while there is no connection. A look that
// comes late tells that this thread was given no core, or had too much to do, while clients' bytes lay unread.
void server_core::sweep() {
  const instant at = loop.time();
  if (const duration late = at - next_sweep_; late > sweep_interval_)
    for_each_session([&](session& one) { one.forgive(late, at); });
  next_sweep_ = at + sweep_interval_;
  uint64_t unread = 0;
  for_each_session([&](session& one) { unread += one.sweep(at); });
  counters.unread_bytes.set(unread);
  counters.set_loop_lag(lag.report());
}

} // namespace texlex

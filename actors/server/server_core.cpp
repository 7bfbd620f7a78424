#include "actors/server/server_core.hpp"

#include <algorithm>

#include <sys/socket.h>

#include <spdlog/spdlog.h>

#include "actors/server/session.hpp"
#include "actors/server/stats_text.hpp"
#include "actors/state/file_plan.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

using std::chrono::milliseconds;

// Refused connections are waited for like others, so that they get to read why; beyond so many they are not.
constexpr uint32_t refused_waited_for_max = 64;

duration sweep_interval_of(const server_settings& server) {
  const uint32_t shortest_ms = std::min({server.idle_timeout_ms, server.read_timeout_ms, server.write_timeout_ms});
  return std::clamp(milliseconds{shortest_ms / 4}, milliseconds{5}, milliseconds{250});
}

} // namespace

server_core::server_core(const server_settings& server, const limit_settings& limits, const texlex::regime* rules,
                         job_port& jobs, document_memory memory)
  : sweep_interval_(sweep_interval_of(server)), connections_max_(server.connections_max),
    protocol_limits{limits.document_bytes_max, limits.requests_per_connection_max, milliseconds{server.idle_timeout_ms},
                    milliseconds{server.read_timeout_ms}, milliseconds{server.write_timeout_ms}},
    request_timeout(milliseconds{limits.request_timeout_ms}), admission(limits.requests_max, limits.request_bytes_max),
    documents(limits::document_pool_bytes_max, memory, shared_documents_kept(limits.requests_max)), regime(rules),
    port(jobs) {}

server_core::~server_core() = default;

void server_core::connected(owned_fd socket) {
  const bool too_many = sessions_.size() - refused_ >= connections_max_;
  if (too_many) {
    counters.connections_refused.add();
    if (refused_ >= refused_waited_for_max) { // a new socket's buffer is empty, so this is never waited for
      const auto frame = encode_response(0, {status::too_many_connections, 0, 0, origin::none});
      counters.responses[static_cast<size_t>(status::too_many_connections)].add();
      if (::send(socket.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        spdlog::debug("a refused client could not be told so");
      return;
    }
    ++refused_;
  } else {
    counters.connections_accepted.add();
  }
  auto made = std::make_unique<session>(*this, std::move(socket), too_many);
  session& taken = *made;
  sessions_.emplace(&taken, std::move(made));
  update_gauges();
  start_sweep();
  taken.start();
  if (draining) taken.drain();
}

void server_core::closed(session& ended) {
  if (ended.refused()) --refused_;
  auto found = sessions_.extract(&ended);
  buried_.push_back(std::move(found.mapped()));
  update_gauges();
  if (sessions_.empty() && on_idle) on_idle();
}

void server_core::bury() noexcept { buried_.clear(); }

std::vector<session*> server_core::sessions() const {
  std::vector<session*> all;
  all.reserve(sessions_.size());
  for (const auto& [one, _] : sessions_) all.push_back(one);
  return all;
}

void server_core::submit(session& from, job_ptr job, admission::place place) {
  jobs_.emplace(job->id.value, waiting_job{&from, std::move(place)});
  submitted_.push_back(std::move(job));
}

void server_core::hand_over() {
  if (submitted_.empty()) return;
  port.submit(std::exchange(submitted_, {}));
}

// What was submitted before it goes first.
void server_core::cancel(job_id job) {
  hand_over();
  port.cancel(job);
}

void server_core::ask_stats(session& from, job_id number) {
  hand_over();
  jobs_.emplace(number.value, waiting_job{&from, {}});
  port.ask_stats(number);
}

void server_core::abandon(const std::vector<job_id>& jobs) {
  for (const job_id job : jobs) {
    if (const auto found = jobs_.find(job.value); found != jobs_.end()) found->second.waiter = nullptr;
    cancel(job);
  }
}

void server_core::deliver(const std::vector<std::pair<job_id, outcome>>& outcomes) {
  const instant at = loop.time();
  for (const auto& [job, result] : outcomes) {
    session* const waiter = waiter_of(job);
    if (waiter && waiter->answered(job, result, at)) {
      touched_.push_back(waiter);
    } else {
      counters.late_answers.add();
    }
  }
  // Only now do they write: a session with several outcomes writes them in one go, and finds nothing the next time.
  for (session* const waiter : touched_) waiter->settle();
  touched_.clear();
}

void server_core::told(job_id number, const metrics_report& report) {
  session* const waiter = waiter_of(number);
  if (!waiter) return counters.late_answers.add();
  auto text = std::make_shared<const std::string>(stats_text(report, counters.read()));
  if (waiter->told(number, std::move(text), loop.time())) waiter->settle();
}

session* server_core::waiter_of(job_id job) {
  const auto found = jobs_.find(job.value);
  if (found == jobs_.end()) return nullptr;
  session* const waiter = found->second.waiter;
  jobs_.erase(found);
  return waiter;
}

void server_core::update_gauges() noexcept {
  counters.connections_open.set(sessions_.size() - refused_);
  counters.requests_in_flight.set(admission.requests_in_flight());
  counters.request_bytes_in_flight.set(admission.bytes_in_flight());
}

// Time-outs are coarse on purpose: one timer for all connections, and none while there is no connection.
void server_core::start_sweep() {
  if (sweeping_) return;
  sweeping_ = true;
  loop.call_at(now() + sweep_interval_, [this] {
    sweeping_ = false;
    const instant at = now();
    for (session* const one : sessions()) one->sweep(at);
    if (!sessions_.empty()) start_sweep();
  });
}

} // namespace texlex

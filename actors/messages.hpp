// What actors say to each other: the words (atoms) and the payloads CAF has to know. The only place where message
// types are declared. An atom's text holds at most 10 characters, and equal texts are one type in the whole process.
#pragma once

#include <memory>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>

#include "actors/job.hpp"
#include "actors/reports.hpp"
#include "actors/state/worker_death.hpp"
#include "runtime/outcome.hpp"

namespace texlex {

// What may one day cross to another machine. Ids and outcomes are small and have no pointers.
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_id& x) {
  return f(caf::meta::type_name("texlex::job_id"), x.value);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, lane_id& x) {
  return f(caf::meta::type_name("texlex::lane_id"), x.value);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, outcome& x) {
  return f(caf::meta::type_name("texlex::outcome"), x.status, x.token_count, x.issue_count, x.origin);
}

} // namespace texlex

// What never leaves the process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::attempt_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::result_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::lane_traits)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::job_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::sample_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::worker_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::core_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::death)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::health_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::metrics_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::cluster_report_ptr)

CAF_BEGIN_TYPE_ID_BLOCK(texlex_messages, caf::first_custom_type_id)
  CAF_ADD_TYPE_ID(texlex_messages, (texlex::job_id))
  CAF_ADD_TYPE_ID(texlex_messages, (texlex::lane_id))
  CAF_ADD_TYPE_ID(texlex_messages, (texlex::outcome))

  // session <-> broker
  CAF_ADD_ATOM(texlex_messages, texlex::atom, submit, "tx_submit")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, cancel, "tx_cancel")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, close, "tx_close")

  // broker <-> lane
  CAF_ADD_ATOM(texlex_messages, texlex::atom, run, "tx_run")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, finished, "tx_finish")

  // broker <-> hedge timer
  CAF_ADD_ATOM(texlex_messages, texlex::atom, arm, "tx_arm")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, disarm, "tx_disarm")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, ring, "tx_ring")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, overdue, "tx_overdue")

  // supervisor <-> broker
  CAF_ADD_ATOM(texlex_messages, texlex::atom, joined, "tx_joined")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, cooling, "tx_cooling")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, drained, "tx_drained")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, left, "tx_left")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, unstaffed, "tx_nobody")

  // remote lane <-> broker, beside what all lanes say
  CAF_ADD_ATOM(texlex_messages, texlex::atom, room, "tx_room")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, suspected, "tx_suspect")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, abandon, "tx_abandon")

  CAF_ADD_ATOM(texlex_messages, texlex::atom, watched, "tx_watched")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, stuck, "tx_stuck")

  // worker -> supervisor, and the supervisor and metrics (`look`) to themselves
  CAF_ADD_ATOM(texlex_messages, texlex::atom, ready, "tx_ready")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, report, "tx_report")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, respawn, "tx_respawn")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, unspawned, "tx_unspawn")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, look, "tx_look")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, absent, "tx_absent")

  // a lane to itself
  CAF_ADD_ATOM(texlex_messages, texlex::atom, checkup, "tx_checkup")

  // anyone -> metrics
  CAF_ADD_ATOM(texlex_messages, texlex::atom, samples, "tx_samples")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, core, "tx_core")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, health_of, "tx_lanes")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, peers, "tx_peers")

  // the broker to itself
  CAF_ADD_ATOM(texlex_messages, texlex::atom, flush, "tx_flush")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, tick, "tx_tick")

  // session -> broker -> metrics -> session
  CAF_ADD_ATOM(texlex_messages, texlex::atom, tell, "tx_tell")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, told, "tx_told")

  // questions
  CAF_ADD_ATOM(texlex_messages, texlex::atom, stats, "tx_stats")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, health, "tx_health")
  CAF_ADD_ATOM(texlex_messages, texlex::atom, settled, "tx_settled")
CAF_END_TYPE_ID_BLOCK(texlex_messages)

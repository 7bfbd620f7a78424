// The wiring diagram: who may say what to whom. Leaves first; the broker and the supervisor come last because they
// talk to everyone above them. Each implementation lives in its own file and shows no more than a function to spawn it.
//
// Everything but a question is sent without a sender (`caf::anon_send`): nobody waits, and a late word finds no one.
#pragma once

#include <caf/typed_actor.hpp>

#include "actors/messages.hpp"

namespace texlex {

// The signatures of CAF 0.17: 0.18 spells both `result<Out>(In...)`.
template <class... In>
using takes = caf::reacts_to<In...>;
template <class Out, class... In>
using answers = typename caf::replies_to<In...>::template with<Out>;

/// Counts and times, on the side. Only `stats` waits for a reply; `tell` is answered to the front, under its number.
/// `health_of` tells who is there to work, whenever that changes; `peers` the cluster as it is, in place of what was
/// told before. `look` is its word to itself.
using metrics_actor =
  caf::typed_actor<takes<atom::samples, sample_batch>, takes<atom::report, worker_report>,
                   takes<atom::core, core_event>, takes<atom::health_of, health_report>, takes<atom::tell, job_id>,
                   takes<atom::peers, cluster_report_ptr>, takes<atom::look>, answers<metrics_report, atom::stats>>;

/// Whoever wants to hear that a job outlived its hedge delay.
using overdue_listener = caf::typed_actor<takes<atom::overdue, job_id>>;

/// Rings once a job has outlived its delay. An `overdue` that was already on its way when its job was disarmed reaches
/// the listener as an unknown id, which is normal. `ring` is its word to itself, with the instant it was planned for.
using hedge_timer_actor = caf::typed_actor<takes<atom::arm, job_id, duration, overdue_listener>,
                                           takes<atom::disarm, job_id>, takes<atom::ring, duration>>;

/// A place that runs attempts: says how each ended exactly once, also when its job was stopped meanwhile. `cancelled`
/// says that the attempt was not carried out or not to its end.
using lane_actor = caf::typed_actor<takes<atom::run, attempt_batch>>;

/// One on another node. It is told of jobs that have their outcome, as no flag is seen from there; and that it hangs.
using remote_lane_actor = lane_actor::extend<takes<atom::abandon, job_id>, takes<atom::stuck, lane_id, death>>;

/// Whoever wants to hear how attempts ended.
using finish_listener = caf::typed_actor<takes<atom::finished, lane_id, result_batch>>;

/// Whoever starts workers and counts what they use.
using worker_listener = caf::typed_actor<takes<atom::ready, lane_id>, takes<atom::report, worker_report>>;

/// Whoever wants to hear that a cooling lane has nothing left in flight: once a lane.
using drain_listener = caf::typed_actor<takes<atom::drained, lane_id>>;

/// Whoever can do something about a lane whose attempt hangs, and how: it `left`, if it was there; another one joins.
using stuck_listener = caf::typed_actor<takes<atom::stuck, lane_id, death>>;

/// Whoever gives work to lanes. A lane joins, may cool, and leaves for a reason; it never comes back. `unstaffed`: no
/// lane is left and none will join for a while.
using lane_listener =
  caf::typed_actor<takes<atom::joined, lane_id, lane_actor, lane_traits>, takes<atom::cooling, lane_id, drain_listener>,
                   takes<atom::left, lane_id, death>, takes<atom::unstaffed>>;

/// Starts a worker a core, replaces the dead and the worn, tells the broker about both. `settled` is answered as soon
/// as no worker is starting. `respawn`, `unspawned` (a thread could not be made), `look` and `absent` are
/// words to itself.
using supervisor_actor = worker_listener::extend_with<drain_listener>::extend_with<stuck_listener>::extend<
  takes<atom::respawn, uint32_t>, takes<atom::unspawned, lane_id>, takes<atom::look>, takes<atom::absent>,
  answers<health_report, atom::health>, answers<health_report, atom::settled>>;

/// One job in, exactly one outcome out, whatever happens to the lanes in between. After `close` all jobs end with
/// `shutting_down`, those in hand and those that come. Questions for metrics go through it, as it has samples that
/// metrics has not seen. `watched` names who hears of lanes that hang. Remote lanes join for themselves, and say how
/// many attempts they take in all, and that nothing is heard of them. `flush` and `tick` are its words to itself.
using broker_actor = finish_listener::extend_with<overdue_listener>::extend_with<lane_listener>::extend<
  takes<atom::joined, lane_id, remote_lane_actor, lane_traits>, takes<atom::room, lane_id, uint32_t>,
  takes<atom::suspected, lane_id>, takes<atom::watched, stuck_listener>, takes<atom::submit, job_batch>,
  takes<atom::cancel, job_id>, takes<atom::close>, takes<atom::flush>, takes<atom::tick, duration>,
  takes<atom::tell, job_id>, answers<metrics_report, atom::stats>>;

} // namespace texlex

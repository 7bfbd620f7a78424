// How the actor system is set up: in one place, so that benchmarks measure the system that serves.
#pragma once

#include <cstddef>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/thread_hook.hpp>
#include <pthread.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "actors/messages.hpp"

namespace texlex {

/// Broker, supervisor, timer and metrics never compute for long: two threads keep one from waiting for another.
inline constexpr size_t scheduler_threads = 2;

/// Half of a timer's lateness is the system's slack of 50 us; a hedge wants less.
class clock_slack : public caf::thread_hook {
public:
  void init(caf::actor_system&) override {}
  void thread_started() override {
#ifdef __linux__
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    if (std::string{name} == "caf.clock") prctl(PR_SET_TIMERSLACK, 1000UL);
#endif
  }
  void thread_terminates() override {}
};

struct system_config : caf::actor_system_config {
  system_config() {
    set("scheduler.policy", caf::atom("sharing")); // stealing leaves a message up to 5 ms behind a busy neighbour
    set("scheduler.max-threads", scheduler_threads);
    add_message_types<caf::id_block::texlex_messages>();
    add_thread_hook<clock_slack>();
  }
};

} // namespace texlex

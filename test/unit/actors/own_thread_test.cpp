// An actor for which the system has no thread: who spawns it is told, and nobody waits for it afterwards.
#include <boost/test/unit_test.hpp>

#include <memory>
#include <system_error>

#include <pthread.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/own_thread.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(own_thread_test)

namespace {

/// No thread can be started: each asks for more stack than there can be.
class no_more_threads {
public:
  no_more_threads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, size_t{1} << 47);
    BOOST_REQUIRE(pthread_setattr_default_np(&huge) == 0);
    pthread_attr_destroy(&huge);
  }
  ~no_more_threads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  no_more_threads(const no_more_threads&) = delete;
  no_more_threads& operator=(const no_more_threads&) = delete;

private:
  pthread_attr_t before_;
};

} // namespace

BOOST_AUTO_TEST_CASE(an_actor_without_a_thread_is_gone_and_its_system_ends_all_the_same) {
  const auto held = std::make_shared<int>(0);
  caf::actor_system_config config;
  {
    caf::actor_system system{config};
    {
      const no_more_threads now;
      for (int i = 0; i < 3; ++i)
        BOOST_CHECK_THROW((system.spawn<own_thread_task, caf::detached>([held] { ++*held; })), std::system_error);
    }
    BOOST_TEST(held.use_count() == 1);
    system.spawn<own_thread_task, caf::detached>([held] { *held += 10; });
  }
  BOOST_TEST(*held == 10);
  BOOST_TEST(held.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

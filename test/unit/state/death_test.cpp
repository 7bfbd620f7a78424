// What a worker died of: its own crash, somebody else, or that it could not work.
#include <boost/test/unit_test.hpp>

#include <csignal>

#include "actors/state/worker_death.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(death_test)

BOOST_AUTO_TEST_CASE(a_fault_or_an_abort_is_the_workers_own) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS})
    BOOST_TEST((death_of({.signal = signal}) == death::crash), signal);
}

BOOST_AUTO_TEST_CASE(any_other_signal_comes_from_outside) {
  for (const int signal : {SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGXCPU, SIGXFSZ, SIGPIPE, SIGALRM})
    BOOST_TEST((death_of({.signal = signal}) == death::outside), signal);
}

BOOST_AUTO_TEST_CASE(an_exception_out_of_a_kernel_is_a_crash_and_so_is_an_exit_nobody_planned) {
  BOOST_TEST((death_of({.exit_status = kernel_threw}) == death::crash));
  BOOST_TEST((death_of({.exit_status = 1}) == death::crash));
  BOOST_TEST((death_of({.exit_status = 127}) == death::crash));
}

BOOST_AUTO_TEST_CASE(who_cannot_work_speaks_against_no_document) {
  for (const int status : {int{parent_ended}, int{not_started_by_texlexd}, int{cannot_work}, process_end::unknown})
    BOOST_TEST((death_of({.exit_status = status}) == death::failure), status);
}

BOOST_AUTO_TEST_SUITE_END()

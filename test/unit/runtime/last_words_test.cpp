// A process that must not go on says why in one line, and aborts.
#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <string>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/invariant.hpp"
#include "runtime/standard_streams.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(last_words_test)

namespace {

struct death {
  int signal = 0; ///< 0: it lived
  std::string words;
};

// In a process of its own, whose standard error the test reads. What it says fits a pipe.
template <class Act>
death death_of(Act act) {
  std::array<int, 2> ends{};
  BOOST_TEST_REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  BOOST_TEST_REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGABRT, SIG_DFL); // the test program's own would go on with the next test
    ::dup2(ends[1], STDERR_FILENO);
    act();
    ::_exit(0);
  }
  ::close(ends[1]);
  death seen;
  std::array<char, 1024> some{};
  for (ssize_t got = 0; (got = ::read(ends[0], some.data(), some.size())) > 0;)
    seen.words.append(some.data(), static_cast<size_t>(got));
  ::close(ends[0]);
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) seen.signal = WTERMSIG(status);
  return seen;
}

template <class Thrown>
death death_by_throwing(const Thrown& what) {
  return death_of([&] {
    end_on_uncaught_exceptions();
    [&]() noexcept { std::rethrow_exception(std::make_exception_ptr(what)); }();
  });
}

} // namespace

BOOST_AUTO_TEST_CASE(an_invariant_that_does_not_hold_is_named) {
  const death seen = death_of([] { require(2 > 3, "two are more than three"); });
  BOOST_TEST(seen.signal == SIGABRT);
  BOOST_TEST(seen.words == "texlex: broken invariant: two are more than three\n");
}

BOOST_AUTO_TEST_CASE(one_that_holds_is_not) {
  const death seen = death_of([] { require(3 > 2, "three are more than two"); });
  BOOST_TEST(seen.signal == 0);
  BOOST_TEST(seen.words.empty());
}

BOOST_AUTO_TEST_CASE(an_exception_that_nobody_catches_is_told_by_what_it_says) {
  const death seen = death_by_throwing(std::runtime_error{"no more"});
  BOOST_TEST(seen.signal == SIGABRT);
  BOOST_TEST(seen.words == "uncaught exception: no more\n");
}

BOOST_AUTO_TEST_CASE(one_that_says_more_than_a_line_holds_is_cut_off) {
  const death seen = death_by_throwing(std::runtime_error{std::string(10'000, 'x')});
  BOOST_TEST(seen.words.size() == 512u); // what any pipe takes in one piece
  BOOST_TEST(seen.words.ends_with("xxx\n"));
}

BOOST_AUTO_TEST_CASE(one_that_says_nothing_is_told_too) {
  BOOST_TEST(death_by_throwing(7).words == "uncaught exception: of unknown type\n");
}

BOOST_AUTO_TEST_CASE(an_end_without_an_exception_is_told_as_that) {
  const death seen = death_of([] {
    end_on_uncaught_exceptions();
    std::terminate();
  });
  BOOST_TEST(seen.signal == SIGABRT);
  BOOST_TEST(seen.words == "uncaught exception: none\n");
}

BOOST_AUTO_TEST_SUITE_END()

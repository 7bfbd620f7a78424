// Workers whom the system gives no core: they are late, and do not hang. Nobody is given up for it, however long it
// takes.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/e2e/worker_processes.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(starved_worker_test)

namespace {

/// Processes that take all cores for themselves, for so long.
class busy_loops {
public:
  busy_loops(int count, duration length) {
    for (int i = 0; i < count; ++i) {
      const pid_t pid = ::fork();
      if (pid != 0) {
        pids_.push_back(pid);
        continue;
      }
      for (const instant until = now() + length; now() < until;) {
      }
      ::_exit(0);
    }
  }
  ~busy_loops() {
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
  }
  busy_loops(const busy_loops&) = delete;
  busy_loops& operator=(const busy_loops&) = delete;

private:
  std::vector<pid_t> pids_;
};

// The workers' threads, in texlexd and in processes of their own, run only when nobody else wants to.
size_t step_workers_back(const running_texlexd& server) {
  std::vector<pid_t> processes = children_of(server);
  processes.push_back(server.pid());
  size_t count = 0;
  for (const pid_t process : processes)
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/" + std::to_string(process) + "/task"}) {
      if (!read_file(entry.path() / "comm").starts_with("texlex.w")) continue;
      const sched_param none{};
      if (::sched_setscheduler(static_cast<pid_t>(std::stol(entry.path().filename())), SCHED_IDLE, &none) == 0) ++count;
    }
  return count;
}

} // namespace

// The bound of the shutdown is five seconds of its own time: it gets hardly any while the loops run.
BOOST_AUTO_TEST_CASE(beside_twelve_busy_loops_the_end_is_in_order_however_long_it_takes) {
  running_texlexd server{
    {"--kernel", "reference", "--no-hedge", "--drain-timeout-ms", "10", "--document-bytes-max", "67108864"}};
  auto one = server.connect();
  one.request(1, std::string(60'000'000, 'a')); // longer than the drain waits
  BOOST_TEST(step_workers_back(server) >= allowed_cores().size());
  const busy_loops loops{12, 9s};
  server.signal(SIGTERM);
  one.expect(1, status::shutting_down);
  BOOST_TEST(server.wait().exit_status == 0);
  BOOST_TEST(server.log().find("did not end") == std::string::npos, server.log());
}

BOOST_AUTO_TEST_CASE(stopped_for_longer_than_the_bound_of_its_shutdown_it_still_ends_in_order) {
  // The worker takes two seconds longer than it is stopped for, and notices nothing.
  running_texlexd server{{"--no-hedge", "--drain-timeout-ms", "10", "--inject-stall-ppm", "1000000",
                          "--inject-stall-us", "9000000", "--inject-stall-deaf", "--loop-bytes-max", "0",
                          "--watchdog-ms", "60000"}};
  auto one = server.connect();
  one.request(1, "abc");
  one.header(1, 2, 65u << 20); // refused from its header: then the one before was accepted
  one.expect(2, status::document_too_large);
  server.signal(SIGTERM);
  one.expect(1, status::shutting_down);
  server.signal(SIGSTOP);
  std::this_thread::sleep_for(7s);
  server.signal(SIGCONT);
  BOOST_TEST(server.wait().exit_status == 0);
}

BOOST_AUTO_TEST_CASE(beside_twelve_busy_loops_every_request_is_answered_and_no_worker_is_given_up) {
  for (const char* isolation : {"thread", "process"}) {
    // A tenth of a second is ten times what these documents take, and far less than they take here.
    running_texlexd server{{"--isolation", isolation, "--kernel", "reference", "--watchdog-ms", "100"}};
    auto one = server.connect();
    const std::string document(1'000'000, 'a');
    const auto children = children_of(server);
    BOOST_TEST(step_workers_back(server) >= allowed_cores().size());
    const busy_loops loops{12, 4s};
    for (uint64_t id = 1; id <= 5; ++id) {
      one.request(id, document);
      one.expect_counts(id, document);
    }
    BOOST_TEST(children_of(server) == children);
    const std::string log = server.log();
    for (const char* word : {"outlived", "hangs", "died", "did not stop"})
      BOOST_TEST(log.find(word) == std::string::npos, log);
    server.stop();
  }
}

BOOST_AUTO_TEST_SUITE_END()

// Listening: over a dead server's socket, never over a live one or a file; with the mode asked for.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include "runtime/client.hpp"
#include "runtime/limits.hpp"
#include "runtime/socket.hpp"
#include "test/support/temporary_folder.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(socket_test)

namespace {

struct in_a_folder {
  temporary_folder folder;
  std::string path = folder / "texlex.sock";

  static unix_listener opened(std::variant<unix_listener, socket_error> made) {
    if (auto* error = std::get_if<socket_error>(&made)) BOOST_FAIL(error->sentence);
    return std::move(std::get<unix_listener>(made));
  }
  static std::string refused(const std::variant<unix_listener, socket_error>& made) {
    BOOST_REQUIRE(std::holds_alternative<socket_error>(made));
    return std::get<socket_error>(made).sentence;
  }
  static bool says(const std::string& sentence, const std::string& part) {
    return sentence.find(part) != std::string::npos && sentence.ends_with(".");
  }
  bool answers() { return std::holds_alternative<client>(client::connect_unix(path, 5s)); }
  /// What a server that was killed leaves: its socket is not removed, as it lies elsewhere when its owner ends.
  void leave_dead_socket() {
    {
      const unix_listener dead = opened(listen_unix(path, 0600));
      std::filesystem::rename(path, path + ".kept");
    }
    std::filesystem::rename(path + ".kept", path);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(unix_sockets, in_a_folder)

BOOST_AUTO_TEST_CASE(a_socket_has_the_mode_asked_for_whatever_the_umask) {
  for (const mode_t umask : {0000u, 0022u, 0077u}) {
    for (const uint32_t mode : {0600u, 0660u, 0666u}) {
      const mode_t before = ::umask(umask);
      const unix_listener made = opened(listen_unix(path, mode));
      ::umask(before);
      struct stat there {};
      BOOST_REQUIRE(::stat(path.c_str(), &there) == 0);
      BOOST_TEST((there.st_mode & 07777) == mode);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_socket_goes_with_its_owner) {
  { const unix_listener made = opened(listen_unix(path, 0600)); }
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(a_dead_servers_socket_is_replaced) {
  leave_dead_socket();
  BOOST_TEST(!answers());
  const unix_listener made = opened(listen_unix(path, 0600));
  BOOST_TEST(answers());
}

BOOST_AUTO_TEST_CASE(a_live_servers_socket_is_let_be) {
  const unix_listener live = opened(listen_unix(path, 0600));
  const std::string sentence = refused(listen_unix(path, 0600));
  BOOST_TEST(says(sentence, path), sentence);
  BOOST_TEST(says(sentence, "another server is listening there"), sentence);
  BOOST_TEST(answers());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_socket_is_let_be) {
  std::ofstream{path} << "precious";
  BOOST_TEST(says(refused(listen_unix(path, 0600)), "a file that is not a socket"));
  BOOST_TEST(std::filesystem::file_size(path) == 8u);
}

BOOST_AUTO_TEST_CASE(a_link_is_let_be_wherever_it_leads) {
  std::filesystem::create_symlink(folder / "nowhere", path);
  BOOST_TEST(says(refused(listen_unix(path, 0600)), "a file that is not a socket"));
  BOOST_TEST(std::filesystem::is_symlink(path));
}

BOOST_AUTO_TEST_CASE(a_path_may_be_107_bytes_long_and_no_longer) {
  const std::string base = folder / "";
  const std::string longest = base + std::string(limits::unix_socket_path_max - base.size(), 'a');
  { const unix_listener made = opened(listen_unix(longest, 0600)); }
  const std::string sentence = refused(listen_unix(longest + "a", 0600));
  BOOST_TEST(says(sentence, "108 bytes"), sentence);
}

BOOST_AUTO_TEST_CASE(an_empty_path_and_one_with_a_nul_are_refused) {
  BOOST_TEST(says(refused(listen_unix("", 0600)), "empty"));
  BOOST_TEST(says(refused(listen_unix(std::string{"a\0b", 3}, 0600)), "NUL"));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_told) {
  const std::string sentence = refused(listen_unix(folder / "none/texlex.sock", 0600));
  BOOST_TEST(says(sentence, "No such file or directory"), sentence);
}

BOOST_AUTO_TEST_CASE(a_folder_in_its_place_is_told) {
  std::filesystem::create_directory(path);
  BOOST_TEST(says(refused(listen_unix(path, 0600)), "there is a folder"));
  BOOST_TEST(says(refused(listen_unix(path + "/", 0600)), "it is a folder"));
}

BOOST_AUTO_TEST_CASE(nothing_is_left_beside_the_socket) {
  const unix_listener made = opened(listen_unix(path, 0600));
  size_t files = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator{folder / ""}) ++files;
  BOOST_TEST(files == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_dead_server_left_of_its_lock_is_no_obstacle_and_what_is_no_lock_is_told_and_left) {
  folder.write("texlex.sock.lock", "");
  { const unix_listener made = opened(listen_unix(path, 0600)); }
  const std::string precious = folder.write("precious", "text");
  std::filesystem::create_symlink(precious, path + ".lock");
  BOOST_TEST(says(refused(listen_unix(path, 0600)), ".lock cannot be opened"));
  std::filesystem::remove(path + ".lock");
  BOOST_REQUIRE(::mkfifo((path + ".lock").c_str(), 0600) == 0);
  BOOST_TEST(says(refused(listen_unix(path, 0600)), "no lock file"));
  BOOST_TEST(std::filesystem::exists(path + ".lock"));
  BOOST_TEST(folder.read("precious") == "text");
}

BOOST_AUTO_TEST_CASE(who_keeps_the_lock_is_waited_for_and_then_told_of) {
  const std::string lock = folder.write("texlex.sock.lock", "");
  const owned_fd held{::open(lock.c_str(), O_RDWR | O_CLOEXEC)};
  BOOST_REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  BOOST_TEST(says(refused(listen_unix(path, 0600)), "locked"));
}

BOOST_AUTO_TEST_CASE(a_server_that_ends_late_does_not_remove_its_successors_socket) {
  std::optional<unix_listener> first{opened(listen_unix(path, 0600))};
  std::filesystem::remove(path); // by hand, as people do
  const unix_listener second = opened(listen_unix(path, 0600));
  first.reset();
  BOOST_TEST(answers());
}

BOOST_AUTO_TEST_CASE(of_many_servers_that_start_at_once_over_a_dead_one_exactly_one_gets_the_path) {
  for (int round = 0; round < 20; ++round) {
    leave_dead_socket();
    std::vector<std::variant<unix_listener, socket_error>> made(6);
    {
      std::vector<std::jthread> starters;
      for (auto& each : made) starters.emplace_back([&each, this] { each = listen_unix(path, 0600); });
    }
    BOOST_TEST(std::count_if(made.begin(), made.end(),
                             [](const auto& each) { return std::holds_alternative<unix_listener>(each); })
               == 1);
    BOOST_TEST(answers());
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(port_zero_becomes_a_real_port) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    auto made = listen_tcp(address, 0);
    if (auto* error = std::get_if<socket_error>(&made)) {
      BOOST_TEST_MESSAGE(error->sentence); // a machine without IPv6
      continue;
    }
    const tcp_listener& opened = std::get<tcp_listener>(made);
    BOOST_TEST(opened.port != 0u);
    BOOST_TEST(std::holds_alternative<client>(client::connect_tcp(address, opened.port, 5s)));
  }
}

BOOST_AUTO_TEST_CASE(a_name_is_not_an_address) {
  const auto made = listen_tcp("localhost", 0);
  BOOST_REQUIRE(std::holds_alternative<socket_error>(made));
  BOOST_TEST(std::get<socket_error>(made).sentence.find("numeric") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_told) {
  const auto first = listen_tcp("127.0.0.1", 0);
  const auto second = listen_tcp("127.0.0.1", std::get<tcp_listener>(first).port);
  BOOST_REQUIRE(std::holds_alternative<socket_error>(second));
  BOOST_TEST(std::get<socket_error>(second).sentence.find("already in use") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(open_files_are_raised_to_what_the_system_permits) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit lower{64, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &lower);
  BOOST_TEST(raise_open_files_limit() == before.rlim_max);
  rlimit after{};
  ::getrlimit(RLIMIT_NOFILE, &after);
  BOOST_TEST(after.rlim_cur == before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

BOOST_AUTO_TEST_SUITE_END()

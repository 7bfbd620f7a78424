// Processes that are started, talk in packets, and are waited for however they end.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "runtime/child_process.hpp"
#include "runtime/packet_socket.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(child_process_test)

namespace {

constexpr duration patience = 20s; ///< only a failing test waits so long

/// A shell that finds the other end of a socket as its descriptor 3.
struct shell {
  explicit shell(const std::string& script) : ends(packet_socket_pair()) {
    child.emplace("/bin/sh", std::vector<std::string>{"sh", "-c", script}, ends.second.get());
    ends.second.close();
    BOOST_REQUIRE(limit_receive_time(ends.first.get(), patience));
  }

  std::string packet() {
    std::array<uint8_t, 4096> room;
    const auto got = receive_packet(ends.first.get(), room);
    return got.verdict == packet_verdict::received
             ? std::string(room.begin(), room.begin() + static_cast<ptrdiff_t>(got.bytes))
             : "none";
  }
  packet_verdict next() {
    std::array<uint8_t, 4096> room;
    return receive_packet(ends.first.get(), room).verdict;
  }

  std::pair<owned_fd, owned_fd> ends;
  std::optional<child_process> child;
};

bool gone(pid_t pid) { return ::kill(pid, 0) == -1 && errno == ESRCH; }

} // namespace

BOOST_AUTO_TEST_CASE(a_child_finds_its_socket_and_no_other_descriptor) {
  const owned_fd kept_open{::open("/dev/null", O_RDONLY)}; // not closed on exec
  BOOST_REQUIRE(kept_open.get() >= 3);
  shell one{"for f in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$f ] && s=$s$f; done; printf $s >&3"};
  BOOST_TEST(one.packet() == "0123");
}

BOOST_AUTO_TEST_CASE(a_child_has_a_process_group_of_its_own) {
  shell one{"read x <&3"};
  BOOST_TEST(::getpgid(one.child->pid()) == one.child->pid());
}

BOOST_AUTO_TEST_CASE(it_is_told_how_a_child_ended) {
  BOOST_TEST(shell{"exit 0"}.child->end(patience).text() == "ended with status 0");
  BOOST_TEST(shell{"exit 7"}.child->end(patience).text() == "ended with status 7");
  BOOST_TEST(shell{"kill -9 $$"}.child->end(patience).text() == "was ended by signal 9 (Killed)");
}

BOOST_AUTO_TEST_CASE(a_child_that_does_not_end_is_killed_and_reaped) {
  shell one{"printf ready >&3; trap '' TERM; while :; do :; done"};
  BOOST_TEST(one.packet() == "ready");
  BOOST_TEST(one.child->running());
  const pid_t pid = one.child->pid();
  BOOST_TEST(one.child->end(0s).text() == "was ended by signal 9 (Killed)");
  BOOST_TEST(gone(pid));
  BOOST_TEST(!one.child->running());
}

BOOST_AUTO_TEST_CASE(a_child_left_alone_is_killed_and_reaped) {
  pid_t pid = 0;
  {
    shell one{"printf ready >&3; while :; do :; done"};
    BOOST_TEST(one.packet() == "ready");
    pid = one.child->pid();
  }
  BOOST_TEST(gone(pid));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_child_is_heard_on_its_socket) {
  shell one{"printf last >&3"};
  BOOST_TEST(one.packet() == "last");
  BOOST_TEST((one.next() == packet_verdict::closed));
  BOOST_TEST(peer_has_ended(one.ends.first.get()));
  const std::array<uint8_t, 1> byte{};
  BOOST_TEST(send_packet(one.ends.first.get(), byte) == EPIPE);
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_named) {
  const auto ends = packet_socket_pair();
  BOOST_CHECK_EXCEPTION((child_process{"/none/texlexd", {"texlexd"}, ends.second.get()}), std::runtime_error,
                        [](const auto& e) { return std::string{e.what()}.find("/none/texlexd") != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(a_packet_carries_a_descriptor) {
  const auto ends = packet_socket_pair();
  int pipe_ends[2];
  BOOST_REQUIRE(::pipe(pipe_ends) == 0);
  const owned_fd read_end{pipe_ends[0]};
  owned_fd write_end{pipe_ends[1]};
  std::array<uint8_t, 3> bytes{1, 2, 3};
  BOOST_TEST(send_packet(ends.first.get(), bytes, write_end.get()) == 0);
  write_end.close();
  std::array<uint8_t, 8> room{};
  received_packet got = receive_packet(ends.second.get(), room);
  BOOST_TEST((got.verdict == packet_verdict::received));
  BOOST_TEST(got.bytes == 3u);
  BOOST_TEST(room[2] == 3);
  BOOST_REQUIRE(got.passed.is_open());
  BOOST_TEST(::write(got.passed.get(), "x", 1) == 1);
  char byte = 0;
  BOOST_TEST(::read(read_end.get(), &byte, 1) == 1);
}

BOOST_AUTO_TEST_CASE(a_packet_longer_than_its_room_is_an_error) {
  const auto ends = packet_socket_pair();
  const std::array<uint8_t, 9> bytes{};
  BOOST_TEST(send_packet(ends.first.get(), bytes) == 0);
  std::array<uint8_t, 8> room{};
  const auto got = receive_packet(ends.second.get(), room);
  BOOST_TEST((got.verdict == packet_verdict::failed));
  BOOST_TEST(got.error == EMSGSIZE);
}

BOOST_AUTO_TEST_CASE(nothing_within_the_limit_is_told) {
  const auto ends = packet_socket_pair();
  BOOST_TEST(limit_receive_time(ends.first.get(), 1ms));
  BOOST_TEST(!peer_has_ended(ends.first.get()));
  std::array<uint8_t, 8> room{};
  BOOST_TEST((receive_packet(ends.first.get(), room).verdict == packet_verdict::timed_out));
}

BOOST_AUTO_TEST_SUITE_END()

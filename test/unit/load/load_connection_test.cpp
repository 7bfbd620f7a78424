// One connection to a socket that nobody reads: what it has taken and not begun to send is anybody's in an open loop,
// and stays its own in a closed one.
#include <boost/test/unit_test.hpp>

#include <vector>

#include <sys/socket.h>

#include "clients/cli/bench/load_connection.hpp"
#include "clients/cli/bench/load_target.hpp"
#include "runtime/socket.hpp"
#include "test/support/temporary_folder.hpp"

using namespace texlex;
using namespace texlex::load;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(load_connection_test)

namespace {

constexpr size_t document_bytes = 1000;
constexpr size_t frame_bytes = frame_header_bytes + document_length_bytes + document_bytes;

struct notes final : load_events {
  std::vector<instant> back;
  uint32_t ready_calls = 0;
  uint32_t failures = 0;

  void ended(const due_request&, const load_sample&, instant) override {}
  void given_back(const due_request& request) override { back.push_back(request.intended); }
  void ready(load_connection&, instant) override { ++ready_calls; }
  void tried() override {}
  void connection_failed(ending, const std::string&) override { ++failures; }
  void closed_idle() override {}
  void threw(std::exception_ptr) noexcept override { ++failures; }
};

// A listener whose connection is accepted when the test wants to read.
struct deaf_server {
  temporary_folder folder;
  unix_listener listener = std::get<unix_listener>(listen_unix(folder / "deaf.sock", 0600));

  [[nodiscard]] owned_fd accept() const {
    return owned_fd{::accept4(listener.fd.get(), nullptr, nullptr, SOCK_NONBLOCK)};
  }
};

struct one_connection {
  explicit one_connection(bool open_loop) {
    plan.documents = {{"small", std::vector<uint8_t>(document_bytes, 'x'), {}, 1}};
    plan.targets = {std::get<load_target>(find_target(server.listener.path.text()))};
    plan.in_flight = in_flight_max;
    plan.timeout = 1min;
    if (open_loop) plan.requests_per_second = 1;
    connection.emplace(loop, plan, 0, events);
    connection->open();
  }

  /// Until nothing more goes out. Each is due a nanosecond after the one before.
  uint32_t fill() {
    uint32_t taken = 0;
    while (connection->can_take()) {
      while (connection->can_take()) connection->take({instant{duration{++taken}}, 0, true});
      connection->send();
    }
    return taken;
  }

  /// All bytes that were sent, so that there is room again.
  size_t drain() {
    if (!peer.is_open()) peer = server.accept();
    std::vector<char> buffer(1u << 20);
    size_t bytes = 0;
    for (ssize_t got = 0; (got = ::recv(peer.get(), buffer.data(), buffer.size(), 0)) > 0;)
      bytes += static_cast<size_t>(got);
    return bytes;
  }

  deaf_server server;
  owned_fd peer;
  event_loop loop;
  load_plan plan;
  notes events;
  std::optional<load_connection> connection;
};

} // namespace

BOOST_AUTO_TEST_CASE(what_an_open_loop_has_not_begun_is_given_back_the_latest_first) {
  one_connection one{true};
  const uint32_t taken = one.fill();
  const auto& back = one.events.back;
  BOOST_REQUIRE(!back.empty());
  BOOST_TEST(one.connection->in_flight() + back.size() == taken);
  for (size_t i = 0; i < back.size(); ++i) BOOST_TEST((back[i] == instant{duration{taken - i}}));

  size_t bytes = 0; // of whole frames in the end: the one that was begun, too
  while (one.connection->has_unsent() || bytes == 0) {
    bytes += one.drain();
    one.loop.wait(now() + 10ms);
  }
  bytes += one.drain();
  BOOST_TEST(bytes == one.connection->in_flight() * frame_bytes);
  BOOST_TEST(one.connection->can_take());
  BOOST_TEST(one.events.failures == 0u);
}

BOOST_AUTO_TEST_CASE(what_a_closed_loop_has_taken_is_sent_by_its_own_connection_in_the_end) {
  one_connection one{false};
  const uint32_t taken = one.fill();
  BOOST_TEST(one.events.back.empty());
  BOOST_TEST(one.connection->in_flight() == taken);
  BOOST_TEST(one.connection->has_unsent());
  size_t bytes = 0;
  while (one.connection->has_unsent()) {
    bytes += one.drain();
    one.loop.wait(now() + 10ms);
  }
  bytes += one.drain();
  BOOST_TEST(bytes == taken * frame_bytes);
  BOOST_TEST(one.events.failures == 0u);
}

namespace {

// Whose queue of connections one takes up that nobody accepts.
struct full_server : deaf_server {
  full_server() {
    BOOST_TEST_REQUIRE(::listen(listener.fd.get(), 0) == 0);
    const auto here = std::get<load_target>(find_target(listener.path.text()));
    BOOST_TEST_REQUIRE(::connect(first.get(), reinterpret_cast<const sockaddr*>(&here.endpoint), here.endpoint_bytes)
                       == 0);
    plan.documents = {{"small", std::vector<uint8_t>(document_bytes, 'x'), {}, 1}};
    plan.targets = {here};
    plan.timeout = 1min;
  }

  owned_fd first{::socket(AF_UNIX, SOCK_STREAM, 0)};
  event_loop loop;
  load_plan plan;
  notes events;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(who_finds_the_queue_of_connections_full_tries_again_until_there_is_room, full_server) {
  load_connection connection{loop, plan, 0, events};
  connection.open();
  loop.wait(now() + 10ms);
  BOOST_TEST(events.ready_calls == 0u);
  BOOST_TEST(events.failures == 0u); // it waits
  const owned_fd accepted = accept();
  while (events.ready_calls == 0 && events.failures == 0) loop.wait(now() + 10ms);
  BOOST_TEST(events.failures == 0u);
  BOOST_TEST(connection.can_take());
}

BOOST_FIXTURE_TEST_CASE(who_does_so_for_longer_than_its_time_has_failed_to_connect, full_server) {
  load_connection connection{loop, plan, 0, events};
  connection.open();
  connection.expire(now() + 59s);
  BOOST_TEST(events.failures == 0u);
  connection.expire(now() + 61s);
  BOOST_TEST(events.failures == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

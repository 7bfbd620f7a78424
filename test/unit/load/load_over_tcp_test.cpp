// The load generator over TCP, and against servers that say what is no answer or nothing at all.
#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients/cli/bench/load_generator.hpp"
#include "clients/cli/bench/load_target.hpp"
#include "runtime/socket.hpp"
#include "test/unit/load/scripted_server.hpp"

using namespace texlex;
using namespace texlex::load;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(load_over_tcp_test)

namespace {

constexpr outcome right{status::ok, 7, 2, origin::primary};

load_plan plan_for(const std::string& address, uint64_t count) {
  load_plan plan;
  plan.documents = {{"small", std::vector<uint8_t>(100, 'x'), right, 1}};
  plan.targets = {std::get<load_target>(find_target(address))};
  plan.count = count;
  plan.timeout = 5s;
  plan.connections = 1;
  plan.seed = 42;
  return plan;
}

// Answers right, over TCP, one connection after the other, and counts them.
class tcp_server {
public:
  tcp_server() : acceptor_([this] { serve(); }) {}
  ~tcp_server() {
    ::shutdown(listener_.fd.get(), SHUT_RDWR);
    acceptor_.join();
  }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(listener_.port); }
  [[nodiscard]] uint64_t connections() const noexcept { return connections_; }

private:
  void serve() {
    for (;;) {
      const owned_fd fd{::accept(listener_.fd.get(), nullptr, nullptr)};
      if (!fd.is_open()) return;
      const byte_connection client{fd.get(), connections_++};
      for (auto asked = client.receive(); asked && client.send(encode_response(asked->header.id, right));)
        asked = client.receive();
    }
  }

  tcp_listener listener_ = std::get<tcp_listener>(listen_tcp("127.0.0.1", 0));
  std::atomic<uint64_t> connections_{0};
  std::thread acceptor_; ///< last, as it uses all others
};

// Standard error goes to a file as long as this lives.
class errors_kept {
public:
  errors_kept() : before_(::dup(STDERR_FILENO)) {
    const owned_fd file{::open(path().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)};
    ::dup2(file.get(), STDERR_FILENO);
  }
  ~errors_kept() { ::dup2(before_.get(), STDERR_FILENO); }
  errors_kept(const errors_kept&) = delete;
  errors_kept& operator=(const errors_kept&) = delete;

  [[nodiscard]] std::string text() const { return read_file(path()); }

private:
  [[nodiscard]] std::string path() const { return folder_ / "errors"; }

  temporary_folder folder_;
  owned_fd before_;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_server_may_be_reached_over_tcp) {
  const tcp_server server;
  const auto plan = plan_for(server.address(), 100);
  const auto result = load_generator{plan}.run();
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST(result.count_of(ending::ok) == 100u);
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_connection_a_request_is_made_over_tcp_too) {
  const tcp_server server;
  auto plan = plan_for(server.address(), 20);
  plan.reconnect = true;
  const auto result = load_generator{plan}.run();
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST(result.count_of(ending::ok) == 20u);
  BOOST_TEST(server.connections() >= 20u);
}

BOOST_AUTO_TEST_CASE(a_port_where_nobody_listens_refuses_and_the_run_is_given_up) {
  std::string address;
  {
    const tcp_server gone;
    address = gone.address();
  }
  auto plan = plan_for(address, 10);
  plan.failing_max = 10ms;
  const auto result = load_generator{plan}.run();
  BOOST_TEST(result.error.ends_with("cannot connect to " + address + ": Connection refused"), result.error);
  BOOST_TEST(result.connection_failures[static_cast<size_t>(ending::connect_failed)] > 0u);
}

BOOST_AUTO_TEST_CASE(what_is_no_response_of_its_version_ends_the_connection_and_its_request) {
  const std::vector<uint8_t> longer = frame(frame_type::response, 1, std::string(response_payload_bytes + 1, 'x'));
  const std::vector<uint8_t> other = frame(frame_type::stats_response, 1, std::string(response_payload_bytes, 'x'));
  const std::vector<uint8_t> head{longer.begin(), longer.begin() + frame_header_bytes}; // its length is enough to know
  for (const std::vector<uint8_t>& said : {longer, head, other}) {
    const byte_server server{[&](const byte_connection& client) {
      if (client.receive() && client.send(said)) client.wait_for_end();
    }};
    const auto plan = plan_for(server.path(), 1);
    const auto result = load_generator{plan}.run();
    BOOST_TEST(result.count_of(ending::malformed_response) == 1u);
    BOOST_TEST(result.connection_failures[static_cast<size_t>(ending::malformed_response)] == 1u);
    BOOST_TEST(!result.passed(true));
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_closes_before_it_is_asked_is_given_up) {
  const byte_server server{[](const byte_connection&) {}};
  auto plan = plan_for(server.path(), 1);
  plan.requests_per_second = 0.001; // none is due before the end
  plan.failing_max = 10ms;
  const auto result = load_generator{plan}.run();
  BOOST_TEST(result.idle_closes >= failures_of_a_server_gone);
  BOOST_TEST(result.error.ends_with("the server closes connections before it is asked anything"), result.error);
  BOOST_TEST(!result.passed(true));
}

BOOST_AUTO_TEST_CASE(a_run_tells_how_far_it_is_if_told_to_and_takes_it_away_in_the_end) {
  errors_kept errors;
  const auto give_up = std::chrono::steady_clock::now() + 20s; // only a failing test waits so long
  const scripted_server server{[&](uint64_t, size_t) {
    while (errors.text().empty() && std::chrono::steady_clock::now() < give_up) std::this_thread::sleep_for(1ms);
    return scripted_answer{scripted_answer::kind::respond, right, {}, {}};
  }};
  auto plan = plan_for(server.path(), 1);
  plan.timeout = 30s;
  plan.show_progress = true;
  const auto result = load_generator{plan}.run();
  const std::string text = errors.text();
  BOOST_TEST(result.passed(false), result.first_failure);
  BOOST_TEST(text.starts_with("\r\x1b[K1 requests counted, 0 answered ok, 0 otherwise, 1 waiting, 0 requests/s"), text);
  BOOST_TEST(text.ends_with("\r\x1b[K"), text);
}

BOOST_AUTO_TEST_SUITE_END()

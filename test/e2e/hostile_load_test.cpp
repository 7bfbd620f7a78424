// Many clients who each do what one alone may do, all at once. A polite one is served all the same: what counts here is
// who is answered before whom, not how long it takes.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/socket.hpp"
#include "test/e2e/running_texlexd.hpp"
#include "test/support/frames.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(hostile_load_test)

namespace {

// A client without manners: sends one and the same bytes for ever, or a piece of them once, and counts what it gets.
class flooder {
public:
  flooder(const std::string& path, std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    socket_ = owned_fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    BOOST_REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  }

  void send_once() { ::send(socket_.get(), bytes_.data(), bytes_.size(), MSG_NOSIGNAL); }

  void turn() {
    for (ssize_t sent = 1; sent > 0;) {
      sent = ::send(socket_.get(), bytes_.data() + at_, bytes_.size() - at_, MSG_NOSIGNAL);
      if (sent > 0) at_ = (at_ + static_cast<size_t>(sent)) % bytes_.size();
    }
    for (ssize_t got = 1; got > 0;) {
      char buffer[16384];
      got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (got > 0) received += static_cast<size_t>(got);
    }
  }

  size_t received = 0;

private:
  owned_fd socket_;
  std::vector<uint8_t> bytes_;
  size_t at_ = 0;
};

using flood = std::vector<std::unique_ptr<flooder>>;

flood make_flood(const running_texlexd& server, size_t count, const std::vector<uint8_t>& bytes) {
  flood all;
  for (size_t i = 0; i < count; ++i) all.push_back(std::make_unique<flooder>(server.socket(), bytes));
  return all;
}

std::vector<uint8_t> repeated(const std::vector<uint8_t>& frame, size_t count) {
  std::vector<uint8_t> all;
  for (size_t i = 0; i < count; ++i) all.insert(all.end(), frame.begin(), frame.end());
  return all;
}

size_t received(const flood& all) {
  size_t sum = 0;
  for (const auto& each : all) sum += each->received;
  return sum;
}

// The most bytes the flood got between a polite request and its answer.
size_t most_between(running_texlexd& server, flood& all) {
  auto polite = server.connect();
  polite.connection().set_timeout(1ms);
  for (int i = 0; i < 50; ++i)
    for (auto& each : all) each->turn();
  size_t most = 0;
  for (uint64_t id = 1; id <= 10; ++id) {
    for (auto& each : all) each->turn();
    const size_t before = received(all);
    polite.request(id, "polite");
    for (int turns = 0;; ++turns) {
      BOOST_REQUIRE_MESSAGE(turns < 100'000, "a polite request has no answer");
      const auto got = polite.connection().receive();
      for (auto& each : all) each->turn();
      if (const auto* answer = std::get_if<client_response>(&got)) {
        BOOST_TEST(answer->result.status == status::ok);
        break;
      }
    }
    most = std::max(most, received(all) - before);
  }
  return most;
}

constexpr size_t flooders = 64;
constexpr size_t response_bytes = 29;

} // namespace

BOOST_AUTO_TEST_CASE(a_polite_client_goes_before_the_next_hundreds_of_those_who_pipeline_empty_documents) {
  running_texlexd server;
  auto all = make_flood(server, flooders, repeated(request_frame(1, ""), 1000));
  const size_t between = most_between(server, all);
  BOOST_TEST_MESSAGE("answers between: " << between / response_bytes);
  BOOST_TEST(between / response_bytes / flooders < 250u); // what is in flight, and some turns
  all.clear();
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_polite_client_goes_before_those_who_flood_with_stats) {
  running_texlexd server;
  const auto frame = encode(frame_header{4, 1, 0});
  auto all = make_flood(server, flooders, repeated({frame.begin(), frame.end()}, 1000));
  const size_t between = most_between(server, all);
  BOOST_TEST_MESSAGE("bytes of stats between: " << between);
  BOOST_TEST(between / flooders < 32 * 8192u); // some tens of texts each, however slow this test is meanwhile
  all.clear();
  server.stop();
}

BOOST_AUTO_TEST_CASE(clients_that_announce_much_and_send_little_take_nothing_from_others) {
  running_texlexd server{{"--request-bytes-max", "67108864"}};
  const auto announced = encode_request_head(1, 2u << 20);
  std::vector<uint8_t> part{announced.begin(), announced.end()};
  part.resize(5000, 'a');
  auto all = make_flood(server, 300, part);
  for (auto& each : all) each->send_once();
  auto polite = server.connect();
  for (uint64_t id = 1; id <= 20; ++id) {
    polite.request(id, std::string(100'000, 'a'));
    polite.expect(id, status::ok);
  }
  all.clear();
  server.stop();
}

BOOST_AUTO_TEST_CASE(documents_that_fill_all_bytes_and_stop_make_room_for_one_that_comes) {
  running_texlexd server{{"--request-bytes-max", "2097152", "--document-bytes-max", "2097152", "--read-rate-min", "0"}};
  const auto announced = encode_request_head(1, 2u << 20);
  std::vector<uint8_t> part{announced.begin(), announced.end()};
  part.resize(128u << 10, 'a');
  auto all = make_flood(server, 32, part); // twice what there is
  for (auto& each : all) each->send_once();
  auto polite = server.connect();
  for (uint64_t id = 1; id <= 3; ++id) {
    polite.request(id, std::string(100'000, 'a'));
    const client_response got = polite.response();
    if (got.result.status == status::overload) continue; // it was the slowest itself
    BOOST_TEST(got.result.status == status::ok);
  }
  all.clear();
  server.stop();
}

BOOST_AUTO_TEST_CASE(slow_connections_that_take_all_places_make_room_for_one_that_works) {
  running_texlexd server{{"--connections-max", "64"}};
  const auto frame = request_frame(1, std::string(1000, 'a'));
  flood all;
  for (int round = 0; round < 5; ++round) {
    auto more = make_flood(server, 64, {frame.begin(), frame.begin() + 30});
    for (auto& each : more) each->send_once();
    for (auto& each : more) all.push_back(std::move(each));
    std::this_thread::sleep_for(200ms); // who has been there for a moment without a whole request makes room
    auto polite = server.connect();
    polite.request(1, "polite");
    polite.expect(1, status::ok);
  }
  all.clear();
  server.stop();
}

BOOST_AUTO_TEST_CASE(how_far_the_loop_is_behind_is_told_in_the_stats) {
  running_texlexd server;
  auto polite = server.connect();
  polite.request(1, "abc");
  polite.expect(1, status::ok);
  const auto told = polite.connection().ask_stats(2);
  const auto* text = std::get_if<std::string>(&told);
  BOOST_REQUIRE(text);
  BOOST_TEST(text->find("texlexd_loop_lag_seconds_count 1\n") != std::string::npos);
  BOOST_TEST(text->find("texlexd_unread_bytes ") != std::string::npos);
  server.stop();
}

#if !defined(TEXLEX_SANITIZED) // their memory is reserved beforehand, and to run out of it ends the process
BOOST_AUTO_TEST_CASE(a_server_whose_memory_runs_out_refuses_and_lives) {
  running_texlexd server;
  auto polite = server.connect();
  polite.request(1, "polite");
  polite.expect(1, status::ok);
  // As much as it has now, and a little more: what is asked for beyond is not there.
  std::ifstream sizes{"/proc/" + std::to_string(server.pid()) + "/statm"};
  rlim_t pages = 0;
  sizes >> pages;
  rlimit before{}, tight{};
  BOOST_REQUIRE(::prlimit(server.pid(), RLIMIT_AS, nullptr, &before) == 0);
  tight = before;
  tight.rlim_cur = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (64u << 10);
  BOOST_REQUIRE(::prlimit(server.pid(), RLIMIT_AS, &tight, nullptr) == 0);
  {
    // More than the allocator has set aside: each of these holds the memory of its document, then of its first bytes.
    std::vector<uint8_t> part = request_frame(1, std::string(100'000, 'a'));
    part.resize(part.size() - 1);
    auto documents = make_flood(server, 900, part);
    for (auto& each : documents) each->send_once();
    auto questions = make_flood(server, 100, repeated(request_frame(1, ""), 100));
    const auto ran_out = [&] { return server.log().find("no memory") != std::string::npos; };
    const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds{30}; // on a busy machine it takes its time to come so far
    for (int turns = 0; turns < 200 || (!ran_out() && std::chrono::steady_clock::now() < until); ++turns) {
      for (auto& each : questions) each->turn();
    }
  }
  BOOST_REQUIRE(::prlimit(server.pid(), RLIMIT_AS, &before, nullptr) == 0);
  auto next = server.connect();
  next.request(1, "polite");
  next.expect(1, status::ok);
  BOOST_TEST(server.log().find("no memory") != std::string::npos); // else nothing was tried
  server.stop();
}
#endif

BOOST_AUTO_TEST_SUITE_END()

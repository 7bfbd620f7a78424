// A whole house whose I/O thread finds no memory at every n-th allocation, in the actors that run there too. Each
// request is answered once, and the process lives. A failure prints the seed; TEXLEX_SEED=<seed> replays it.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <random>

#include <spdlog/spdlog.h>

#include "actors/server/request_server.hpp"
#include "actors/service.hpp"
#include "kernels/reference.hpp"
#include "kernels/regimes.hpp"
#include "runtime/memory_reserve.hpp"
#include "test/support/failing_allocations.hpp"
#include "test/support/frame_caller.hpp"
#include "test/support/temporary_folder.hpp"
#include "test/unit/state/seed.hpp"

namespace {

std::atomic<uint64_t> every = 0; // so many-th allocation of the I/O thread fails; 0: none
std::atomic<uint64_t> in_a_row = 1;
std::atomic<uint64_t> tries = 0, failures = 0;

} // namespace

bool texlex::test::must_fail() noexcept {
  const uint64_t n = every.load(std::memory_order_relaxed);
  if (n == 0) return false;
  if (tries.fetch_add(1) % n >= in_a_row) return false;
  failures.fetch_add(1);
  return true;
}

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

namespace {

settings chosen() {
  settings made;
  made.limits.document_bytes_max = 1 << 20;
  made.workers.arena_resident_mb = 1;
  made.workers.lock_memory = false;
  made.queue.target_ms = 0; // requests shall wait
  return made;
}

/// As texlexd puts it together.
struct whole_house {
  whole_house()
    : house(chosen(), reference_kernel),
      server(with_socket(), chosen().limits, find_regime(default_regime_name), house) {
    house.connect([this](job_id id, const outcome& result,
                         const column_answer_ptr& columns) { server.deliver(id, result, columns); },
                  [this](job_id number, const metrics_report& report) { server.tell(number, report); });
    house.run_on_loop([this] { server.wake(); });
    server.on_turn([this](instant at) { return house.turn(at); });
    const auto health = house.wait_until_settled(patience);
    BOOST_REQUIRE((health && health->ready()));
    BOOST_REQUIRE((std::holds_alternative<server_endpoints>(server.start())));
  }
  ~whole_house() {
    every = 0;
    server.drain(now() + 1s);
    house.loop_ended();
    house.shutdown();
  }

  server_settings with_socket() {
    server_settings made;
    made.unix_socket = folder / "texlex.sock";
    return made;
  }
  [[nodiscard]] std::variant<client, client_error> connect() {
    return client::connect_unix(folder / "texlex.sock", patience);
  }

  std::shared_ptr<spdlog::logger> logger = spdlog::default_logger(); ///< there before anything fails
  temporary_folder folder;
  service house;
  request_server server;
};

struct tally {
  uint64_t ok = 0, overload = 0, other = 0, connections_lost = 0;
};

// Pipelined, so that many requests share a turn. Of a connection that is closed nothing more is expected.
void exchange(whole_house& house, std::mt19937_64& chance, tally& seen) {
  auto connected = house.connect();
  auto* const one = std::get_if<client>(&connected);
  BOOST_REQUIRE(one != nullptr);
  const uint64_t count = 1 + chance() % 16;
  for (uint64_t id = 1; id <= count; ++id) {
    const std::string document(chance() % 4 == 0 ? 30'000 + chance() % 20'000 : chance() % 3000, 'a');
    if (one->send_request(id, document)) break;
  }
  std::vector<int> answers(count + 1);
  for (uint64_t got = 0; got < count; ++got) {
    const auto received = one->receive();
    const auto* const response = std::get_if<client_response>(&received);
    if (response == nullptr) {
      const client_fault how = std::get<client_error>(received).fault;
      BOOST_TEST((how == client_fault::closed || how == client_fault::broken), "an answer is missing");
      ++seen.connections_lost;
      return;
    }
    BOOST_REQUIRE(response->id <= count);
    BOOST_TEST(++answers[response->id] == 1);
    if (response->result.status == status::ok)
      ++seen.ok;
    else if (response->result.status == status::overload)
      ++seen.overload;
    else
      ++seen.other;
  }
}

void expect_service(whole_house& house) {
  frame_caller polite{house.connect()};
  polite.request(1, "xyz");
  polite.expect(1, status::ok);
}

} // namespace

BOOST_AUTO_TEST_CASE(where_every_nth_allocation_of_the_io_thread_fails_each_request_is_answered_once) {
  std::mt19937_64 chance{seed()};
  memory_reserve::install();
  BOOST_REQUIRE(memory_reserve::fill());
  whole_house house;
  expect_service(house);
  for (const uint64_t n : {1000u, 300u, 100u, 50u, 37u}) {
    tally seen;
    const uint64_t before = failures;
    every = n;
    for (int i = 0; i < 150; ++i) exchange(house, chance, seen);
    every = 0;
    BOOST_TEST_CONTEXT("every " << n << "th, seed " << seed()) {
      BOOST_TEST(failures - before > 3u);
      BOOST_TEST(seen.ok > 0u);
      BOOST_TEST(seen.other == 0u);
      BOOST_TEST(seen.connections_lost == 0u);
      expect_service(house);
    }
    BOOST_TEST_MESSAGE("every " << n << "th: " << failures - before << " failed; " << seen.ok << " ok, "
                                << seen.overload << " overload, " << seen.connections_lost << " connections lost");
  }
}

// So many in a row that the reserve is used up: then a request may end with its connection, but nothing else does.
BOOST_AUTO_TEST_CASE(where_there_is_no_reserve_either_the_house_lives) {
  std::mt19937_64 chance{seed()};
  memory_reserve::install();
  BOOST_REQUIRE(memory_reserve::fill());
  whole_house house;
  tally seen;
  in_a_row = memory_reserve::blocks + 2;
  for (const uint64_t n : {5000u, 1000u, 500u}) {
    every = n + chance() % 100;
    for (int i = 0; i < 150; ++i) exchange(house, chance, seen);
    every = 0;
    expect_service(house);
  }
  in_a_row = 1;
  BOOST_TEST_MESSAGE(failures << " failed; " << seen.ok << " ok, " << seen.overload << " overload, " << seen.other
                              << " other, " << seen.connections_lost << " connections lost");
  BOOST_TEST(seen.ok > 0u);
}

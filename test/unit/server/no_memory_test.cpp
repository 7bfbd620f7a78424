// The I/O thread finds no memory: at the first allocation of an exchange, at the second, and so on through all of them.
// That may cost a request or a connection. The server lives, and the next client is served.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include <pthread.h>

#include "runtime/document.hpp"
#include "test/support/failing_allocations.hpp"
#include "test/support/frames.hpp"
#include "test/unit/server/serving.hpp"

namespace {

std::atomic<int64_t> allocations_left = -1; // of the I/O thread, before one fails; below 0: none does
std::atomic<bool> failed = false;

} // namespace

bool texlex::test::must_fail() noexcept {
  if (allocations_left.load(std::memory_order_relaxed) < 0) return false;
  if (allocations_left.fetch_sub(1) != 0) return false;
  failed = true;
  return true;
}

using namespace texlex;
using namespace texlex::test;

namespace {

// Whatever becomes of it: connections break, requests are refused. Every one that is answered is answered once.
void exchange(server_under_test& house) {
  auto connected = client::connect_unix(house.endpoints.unix_socket, std::chrono::milliseconds{200});
  auto* const one = std::get_if<client>(&connected);
  if (one == nullptr) return;
  std::vector<uint8_t> all;
  const auto add = [&](const std::vector<uint8_t>& frame) { all.insert(all.end(), frame.begin(), frame.end()); };
  for (uint64_t id = 1; id <= 3; ++id) add(request_frame(id, "abc"));
  add(request_frame(4, std::string(100'000, 'a')));
  add(cancel_frame(2));
  add(request_frame(5, std::string(2u << 20, 'a'))); // too large: refused from its header
  if (one->send_bytes(all)) return;
  std::set<uint64_t> answered;
  while (answered.size() < 5) {
    const auto got = one->receive();
    const auto* const answer = std::get_if<client_response>(&got);
    if (answer == nullptr) return;
    BOOST_TEST(answered.insert(answer->id).second);
  }
  (void)one->ask_stats(6);
}

} // namespace

BOOST_FIXTURE_TEST_CASE(whichever_allocation_of_an_exchange_fails_the_next_client_is_served, server_under_test) {
  start();
  exchange(*this);
  int swept = 0;
  for (failed = true; failed.exchange(false) && swept < 2000; ++swept) {
    allocations_left = swept;
    exchange(*this);
    allocations_left = -1;
    auto next = connect();
    next.request(1, "xyz");
    next.expect_answer(1, "xyz");
  }
  BOOST_TEST_MESSAGE(swept << " allocations failed");
  BOOST_TEST(swept > 5);
  BOOST_TEST(eventually([](const server_counts& counts) { return counts.requests_in_flight == 0; }));
}

// It happens in a destructor, where finding none would end the process.
BOOST_AUTO_TEST_CASE(to_give_documents_back_to_their_pool_takes_no_memory) {
  document_pool pool{1 << 20};
  std::thread{[&pool] {
    ::pthread_setname_np(::pthread_self(), "texlex.io");
    std::vector<document_lease> leases;
    for (int i = 0; i < 100; ++i) leases.push_back(pool.take(4096));
    failed = false;
    allocations_left = 0;
    leases.clear();
    allocations_left = -1;
  }}.join();
  BOOST_TEST(!failed);
  BOOST_TEST(pool.kept_bytes() == 100u * 4096);
}

// Someone who uses the service well while others do not: keeps a few requests in flight on a connection of its own, and
// tells at the end whether each was answered once and rightly.
#pragma once

#include <atomic>
#include <latch>
#include <map>
#include <string>
#include <thread>

#include "test/e2e/running_texlexd.hpp"

namespace texlex::test {

class neighbour {
public:
  explicit neighbour(const running_texlexd& server)
    : caller_(server.connect()), document_(sample_documents().front()), wanted_(counts_of(document_)) {
    thread_ = std::jthread{[this] {
      work();
      if (answers_ == 0) at_work_.count_down();
    }};
    at_work_.wait(); // so that what the test does happens beside requests in flight
  }

  /// Ends it; it must have been served all the time.
  void expect_undisturbed() {
    ending_ = true;
    thread_.join();
    BOOST_TEST(complaint_.empty(), complaint_);
    BOOST_TEST(answers_ > 0u);
  }

  ~neighbour() { ending_ = true; }

private:
  static constexpr uint64_t in_flight_max = 3;

  // Boost.Test's checks are for one thread, so the first complaint is kept for it.
  void work() {
    client& connection = caller_.connection();
    std::map<uint64_t, bool> open;
    for (uint64_t id = 0; complaint_.empty() && (!ending_ || !open.empty());) {
      while (!ending_ && open.size() < in_flight_max) {
        if (const auto error = connection.send_request(++id, document_)) return complain("cannot send: ", *error);
        open[id] = true;
      }
      if (open.empty()) return;
      const auto got = connection.receive();
      if (const auto* error = std::get_if<client_error>(&got)) return complain("no response: ", *error);
      check(std::get<client_response>(got), open);
    }
  }

  void check(const client_response& got, std::map<uint64_t, bool>& open) {
    if (open.erase(got.id) == 0) complaint_ = "an answer to nothing in flight: " + std::to_string(got.id);
    outcome result = got.result;
    result.origin = wanted_.origin;
    if (result != wanted_) complaint_ = "a wrong answer: " + std::string{name_of(result.status)};
    if (++answers_ == 1) at_work_.count_down();
  }

  void complain(const char* what, const client_error& error) { complaint_ = what + error.sentence; }

  service_caller caller_;
  std::string document_;
  outcome wanted_;
  std::atomic<bool> ending_ = false;
  std::string complaint_;
  uint64_t answers_ = 0;
  std::latch at_work_{1};
  std::jthread thread_; ///< last: it uses all of the above
};

} // namespace texlex::test

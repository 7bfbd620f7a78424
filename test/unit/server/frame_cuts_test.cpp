// However a stream of frames is cut into pieces, each request in it is answered, and right: frames that come several at
// once, or in parts, around the size of what is read ahead, and more of them than may be in flight; among them some
// that are refused and skipped, and cancels that nobody answers.
// A failure prints its seed; TEXLEX_SEED=<seed> replays that one alone. The seeds of a plain run are fixed.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <future>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "runtime/limits.hpp"
#include "test/support/frames.hpp"
#include "test/unit/server/serving.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(frame_cuts_test)

namespace {

constexpr uint64_t seeds = 40;
constexpr uint32_t in_flight_max = 3;
constexpr uint32_t document_bytes_max = 2 * limits::read_ahead_bytes + 24;
constexpr uint64_t unknown_id = 1'000'000;

class stream_of_frames {
public:
  explicit stream_of_frames(uint64_t seed) : chance_(seed) {
    const size_t count = 1 + chance_() % 60;
    for (size_t id = 0; id < count; ++id) {
      if (chance_() % 8 == 0) std::ranges::copy(cancel_frame(unknown_id, std::string(any_size(), 'c')), to_end());
      add(id, chance_() % 8 == 0 ? document_bytes_max + 1 + any_size() : any_size());
    }
  }

  void send(caller& to) {
    for (size_t sent = 0; sent < bytes_.size();) {
      const size_t piece = std::min(any_size() + 1, bytes_.size() - sent);
      to.raw(std::span{bytes_}.subspan(sent, piece));
      if (chance_() % 4 == 0) std::this_thread::sleep_for(1ms); // so that pieces arrive apart, now and then
      sent += piece;
    }
  }

  void expect_answers(caller& from) const {
    std::vector<bool> answered(documents_.size());
    for (size_t i = 0; i < documents_.size(); ++i) {
      const client_response got = from.response();
      BOOST_REQUIRE(got.id < documents_.size());
      BOOST_REQUIRE_MESSAGE(!answered[got.id], "request " << got.id << " is answered twice");
      answered[got.id] = true;
      const std::string& document = documents_[got.id];
      if (document.size() > document_bytes_max)
        BOOST_TEST(got.result.status == status::document_too_large);
      else
        BOOST_TEST(got.result == answer_for(document));
    }
  }

private:
  void add(uint64_t id, size_t size) {
    std::string document(size, '\0');
    for (char& c : document) c = static_cast<char>(chance_());
    std::ranges::copy(request_frame(id, document), to_end());
    documents_.push_back(std::move(document));
  }

  std::back_insert_iterator<std::vector<uint8_t>> to_end() { return std::back_inserter(bytes_); }

  // Mostly small; else a few bytes more or less than is read ahead once or twice.
  size_t any_size() {
    switch (chance_() % 5) {
      case 0: return chance_() % 8;
      case 1: return limits::read_ahead_bytes - 24 + chance_() % 48;
      case 2: return 2 * limits::read_ahead_bytes - 24 + chance_() % 48;
      default: return chance_() % 700;
    }
  }

  std::mt19937_64 chance_;
  std::vector<uint8_t> bytes_;
  std::vector<std::string> documents_;
};

struct exchange {
  exchange(server_under_test& serving, uint64_t seed)
    : frames(seed), one(seed % 2 == 0 ? serving.connect() : serving.connect_tcp()),
      sent(std::async(std::launch::async, [this] { frames.send(one); })) {}
  void end() {
    frames.expect_answers(one);
    sent.get();
  }
  stream_of_frames frames;
  caller one;
  std::future<void> sent;
};

void check(server_under_test& serving, uint64_t seed) {
  BOOST_TEST_CONTEXT("TEXLEX_SEED=" << seed) { exchange{serving, seed}.end(); }
}

// All at once, so that the server serves several in one pass.
void check_together(server_under_test& serving) {
  std::deque<exchange> all;
  for (uint64_t seed = 1; seed <= seeds; ++seed) all.emplace_back(serving, seed);
  for (uint64_t seed = 1; seed <= seeds; ++seed) BOOST_TEST_CONTEXT("TEXLEX_SEED=" << seed << ", beside others") {
      all[seed - 1].end();
    }
}

} // namespace

BOOST_FIXTURE_TEST_CASE(each_request_of_a_stream_is_answered_once_however_it_is_cut, server_under_test) {
  limit_settings_.requests_per_connection_max = in_flight_max;
  limit_settings_.document_bytes_max = document_bytes_max;
  start();
  if (const char* replay = std::getenv("TEXLEX_SEED")) return check(*this, std::strtoull(replay, nullptr, 10));
  for (uint64_t seed = 1; seed <= seeds; ++seed) check(*this, seed);
}

BOOST_FIXTURE_TEST_CASE(so_it_is_of_many_streams_at_once, server_under_test) {
  limit_settings_.requests_per_connection_max = in_flight_max;
  limit_settings_.document_bytes_max = document_bytes_max;
  start();
  check_together(*this);
}

BOOST_FIXTURE_TEST_CASE(and_where_each_socket_has_a_system_call_of_its_own, server_under_test) {
  limit_settings_.requests_per_connection_max = in_flight_max;
  limit_settings_.document_bytes_max = document_bytes_max;
  server_settings_.io_uring = false;
  start();
  check_together(*this);
}

BOOST_FIXTURE_TEST_CASE(of_many_small_frames_sent_at_once_none_is_lost_while_few_may_be_in_flight, server_under_test) {
  limit_settings_.requests_per_connection_max = in_flight_max;
  start();
  constexpr size_t frames = 400;
  const std::string document(1000, 'x'); // so that more is read at once than a connection usually keeps
  std::vector<uint8_t> bytes;
  for (uint64_t id = 0; id < frames; ++id) std::ranges::copy(request_frame(id, document), std::back_inserter(bytes));
  caller one = connect(), other = connect();
  const auto sent = std::async(std::launch::async, [&] { one.raw(bytes); });
  const auto also_sent = std::async(std::launch::async, [&] { other.raw(bytes); });
  for (caller* const each : {&one, &other}) {
    std::vector<bool> answered(frames);
    for (size_t i = 0; i < frames; ++i) {
      const client_response got = each->response();
      BOOST_REQUIRE(got.id < frames);
      BOOST_REQUIRE(!answered[got.id]);
      answered[got.id] = true;
      BOOST_TEST(got.result == answer_for(document));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

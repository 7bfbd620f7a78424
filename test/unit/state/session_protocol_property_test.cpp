// Whatever a client sends, in whatever pieces, whenever jobs end, time passes and the server drains: every request
// whose header was read gets exactly one response, and never is more held than allowed. Each run prints its seed;
// RC_PARAMS="seed=N" replays it.
#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <deque>
#include <map>

#include "runtime/limits.hpp"
#include "test/unit/state/scripted_connection.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(session_protocol_property_test)

namespace {

constexpr session_limits small{.document_bytes_max = 12,
                               .requests_in_flight_max = 4,
                               .idle_timeout = 100ms,
                               .read_timeout = 40ms,
                               .write_timeout = 60ms};

// A frame a client may send: mostly good ones, ids from a small set so that they meet.
rc::Gen<bytes> frame() {
  const auto id = rc::gen::inRange<uint64_t>(0, 5);
  const auto text = rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
  return rc::gen::weightedOneOf<bytes>({
    {12, rc::gen::apply([](uint64_t i, const std::string& t) { return request(i, t); }, id, text)},
    {3, rc::gen::apply([](uint64_t i, const std::string& t) { return bare_request(i, t); }, id, text)},
    {4, rc::gen::map(id, [](uint64_t i) { return cancel(i); })},
    {2, rc::gen::map(id, [](uint64_t i) { return stats(i); })},
    {1, rc::gen::apply([](uint64_t i, const std::string& t) { return cancel_frame(i, t); }, id, text)},
    {1, rc::gen::apply([](uint32_t type, uint64_t i, uint32_t length) { return header(type, i, length); },
                       rc::gen::arbitrary<uint32_t>(), id, rc::gen::arbitrary<uint32_t>())},
  });
}

enum class event { read_some, answer_one, begin_write, end_write, tick, drain, abandon, end_of_stream };

struct run {
  admission desk{6, 40};
  scripted_connection client{small, desk};
  std::deque<uint8_t> socket;
  std::map<uint64_t, size_t> responses; ///< by id
  size_t response_count = 0;
  bool broken_off = false; ///< a time-out closed it
  bool writing = false;
  size_t last_ones = 0;

  void take(std::span<const response> batch) {
    for (const response& one : batch) {
      ++responses[one.id];
      ++response_count;
      if (one.result.status == status::unknown_type) ++last_ones;
    }
    writing = !batch.empty() || writing;
  }

  void read_some() {
    const size_t count = std::min<size_t>(socket.size(), *rc::gen::inRange<size_t>(0, 80));
    const bytes piece{socket.begin(), socket.begin() + static_cast<std::ptrdiff_t>(count)};
    const size_t taken = client.send(piece);
    socket.erase(socket.begin(), socket.begin() + static_cast<std::ptrdiff_t>(taken));
  }

  void answer_one() {
    if (client.jobs.empty()) return;
    auto at = client.jobs.begin();
    std::advance(at, *rc::gen::inRange<size_t>(0, client.jobs.size()));
    client.answer({at->first});
  }

  void step(event what) {
    switch (what) {
      case event::read_some: return read_some();
      case event::answer_one: return answer_one();
      case event::begin_write: return take(client.protocol.begin_write(client.time));
      case event::end_write:
        if (std::exchange(writing, false)) client.protocol.written(client.time);
        return;
      case event::tick:
        client.time += std::chrono::milliseconds{*rc::gen::inRange(0, 30)};
        broken_off = client.protocol.tick(client.time) == tick_verdict::close;
        return;
      case event::drain: return client.protocol.drain();
      case event::abandon: client.protocol.abandon(); return;
      case event::end_of_stream: return client.protocol.end_of_stream(client.time);
    }
  }

  // From here on all goes well: everything sent is read, every job is answered, all is written.
  void finish() {
    while (!client.protocol.done()) {
      const bytes rest{socket.begin(), socket.end()};
      const size_t taken = client.send(rest);
      socket.erase(socket.begin(), socket.begin() + static_cast<std::ptrdiff_t>(taken));
      client.answer_all();
      if (std::exchange(writing, false)) client.protocol.written(client.time);
      take(client.receive());
      writing = false;
      if (socket.empty() && client.protocol.reading() != read_step::pause) client.protocol.end_of_stream(client.time);
    }
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(every_request_whose_header_was_read_gets_exactly_one_response) {
  BOOST_TEST(rc::check([] {
    run one;
    for (const bytes& sent : *rc::gen::container<std::vector<bytes>>(frame()))
      one.socket.insert(one.socket.end(), sent.begin(), sent.end());
    const auto events =
      *rc::gen::container<std::vector<event>>(rc::gen::weightedElement<event>({{40, event::read_some},
                                                                               {15, event::answer_one},
                                                                               {12, event::begin_write},
                                                                               {12, event::end_write},
                                                                               {8, event::tick},
                                                                               {1, event::drain},
                                                                               {1, event::abandon},
                                                                               {1, event::end_of_stream}}));
    for (const event each : events) {
      if (one.broken_off) break;
      one.step(each);
      RC_ASSERT(one.desk.requests_in_flight() <= 6u);
    }
    RC_CLASSIFY(one.broken_off, "closed by a time-out");
    RC_CLASSIFY(one.client.requests > 0, "with requests");
    if (one.broken_off) return;
    one.finish();
    // A broken frame has one too, and at most one frame is broken.
    const size_t broken = one.response_count - one.client.requests;
    RC_ASSERT(one.response_count >= one.client.requests);
    RC_ASSERT(broken <= 1u);
    RC_ASSERT(one.last_ones <= 1u);
    RC_ASSERT(one.client.protocol.open_jobs().empty());
    one.client.jobs.clear();
    RC_ASSERT(one.desk.requests_in_flight() == 0u);
    RC_ASSERT(one.desk.bytes_in_flight() == 0u);
  }));
}

BOOST_AUTO_TEST_CASE(how_a_stream_is_cut_into_pieces_changes_nothing) {
  BOOST_TEST(rc::check([] {
    const auto frames = *rc::gen::container<std::vector<bytes>>(frame());
    const auto play = [&](bool in_pieces) {
      run one;
      for (const bytes& sent : frames) one.socket.insert(one.socket.end(), sent.begin(), sent.end());
      if (in_pieces)
        for (int i = 0; i < 50; ++i) one.read_some();
      one.finish();
      return std::tuple{one.responses, one.client.requests, one.client.bytes_taken};
    };
    RC_ASSERT(play(true) == play(false));
  }));
}

BOOST_AUTO_TEST_SUITE_END()

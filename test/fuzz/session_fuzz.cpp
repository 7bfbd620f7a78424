// Whole sessions of both protocol versions: frames that are right, changed or cut, a hello anywhere or nowhere, in
// pieces of any length. How the bytes are cut changes nothing of what is answered; and whatever happens in between
// (answers, writes, time, a drain, the end of the stream), each request has exactly one response, no id is in flight
// twice, and in the end no place is held.
//
// The first byte has the features of the server and how many may be in flight, the second how many frames there are;
// five bytes each make these (kind, length, id, and two of change); the rest are lengths of pieces and events.
#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "test/fuzz/frames_made.hpp"
#include "test/fuzz/require.hpp"
#include "test/support/scripted_session.hpp"

using namespace texlex;
using namespace texlex::test;

namespace {

constexpr uint32_t desk_requests = 6;
constexpr uint64_t desk_bytes = 2000;
constexpr size_t frame_recipe_bytes = 5;

session_limits limits_for(uint8_t choice) {
  return {.document_bytes_max = 200,
          .requests_in_flight_max = 1u + choice % 4,
          .idle_timeout = std::chrono::milliseconds{100},
          .read_timeout = std::chrono::milliseconds{40},
          .write_timeout = std::chrono::milliseconds{60},
          .held_back_max = std::chrono::milliseconds{20}};
}

/// One frame of any type, right but for what the last two bytes do to it.
bytes frame_from(std::span<const uint8_t, frame_recipe_bytes> recipe) {
  const uint8_t kind = recipe[0], length = recipe[1], how = recipe[3], what = recipe[4];
  const uint64_t id = recipe[2] % 6; // few, so that they meet
  const std::string text(length, static_cast<char>('a' + id));
  const tokenize_options options{.columns = kind,
                                 .view = length % 2 == 0 ? token_view::tex : token_view::source,
                                 .deadline_ms = length,
                                 .regime = length % 3 == 0 ? "plain" : "",
                                 .document_by_descriptor = kind % 16 == 15,
                                 .priority = static_cast<request_priority>(length % 3)};
  bytes made;
  switch (kind % 12) {
    case 0:
    case 1: made = request_frame(id, text); break;
    case 2: made = bare_request_frame(id, text); break;
    case 3: made = cancel_frame(id, text.substr(0, length % 8)); break;
    case 4: made = frame(frame_type::stats, id, text.substr(0, length % 3)); break;
    case 5: made = hello_frame(id, {static_cast<uint16_t>(length % 4), 2, static_cast<uint32_t>(kind / 12)}); break;
    case 6:
    case 7: made = tokenize_frame(id, text, options); break;
    case 8: made = batch_frame(id, {text, "", text.substr(0, length / 2)}, options); break;
    case 9: made = frame(frame_type::release, id, {}); break;
    case 10: made = hello_frame(id, {1, 2, all_features}); break;
    default: made = header(kind, id, length); made.resize(made.size() + length);
  }
  if (how < 48)
    made[what % made.size()] ^= static_cast<uint8_t>(1u << how % 8);
  else if (how < 56)
    made.resize(what % (made.size() + 1));
  return made;
}

/// What a client sees of a response.
struct told {
  uint64_t id = 0;
  response_form form = response_form::counts;
  outcome result;
  token_view view = token_view::tex;
  std::string text;
  std::vector<outcome> documents;

  explicit told(const response& one)
    : id(one.id), form(one.form), result(one.result), view(one.view), text(one.text ? *one.text : "") {
    for (const response& each : one.documents) documents.push_back(each.result);
  }
  friend bool operator==(const told&, const told&) = default;
};

/// A connection to a server that has some room, and what it was answered.
struct session {
  admission desk{desk_requests, desk_bytes};
  scripted_connection client;
  std::vector<told> responses;
  size_t read = 0; ///< bytes of the stream
  bool writing = false;

  explicit session(uint8_t choice) : client(limits_for(choice), desk) {
    client.features = choice / 4 % (all_features + 1);
  }

  size_t send(const bytes& stream, size_t count) {
    const auto from = stream.begin() + static_cast<ptrdiff_t>(read);
    const size_t taken = client.send({from, from + static_cast<ptrdiff_t>(std::min(count, stream.size() - read))});
    read += taken;
    check();
    return taken;
  }

  void take(std::span<const response> batch) {
    for (const response& each : batch) responses.emplace_back(each);
  }

  void begin_write() {
    const auto batch = client.protocol.begin_write(client.time);
    take(batch);
    writing |= !batch.empty();
  }
  void end_write() {
    if (std::exchange(writing, false)) client.protocol.written(client.time);
    client.protocol.go_on(client.time);
  }

  /// All that is sent is read, each job is answered as soon as nothing more can be read, and all is written.
  void finish(const bytes& stream) {
    for (size_t turns = 0; !client.protocol.done(); ++turns) {
      require(turns <= stream.size() + 2, "a session whose client reads and whose jobs end comes to its end");
      while (send(stream, SIZE_MAX) > 0) {
      }
      client.answer_all();
      end_write();
      take(client.receive());
      check();
      if (read == stream.size() && client.protocol.reading() != read_step::pause)
        client.protocol.end_of_stream(client.time);
    }
  }

  void check() const {
    std::set<uint64_t> ids;
    for (const auto& open : client.protocol.open_jobs())
      require(ids.insert(open.id).second, "an id is in flight twice");
    require(desk.requests_in_flight() <= desk_requests && desk.bytes_in_flight() <= desk_bytes,
            "no more is taken on than may be");
  }

  void check_at_end() {
    const auto count = [&](response_form form) {
      return static_cast<size_t>(
        std::count_if(responses.begin(), responses.end(), [&](const told& each) { return each.form == form; }));
    };
    const size_t hellos = count(response_form::hello), farewells = count(response_form::going_away);
    require(hellos <= 1 && farewells <= 1, "a hello is answered once, and a farewell is said once");
    const size_t answers = responses.size() - hellos - farewells;
    const bool broken = answers == client.requests + 1; // a frame that is none has a response too, and is the last
    require(answers == client.requests || broken, "each request has one response");
    require(client.protocol.open_jobs().empty(), "nothing is open in the end");
    client.jobs.clear();
    require(desk.requests_in_flight() == 0 && desk.bytes_in_flight() == 0, "no place is held in the end");
  }
};

/// A word of the client's world or of the server's, between two pieces. False: the connection is closed.
bool happens(uint8_t event, session& one) {
  scripted_connection& client = one.client;
  switch (event % 16) {
    case 0:
    case 1:
    case 2:
      if (!client.jobs.empty()) client.answer({client.jobs.begin()->first});
      return true;
    case 3:
      if (!client.jobs.empty())
        client.answer({std::prev(client.jobs.end())->first}, {.status = status::cancelled, .origin = origin::none});
      return true;
    case 4: client.answer({7}); return true; // a late answer
    case 5:
    case 6: return one.begin_write(), true;
    case 7:
    case 8: return one.end_write(), true;
    case 9:
    case 10:
      client.time += std::chrono::milliseconds{event / 16 * 4};
      client.protocol.go_on(client.time);
      return client.protocol.tick(client.time) != tick_verdict::close;
    case 11: return client.protocol.forgive(std::chrono::milliseconds{event / 16}, client.time), true;
    case 12:
      if (event < 64) client.protocol.drain();
      return true;
    case 13:
      if (event < 48) (void)client.protocol.abandon();
      return true;
    case 14:
      if (event < 48 && client.protocol.reading() != read_step::ended) client.protocol.end_of_stream(client.time);
      return true;
    default:
      if (event < 48) client.protocol.push_out();
      return true;
  }
}

void play_with_events(const bytes& stream, std::span<const uint8_t> script, uint8_t choice) {
  session one{choice};
  for (size_t at = 0; at + 2 <= script.size(); at += 2) {
    one.send(stream, script[at]);
    if (!happens(script[at + 1], one)) return; // closed by a time-out: nobody is there to take anything
  }
  one.finish(stream);
  one.check_at_end();
}

void play_in_pieces(session& one, const bytes& stream, std::span<const uint8_t> lengths) {
  for (const uint8_t length : lengths) one.send(stream, length);
  one.finish(stream);
  one.check_at_end();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::span input{data, size};
  const size_t frames = std::min<size_t>(input[1] % 24, (size - 2) / frame_recipe_bytes);
  bytes stream;
  for (size_t i = 0; i < frames; ++i) {
    const bytes made = frame_from(input.subspan(2 + i * frame_recipe_bytes).first<frame_recipe_bytes>());
    stream.insert(stream.end(), made.begin(), made.end());
  }
  frames_made += frames;
  const auto script = input.subspan(2 + frames * frame_recipe_bytes);
  session whole{input[0]}, cut{input[0]};
  play_in_pieces(whole, stream, {});
  play_in_pieces(cut, stream, script);
  require(whole.responses == cut.responses && whole.client.requests == cut.client.requests
            && whole.client.cancelled == cut.client.cancelled && whole.client.released == cut.client.released
            && whole.read == cut.read,
          "how a stream is cut changes what is answered");
  play_with_events(stream, script, input[0]);
  return 0;
}

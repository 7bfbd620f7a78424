// A server of version 1 that a test writes the lines of: reads requests as the protocol has them and answers as it is
// told, on a Unix socket, a thread a connection. Ends with the test, whatever its clients do.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "runtime/frame.hpp"
#include "test/support/byte_server.hpp"
#include "test/support/frames.hpp"

namespace texlex::test {

/// What the server does about a request.
struct scripted_answer {
  enum class kind : uint8_t { respond, keep_silent, close } what = kind::respond;
  outcome result;
  std::optional<uint64_t> id;       ///< other than the request's
  std::optional<uint64_t> stray_id; ///< answered before it, though nobody asked
};

class scripted_server {
public:
  /// Called on threads of its own with the number of requests before this one and its document's bytes.
  using script = std::function<scripted_answer(uint64_t number, size_t document_bytes)>;

  /// `stats` is told to who asks; without, the question is an unknown type and ends its connection.
  explicit scripted_server(script lines, std::optional<std::string> stats = {})
    : script_(std::move(lines)), stats_(std::move(stats)), server_([this](const byte_connection& client) {
        for (auto frame = client.receive(); frame && serve(client, *frame);) frame = client.receive();
      }) {}

  [[nodiscard]] const std::string& path() const noexcept { return server_.path(); }

private:
  // Says whether the connection goes on.
  bool serve(const byte_connection& client, const received_frame& asked) {
    const uint64_t id = asked.header.id;
    const auto is = [&](frame_type type) { return asked.header.type == static_cast<uint32_t>(type); };
    if (is(frame_type::stats) && stats_) return client.send(frame(frame_type::stats_response, id, *stats_));
    if (is(frame_type::stats) || is(frame_type::hello)) {
      (void)client.send(encode_response(id, {status::unknown_type, 0, 0, origin::none}));
      return false;
    }
    const scripted_answer answer = script_(requests_.fetch_add(1), asked.payload.size() - document_length_bytes);
    if (answer.stray_id && !client.send(encode_response(*answer.stray_id, answer.result))) return false;
    switch (answer.what) {
      case scripted_answer::kind::respond: return client.send(encode_response(answer.id.value_or(id), answer.result));
      case scripted_answer::kind::keep_silent: return true;
      case scripted_answer::kind::close: break;
    }
    return false;
  }

  script script_;
  std::optional<std::string> stats_;
  std::atomic<uint64_t> requests_{0};
  byte_server server_; ///< last, as its threads use all others
};

} // namespace texlex::test

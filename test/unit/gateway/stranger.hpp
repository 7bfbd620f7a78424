// Somebody who talks to a node as another node would, and says whatever a test wants.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "test/unit/gateway/town.hpp"

namespace texlex::test {

class stranger {
public:
  explicit stranger(town& town) : town_(town) {
    self_ = town.system.spawn(
      [this](caf::event_based_actor* self, int) -> caf::behavior {
        self->set_down_handler([this](const caf::down_msg&) { gone = true; });
        return {
          [this, self](atom::frame, const std::string& frame) {
            if (const auto from = caf::actor_cast<frame_listener>(self->current_sender()); from != other) {
              other = from;
              gone = false;
              self->monitor(other);
            }
            frames.push_back(frame);
            if (heard) heard(frame);
          },
        };
      },
      0);
  }
  ~stranger() {
    heard = {};
    other = nullptr;
    caf::anon_send_exit(std::exchange(self_, nullptr), caf::exit_reason::kill);
    town_.run();
  }
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;

  [[nodiscard]] frame_listener handle() const { return caf::actor_cast<frame_listener>(self_); }

  void say(const std::string& frame, const frame_listener& whom) {
    send(frame, whom);
    town_.run();
  }
  void say(const std::string& frame) { say(frame, other); }
  /// In the middle of `heard`.
  void reply(const std::string& frame) { send(frame, other); }

  /// The latest frame of that kind that it heard.
  template <class Frame>
  [[nodiscard]] std::optional<Frame> last() const {
    for (auto each = frames.rbegin(); each != frames.rend(); ++each)
      if (const auto decoded = decode_node_frame(*each); decoded && std::holds_alternative<Frame>(*decoded))
        return std::get<Frame>(*decoded);
    return std::nullopt;
  }

  frame_listener other;            ///< who spoke to it last
  bool gone = false;               ///< whom it spoke to is no more
  std::vector<std::string> frames; ///< that it heard
  std::function<void(const std::string& frame)> heard{};

private:
  void send(const std::string& frame, const frame_listener& whom) {
    const auto from = caf::actor_cast<caf::strong_actor_ptr>(self_);
    caf::actor_cast<caf::strong_actor_ptr>(whom)->enqueue(from, caf::make_message_id(),
                                                          caf::make_message(atom::frame_v, frame), nullptr);
  }

  town& town_;
  caf::actor self_;
};

/// How a node introduces itself that may work with those of the town.
[[nodiscard]] inline node_hello hello_of(const std::string& name) {
  node_hello hello;
  std::copy_n(name.begin(), std::min(name.size(), hello.id.bytes.size()), hello.id.bytes.begin());
  hello.rules = rules_hash();
  hello.capacity = 4;
  hello.document_bytes_max = 1 << 20;
  hello.window_bytes = 64 << 10;
  hello.cluster = "town";
  hello.name = name;
  hello.address = name + ":1";
  return hello;
}

} // namespace texlex::test

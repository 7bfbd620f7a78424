// A node of a cluster in the process of a test: an actor system with its transport, and an actor that is published.
#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/cluster/transport.hpp"

namespace texlex::test {

using namespace std::chrono_literals;

/// What a test waits for at most; all that it expects comes much sooner.
inline constexpr auto patience = 20s;

using echo_actor = caf::typed_actor<caf::replies_to<std::string>::with<std::string>>;
using other_actor = caf::typed_actor<caf::replies_to<int32_t>::with<int32_t>>;

inline echo_actor::behavior_type echo(echo_actor::pointer, const std::string& name) {
  return {[name](const std::string& text) { return name + text; }};
}

/// Waits until it is so; false: it never is.
[[nodiscard]] inline bool comes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// What a transport told.
class refusals {
public:
  void add(const std::string& text) {
    const std::lock_guard guard{mutex_};
    texts_.push_back(text);
  }
  [[nodiscard]] bool mention(const std::string& words) const {
    return comes_true([&] {
      const std::lock_guard guard{mutex_};
      for (const std::string& text : texts_)
        if (text.find(words) != std::string::npos) return true;
      return false;
    });
  }
  [[nodiscard]] size_t count() const {
    const std::lock_guard guard{mutex_};
    return texts_.size();
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

class cluster_node {
public:
  struct found {
    echo_actor actor;
    std::string error;
  };

  explicit cluster_node(transport_options options = {}) : system_(std::make_unique<caf::actor_system>(config_)) {
    std::signal(SIGPIPE, SIG_IGN); // as texlexd does
    options.refused = [this](const std::string& text) { refused_.add(text); };
    auto made = transport::make(*system_, options);
    if (const auto* const error = std::get_if<std::string>(&made)) BOOST_FAIL(*error);
    transport_ = std::get<std::unique_ptr<transport>>(std::move(made));
  }
  ~cluster_node() { stop(); }
  cluster_node(const cluster_node&) = delete;
  cluster_node& operator=(const cluster_node&) = delete;

  /// All of it ends, as with its process.
  void stop() {
    transport_.reset();
    if (published_) caf::anon_send_exit(std::exchange(published_, nullptr), caf::exit_reason::user_shutdown);
    system_.reset();
  }

  /// Publishes an actor that answers with this name and what it was sent.
  uint16_t publish(const std::string& name, const std::string& address = "127.0.0.1") {
    published_ = system_->spawn(echo, name);
    const auto result = transport_->publish(published_, address, 0);
    if (const auto* const error = std::get_if<std::string>(&result)) BOOST_FAIL(*error);
    return std::get<uint16_t>(result);
  }

  template <class Actor = echo_actor>
  [[nodiscard]] std::future<std::pair<Actor, std::string>> start_to_find(uint16_t port,
                                                                         const std::string& host = "127.0.0.1") {
    auto promise = std::make_shared<std::promise<std::pair<Actor, std::string>>>();
    auto result = promise->get_future();
    transport_->connect<Actor>(host, port, [promise](Actor actor, std::string error) {
      promise->set_value({std::move(actor), std::move(error)});
    });
    return result;
  }

  /// The actor that is published there, or an error.
  [[nodiscard]] found find(uint16_t port, const std::string& host = "127.0.0.1") {
    auto result = start_to_find(port, host);
    if (result.wait_for(patience) != std::future_status::ready) return {{}, "(nothing is heard)"};
    auto [actor, error] = result.get();
    return {std::move(actor), std::move(error)};
  }

  /// Its answer, or an error.
  [[nodiscard]] std::string ask(const echo_actor& whom, const std::string& text) {
    std::string answer;
    caf::scoped_actor asker{*system_};
    asker->request(whom, patience, text)
      .receive([&](std::string& received) { answer = std::move(received); },
               [&](const caf::error& error) { answer = "error: " + system_->render(error); });
    return answer;
  }

  [[nodiscard]] caf::actor_system& system() { return *system_; }
  [[nodiscard]] transport& net() { return *transport_; }
  [[nodiscard]] const refusals& refused() const { return refused_; }

private:
  struct node_config : caf::actor_system_config {
    node_config() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", size_t{2});
      load_transport(*this);
    }
  };

  node_config config_;
  refusals refused_;
  std::unique_ptr<caf::actor_system> system_;
  echo_actor published_;
  std::unique_ptr<transport> transport_;
};

} // namespace texlex::test

// A client that any threads may use at once, without one of its own: whoever waits for a request serves them all.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "clients/cpp/dispatcher.hpp"

namespace texlex::client_core {

class engine {
public:
  /// Null: the system has no descriptor for it; errno tells. Throws std::bad_alloc.
  [[nodiscard]] static std::shared_ptr<engine> make(client_settings settings);

  [[nodiscard]] const client_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] int descriptor() const noexcept { return dispatcher_->descriptor(); }

  /// Begins requests, all of them or none: ok, cancelled by `close`, or too many. Throws std::bad_alloc.
  [[nodiscard]] ending submit(const std::vector<request_ptr>& requests);
  /// What can be done without waiting.
  void turn() noexcept;
  /// Returns when it is done.
  void wait(const request_ptr& asked) noexcept;
  [[nodiscard]] bool is_done(const request_ptr& asked);
  /// Its document is no longer used when this returns, and nobody is told any more.
  void cancel(const request_ptr& asked) noexcept;
  /// Ends all there is, and refuses what comes.
  void close() noexcept;

private:
  explicit engine(client_settings settings) : settings_(std::move(settings)) {}
  void turn_locked() noexcept;
  void tell_ended(std::unique_lock<std::mutex>& lock) noexcept;

  client_settings settings_;
  std::unique_ptr<dispatcher> dispatcher_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool someone_waits_ = false; ///< in poll, for all
  bool closed_ = false;
};

} // namespace texlex::client_core

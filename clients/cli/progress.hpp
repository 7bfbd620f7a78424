// How far a command has come, for a person who waits: a line on standard error, if that is a terminal, after a second.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace texlex::cli {

class progress {
public:
  /// Shows what `describe` says, four times a second, from the first second on; nothing ever if `shows` is false or
  /// standard error is no terminal. `describe` is called on another thread, one call at a time.
  progress(bool shows, std::function<std::string()> describe);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Runs `write`, which writes to standard output or error, with the line out of its way.
  template <class Write>
  auto out_of_the_way(Write&& write) {
    const std::scoped_lock lock{mutex_};
    clear();
    return write();
  }

private:
  void show(const std::stop_token& stop);
  void clear() noexcept;

  std::function<std::string()> describe_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  bool shown_ = false;
  std::jthread thread_;
};

} // namespace texlex::cli

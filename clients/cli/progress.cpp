#include "clients/cli/progress.hpp"

#include <chrono>
#include <system_error>

#include <unistd.h>

#include "clients/cli/output.hpp"

namespace texlex::cli {
namespace {

constexpr std::chrono::milliseconds shown_after{1000};
constexpr std::chrono::milliseconds shown_every{250};
constexpr std::string_view clear_line = "\r\x1b[K";

} // namespace

progress::progress(bool shows, std::function<std::string()> describe) : describe_(std::move(describe)) {
  if (!shows || isatty(STDERR_FILENO) != 1) return;
  try {
    thread_ = std::jthread{[this](const std::stop_token& stop) { show(stop); }};
  } catch (const std::system_error&) {
    // A system without a thread to spare does its work without telling how it goes.
  }
}

progress::~progress() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  clear();
}

void progress::show(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  auto pause = shown_after;
  while (!ended_.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); })) {
    if (stop.stop_requested()) return;
    pause = shown_every;
    clear();
    (void)write(stderr, describe_()); // a terminal that is gone is no reason to end
    shown_ = true;
  }
}

void progress::clear() noexcept {
  if (shown_) (void)write(stderr, clear_line);
  shown_ = false;
}

} // namespace texlex::cli

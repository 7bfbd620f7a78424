#include "actors/log.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "actors/state/log_queue.hpp"
#include "runtime/cpu.hpp"
#include "runtime/limits.hpp"
#include "runtime/standard_streams.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr const char* logger_name = "texlexd";
constexpr std::string_view reset_color = "\033[m";
constexpr auto pause_when_full = 100ms; // others have made the stream non-blocking, and it is full

// By level, as spdlog's own colors.
constexpr std::array<std::string_view, 7> colors{"\033[37m",        "\033[36m",        "\033[32m", "\033[33m\033[1m",
                                                 "\033[31m\033[1m", "\033[1m\033[41m", ""};

// Lives as long as the process, as its thread does, which may be stuck in a write when everything else has ended.
class stderr_log final : public spdlog::sinks::sink {
public:
  void log(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text; // a line's length has its place in it
    {
      const std::lock_guard guard{mutex_};
      format(message, text);
      queue_.push({text.data(), text.size()});
      dropped_.store(queue_.dropped(), std::memory_order_relaxed);
    }
    changed_.notify_all();
  }

  void flush() override {} // spdlog's users do not wait
  void set_pattern(const std::string& pattern) override {
    set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern));
  }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    const std::lock_guard guard{mutex_};
    formatter_ = std::move(formatter);
  }

  void say(std::string_view line) {
    {
      const std::lock_guard guard{mutex_};
      queue_.push(std::string{line} + "\n");
    }
    changed_.notify_all();
  }

  bool flush_within(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [this] { return queue_.empty() && !writing_; });
  }

  // The writer's thread.
  void run() {
    name_this_thread("texlex.log");
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [this] { return !queue_.empty(); });
      const bool new_line_first = queue_.mid_line();
      const std::string_view text = queue_.take();
      writing_ = true;
      lock.unlock();
      if (new_line_first) write_all("\n");
      const size_t bytes = write_all(text);
      lock.lock();
      writing_ = false;
      queue_.written(bytes);
      if (bytes == text.size()) tell_dropped();
      dropped_.store(queue_.dropped(), std::memory_order_relaxed);
      changed_.notify_all();
    }
  }

  [[nodiscard]] const std::shared_ptr<spdlog::logger>& logger() const noexcept { return logger_; }
  void belongs_to(std::shared_ptr<spdlog::logger> logger) { logger_ = std::move(logger); }

  [[nodiscard]] uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

private:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& text) {
    formatter_->format(message, text);
    if (!colored_ || message.color_range_end <= message.color_range_start) return;
    const auto& color = colors[static_cast<size_t>(message.level)];
    text.reserve(text.size() + color.size() + reset_color.size());
    const std::string plain{text.data(), text.size()}; // a person's terminal
    text.clear();
    fmt::format_to(
      std::back_inserter(text), "{}{}{}{}{}", std::string_view{plain}.substr(0, message.color_range_start), color,
      std::string_view{plain}.substr(message.color_range_start, message.color_range_end - message.color_range_start),
      reset_color, std::string_view{plain}.substr(message.color_range_end));
  }

  // Where they are missing is where the log flows again, or shortly before.
  void tell_dropped() {
    const uint64_t lines = queue_.untold();
    if (lines == 0 || !logger_->should_log(spdlog::level::warn)) return;
    const std::string sentence = fmt::format("{} lines were left out of the log: it was not taken in time, or could "
                                             "not be written",
                                             lines);
    spdlog::memory_buf_t text;
    format({logger_name, spdlog::level::warn, sentence}, text);
    if (queue_.push({text.data(), text.size()})) queue_.told(lines);
  }

  // How much of it was written: all, or up to an error that waiting does not mend.
  static size_t write_all(std::string_view text) {
    size_t done = 0;
    while (done < text.size()) {
      const ssize_t wrote = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
      if (wrote >= 0) {
        done += static_cast<size_t>(wrote);
      } else if (errno == EAGAIN) {
        pollfd until_taken{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
        ::poll(&until_taken, 1, static_cast<int>(pause_when_full.count()));
      } else if (errno != EINTR) {
        break;
      }
    }
    return done;
  }

  std::mutex mutex_; // held to format and queue a line, never to write one
  std::condition_variable changed_;
  std::unique_ptr<spdlog::formatter> formatter_ = std::make_unique<spdlog::pattern_formatter>();
  std::shared_ptr<spdlog::logger> logger_; ///< kept beyond the end of spdlog's own list
  log_queue queue_{limits::log_waiting_bytes_max};
  bool writing_ = false;
  const bool colored_ = ::isatty(STDERR_FILENO) == 1;
  std::atomic<uint64_t> dropped_ = 0;
};

std::atomic<stderr_log*> running = nullptr;

} // namespace

void start_log(const std::string& level) {
  // Never destroyed: the thread below uses it until the process has ended.
  static const auto& log = *new std::shared_ptr<stderr_log>{std::make_shared<stderr_log>()};
  log->belongs_to(std::make_shared<spdlog::logger>(logger_name, log));
  spdlog::set_default_logger(log->logger());
  spdlog::set_level(spdlog::level::from_str(level == "warn" ? "warning" : level));
  spdlog::set_error_handler([](const std::string&) {}); // its own would write to standard error, and wait
  std::thread{[sink = log.get()] { sink->run(); }}.detach();
  running = log.get();
}

void say(std::string_view line) noexcept {
  auto* const log = running.load();
  if (log == nullptr) return last_words(line);
  try {
    log->say(line);
  } catch (...) { // a lock that cannot be taken
  }
}

bool flush_log(std::chrono::milliseconds patience) noexcept {
  auto* const log = running.load();
  return log == nullptr || log->flush_within(patience);
}

uint64_t log_lines_dropped() noexcept {
  auto* const log = running.load();
  return log == nullptr ? 0 : log->dropped();
}

} // namespace texlex

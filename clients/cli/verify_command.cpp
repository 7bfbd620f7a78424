#include "clients/cli/verify_command.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "clients/cli/escaped_text.hpp"
#include "clients/cli/exit_status.hpp"
#include "clients/cli/input.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/service_address.hpp"
#include "clients/cli/tokenize.hpp"
#include "clients/cli/verify_connection.hpp"
#include "runtime/host_port.hpp"
#include "runtime/time.hpp"

namespace texlex::cli {
namespace {

// What all connections have seen together.
struct tally {
  std::vector<uint64_t> latencies_us;
  std::array<uint64_t, 3> by_origin{};
  uint64_t wrong = 0; ///< answered ok with other counts
  bool given_up = false;
  std::string first_error;

  void add(const tally& other) {
    latencies_us.insert(latencies_us.end(), other.latencies_us.begin(), other.latencies_us.end());
    for (size_t i = 0; i < by_origin.size(); ++i) by_origin[i] += other.by_origin[i];
    wrong += other.wrong;
    if (first_error.empty()) first_error = other.first_error;
  }
};

struct document_case {
  std::string file;
  decltype(input::bytes) bytes;
  outcome expected;
};

// How long connections may fail, one after the other, with no answer to any of them, before the server is given up.
constexpr duration failing_max = std::chrono::seconds{3};
constexpr std::chrono::milliseconds pause_after_failure{20};

// When the server was last heard of, by any connection.
class signs_of_life {
public:
  void answered() noexcept {
    last_answer_.store(now().time_since_epoch().count(), std::memory_order_relaxed);
    failing_since_.store(none, std::memory_order_relaxed);
  }

  /// What was begun then has failed. A time-out with no answer meanwhile is enough; what fails sooner may be a restart.
  void failed(instant begun, bool timed_out) noexcept {
    const duration::rep at = now().time_since_epoch().count();
    duration::rep since = none;
    if (failing_since_.compare_exchange_strong(since, at)) since = at;
    const bool silent = timed_out && last_answer_.load() < begun.time_since_epoch().count();
    if (silent || at - since >= failing_max.count()) given_up_ = true;
  }

  [[nodiscard]] bool given_up() const noexcept { return given_up_.load(std::memory_order_relaxed); }

private:
  static constexpr duration::rep none = -1;
  std::atomic<duration::rep> last_answer_{none};
  std::atomic<duration::rep> failing_since_{none}; ///< since the last answer
  std::atomic<bool> given_up_ = false;
};

// One connection: takes numbers until none is left. A connection that breaks is made anew for the next number.
class connection_run {
public:
  connection_run(const verify_options& options, const document_case& document, std::atomic<uint64_t>& next,
                 signs_of_life& life)
    : options_(options), document_(document), next_(next), life_(life) {}

  tally run() {
    bool connected = false;
    while (!life_.given_up() && next_.fetch_add(1, std::memory_order_relaxed) < options_.count)
      connected = (connected || connect()) && ask();
    return std::move(seen_);
  }

private:
  bool connect() {
    const instant begun = now();
    const std::string error = service_.connect(options_.socket, std::chrono::milliseconds{options_.timeout_ms});
    if (error.empty()) return true;
    fail(error);
    no_answer(begun);
    return false;
  }

  // Says whether the connection may be used again.
  bool ask() {
    const instant sent = now();
    const verify_answer answer = service_.tokenize(document_.bytes);
    if (!answer.answered) {
      fail(answer.error);
      no_answer(sent);
      return false;
    }
    life_.answered();
    seen_.latencies_us.push_back(to_us(now() - sent));
    if (!answer.error.empty()) {
      fail(answer.error);
      return answer.result.status != status::internal_error;
    }
    seen_.by_origin[static_cast<size_t>(answer.result.origin)] += 1;
    const bool right = answer.result.token_count == document_.expected.token_count
                       && answer.result.issue_count == document_.expected.issue_count;
    if (!right) {
      ++seen_.wrong;
      if (seen_.first_error.empty())
        seen_.first_error =
          fmt::format("{} tokens and {} issues through the socket, {} and {} in process", answer.result.token_count,
                      answer.result.issue_count, document_.expected.token_count, document_.expected.issue_count);
    }
    return true;
  }

  void no_answer(instant begun) {
    life_.failed(begun, now() - begun >= std::chrono::milliseconds{options_.timeout_ms});
    if (!life_.given_up()) std::this_thread::sleep_for(pause_after_failure);
  }

  void fail(const std::string& why) {
    if (seen_.first_error.empty()) seen_.first_error = why;
  }

  const verify_options& options_;
  const document_case& document_;
  std::atomic<uint64_t>& next_;
  signs_of_life& life_;
  verify_connection service_;
  tally seen_;
};

double milliseconds_at(const std::vector<uint64_t>& sorted_us, double share) {
  if (sorted_us.empty()) return 0;
  const auto rank = static_cast<size_t>(std::lround(share * static_cast<double>(sorted_us.size() - 1)));
  return static_cast<double>(sorted_us[rank]) / 1000;
}

// A terminal that is gone is no reason to end.
void show_progress(const std::stop_token& done, const std::atomic<uint64_t>& next, uint64_t count) {
  while (!done.stop_requested()) {
    (void)write(stderr, fmt::format("\r{} of {} requests", std::min(next.load(), count), count));
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
  (void)write(stderr, "\r\x1b[K");
}

// On a thread of its own, which no exception may leave.
void run_connection(connection_run connection, std::mutex& mutex, tally& total) noexcept {
  const char* what = "";
  try {
    const tally seen = connection.run();
    std::lock_guard guard{mutex};
    return total.add(seen);
  } catch (const std::bad_alloc&) {
    what = "no memory"; // short enough to need none
  } catch (const std::exception&) {
    what = "system error";
  }
  std::lock_guard guard{mutex};
  if (total.first_error.empty()) total.first_error = what;
}

tally send_all(const verify_options& options, const document_case& document) {
  std::atomic<uint64_t> next{0};
  signs_of_life life;
  std::mutex mutex;
  tally total;
  std::jthread progress;
  if (isatty(STDERR_FILENO) == 1)
    progress = std::jthread{[&](const std::stop_token& done) { show_progress(done, next, options.count); }};
  {
    std::vector<std::jthread> connections;
    for (uint32_t i = 0; i < options.connections; ++i)
      connections.emplace_back([&] { run_connection(connection_run{options, document, next, life}, mutex, total); });
  }
  total.given_up = life.given_up();
  return total;
}

int report(const verify_options& options, const document_case& document, tally seen, duration elapsed) {
  std::sort(seen.latencies_us.begin(), seen.latencies_us.end());
  // What an exception ended was not counted, and has failed.
  const uint64_t answered = seen.by_origin[0] + seen.by_origin[1] + seen.by_origin[2];
  const uint64_t right = answered - seen.wrong;
  const uint64_t failed = options.count - answered;
  std::string text = fmt::format("{}: {} tokens, {} issues\n", escape_file_name(document.file),
                                 document.expected.token_count, document.expected.issue_count);
  text += fmt::format("{} requests over {} connections: {} right, {} wrong, {} failed\n", options.count,
                      options.connections, right, seen.wrong, failed);
  text += fmt::format("latency p50 {:.3f} ms, p90 {:.3f} ms, p99 {:.3f} ms, max {:.3f} ms; {:.0f} requests/s\n",
                      milliseconds_at(seen.latencies_us, 0.5), milliseconds_at(seen.latencies_us, 0.9),
                      milliseconds_at(seen.latencies_us, 0.99), milliseconds_at(seen.latencies_us, 1),
                      static_cast<double>(options.count) / std::chrono::duration<double>(elapsed).count());
  text += fmt::format("answered by a first attempt {}, by a hedge {}\n", seen.by_origin[1], seen.by_origin[2]);
  const bool written = write(stdout, text);
  if (seen.given_up) complain("given up, as the server answers nothing any more; what was not sent has failed");
  if (!seen.first_error.empty()) complain("first of these: " + seen.first_error);
  if (right != options.count) return exit_service;
  return written ? exit_ok : exit_input;
}

} // namespace

void add_verify_command(CLI::App& app, verify_options& options) {
  auto* command = app.add_subcommand("verify", "Send a document to texlexd many times and compare the answers");
  command->add_option("file", options.files, "documents")->required();
  command->add_option("--socket", options.socket, "Unix socket or host:port of texlexd")
    ->transform(address_of_url)
    ->required();
  command->add_option("--count", options.count, "requests for each document")
    ->check(CLI::Range(uint64_t{1}, uint64_t{100'000'000}))
    ->capture_default_str();
  command->add_option("--connections", options.connections, "connections at one time")
    ->check(CLI::Range(1, 1024))
    ->capture_default_str();
  command->add_option("--timeout-ms", options.timeout_ms, "how long an answer may take")
    ->check(CLI::Range(1, 3'600'000))
    ->capture_default_str();
  command->footer(
    "A server that answers nothing for longer than that, or that cannot be reached for 3 seconds, is given up.\n"
    "The server must serve the regime latex, its default.\n"
    "Exit status: 0 every answer was right; 2 usage; 3 an input could not be read or the output not written;\n"
    "4 any other; 141, as a shell tells it, nobody reads the output.");
}

int run_verify(const verify_options& options) {
  const bool nameless =
    std::any_of(options.files.begin(), options.files.end(), [](const auto& file) { return file.empty(); });
  const std::string wrong =
    nameless ? "a file's name is empty; give a name, or - for standard input" : socket_complaint(options.socket);
  if (!wrong.empty()) {
    complain(wrong);
    return exit_usage;
  }
  if (std::count(options.files.begin(), options.files.end(), "-") > 1) {
    complain("standard input can be read once only; - is given more than once");
    return exit_usage;
  }
  int worst = exit_ok;
  for (const std::string& file : options.files) {
    input read = read_input(file);
    if (!read.error.empty()) {
      complain(read.error);
      worst = std::max<int>(worst, exit_input);
      continue;
    }
    const outcome expected = expected_outcome(read.bytes);
    const document_case document{file, std::move(read.bytes), expected};
    const instant begin = now();
    tally seen = send_all(options, document);
    worst = std::max(worst, report(options, document, std::move(seen), now() - begin));
  }
  return worst;
}

} // namespace texlex::cli

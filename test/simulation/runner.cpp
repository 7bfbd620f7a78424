#include "test/simulation/runner.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/socket.hpp"

namespace texlex::simulation {
namespace {

constexpr size_t last_words_bytes_max = 4096;
constexpr size_t strokes_told_max = 4096;

[[noreturn]] void no_system(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

/// What a process that runs worlds writes and its parent reads.
struct progress_page {
  std::atomic<uint64_t> seed = 0; ///< at hand
  std::atomic<uint64_t> done = 0;
  std::atomic<bool> stop = false;
  world_counts counts; ///< to be read once the process has ended
  size_t strokes = 0;  ///< likewise, of a single world
  std::array<stroke, strokes_told_max> strokes_told{};
};

/// Memory that a process and its children share.
class shared_page {
public:
  shared_page() {
    void* const at = ::mmap(nullptr, sizeof(progress_page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) no_system("no memory to share with a process");
    page_ = new (at) progress_page;
  }
  ~shared_page() { ::munmap(page_, sizeof(progress_page)); }
  shared_page(const shared_page&) = delete;
  shared_page& operator=(const shared_page&) = delete;

  progress_page* operator->() const noexcept { return page_; }
  progress_page& operator*() const noexcept { return *page_; }

private:
  progress_page* page_;
};

/// A process that does some work and ends; what it says last is kept.
class child {
public:
  template <class Work>
  explicit child(Work work) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) no_system("no pipe to a process");
    words_ = owned_fd{ends[0]};
    const owned_fd other{ends[1]};
    pid_ = ::fork();
    if (pid_ < 0) no_system("no process");
    if (pid_ > 0) return;
    ::dup2(other.get(), STDERR_FILENO);
    work();
    ::_exit(0);
  }
  ~child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  child(child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), words_(std::move(other.words_)) {}
  child& operator=(child&&) = delete;

  [[nodiscard]] int words() const noexcept { return words_.get(); }

  /// Waits for its end. Its last words if it did not end well.
  std::optional<std::string> end() {
    std::string said;
    std::array<char, 512> some;
    for (ssize_t got; (got = ::read(words_.get(), some.data(), some.size())) > 0;)
      if (said.size() < last_words_bytes_max) said.append(some.data(), static_cast<size_t>(got));
    int how = 0;
    ::waitpid(std::exchange(pid_, -1), &how, 0);
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return std::nullopt;
    if (said.empty()) said = WIFSIGNALED(how) ? ::strsignal(WTERMSIG(how)) : "it ended with an error";
    while (!said.empty() && said.back() == '\n') said.pop_back();
    return said;
  }

private:
  pid_t pid_ = -1;
  owned_fd words_;
};

/// What a world frees the next one needs: not given back to the system meanwhile.
void keep_memory() {
  constexpr int bytes_max = 1 << 30;
  ::mallopt(M_TRIM_THRESHOLD, bytes_max);
  ::mallopt(M_MMAP_THRESHOLD, bytes_max);
}

/// Every `stride`-th seed.
void run_worlds(uint64_t from, uint64_t to, uint64_t stride, progress_page& page) {
  keep_memory();
  for (uint64_t seed = from; seed <= to && !page.stop.load(); seed += stride) {
    page.seed = seed;
    world one{plan_of(seed), {}, false};
    one.run();
    page.counts.add(one.counts());
    ++page.done;
    if (to - seed < stride) break;
  }
}

std::optional<std::string> run_one(const scenario& what, shared_page& page) {
  child one{[&] {
    world made{plan_of(what.seed, what.bounds), what.left_out, false};
    page->strokes = 0;
    const auto note = [&] {
      const auto& strokes = made.strokes();
      page->strokes = std::min(strokes.size(), strokes_told_max);
      std::copy_n(strokes.begin(), page->strokes, page->strokes_told.begin());
    };
    made.on_step = note; // as an abort leaves no time for it
    made.run();
  }};
  return one.end();
}

} // namespace

run_report run_seeds(uint64_t from, uint64_t to, uint32_t processes, std::optional<duration> length,
                     const std::function<void(uint64_t)>& progress) {
  const instant begun = now();
  std::vector<std::unique_ptr<shared_page>> pages;
  std::vector<child> children;
  for (uint32_t i = 0; i < processes && from + i <= to; ++i) {
    pages.push_back(std::make_unique<shared_page>());
    children.emplace_back([&, i] { run_worlds(from + i, to, processes, **pages[i]); });
  }
  run_report report;
  std::vector<bool> ended(children.size());
  while (!std::all_of(ended.begin(), ended.end(), [](bool each) { return each; })) {
    std::vector<pollfd> watched;
    for (size_t i = 0; i < children.size(); ++i) watched.push_back({ended[i] ? -1 : children[i].words(), POLLIN, 0});
    ::poll(watched.data(), watched.size(), 500);
    for (size_t i = 0; i < children.size(); ++i) {
      if (ended[i] || watched[i].revents == 0) continue;
      ended[i] = true; // it has said something, which it does only at its end, or has ended
      const auto why = children[i].end();
      if (why && !report.failed) report.failed = failure{.what = {.seed = (*pages[i])->seed}, .why = *why};
    }
    if (length && now() - begun >= *length) report.interrupted = true;
    if (report.failed || report.interrupted)
      for (const auto& each : pages) (*each)->stop = true;
    uint64_t done = 0;
    for (const auto& each : pages) done += (*each)->done;
    progress(done);
  }
  for (const auto& each : pages) {
    report.counts.add((*each)->counts);
    report.seeds_run += (*each)->done;
  }
  report.interrupted &= report.seeds_run < to - from + 1;
  return report;
}

std::optional<std::string> run_one(const scenario& what) {
  shared_page page;
  return run_one(what, page);
}

std::vector<stroke> strokes_in(const scenario& what) {
  shared_page page;
  (void)run_one(what, page);
  return {page->strokes_told.begin(), page->strokes_told.begin() + static_cast<ptrdiff_t>(page->strokes)};
}

failure made_small(const failure& found, const std::function<void(const std::string&)>& progress) {
  failure least = found;
  const auto still_fails = [&](const scenario& smaller) {
    const auto why = run_one(smaller);
    if (!why) return false;
    least = {smaller, *why};
    return true;
  };
  // First whole clients, lanes and requests, each bound halved as long as it still fails, then one by one.
  for (uint32_t plan_bounds::*const bound :
       {&plan_bounds::clients_max, &plan_bounds::far_max, &plan_bounds::wishes_max})
    for (uint32_t most = 16; most-- > 0;) {
      scenario smaller = least.what;
      smaller.bounds.*bound = most;
      if (!still_fails(smaller)) break;
    }
  progress(fmt::format("clients, lanes and requests bounded; {} strokes", strokes_in(least.what).size()));
  // Then strokes, as in Zeller and Hildebrandt, 'Simplifying and Isolating Failure-Inducing Input' (2002): ever smaller
  // parts of what is left are left out.
  for (size_t part = std::max<size_t>(strokes_in(least.what).size() / 2, 1);;) {
    const std::vector<stroke> left = strokes_in(least.what);
    bool any = false;
    for (size_t begin = 0; begin < left.size(); begin += part) {
      scenario smaller = least.what;
      for (size_t i = begin; i < std::min(begin + part, left.size()); ++i) smaller.left_out.push_back(left[i]);
      any |= still_fails(smaller);
    }
    progress(fmt::format("parts of {}: {} strokes are left", part, strokes_in(least.what).size()));
    if (part == 1 && !any) return least;
    if (!any) part = std::max<size_t>(part / 2, 1);
  }
}

} // namespace texlex::simulation

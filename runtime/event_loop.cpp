#include "runtime/event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <optional>
#include <system_error>
#include <unistd.h>

#include <sys/eventfd.h>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

owned_fd opened(int fd, const char* what) {
  if (fd < 0) throw std::system_error{errno, std::generic_category(), what};
  return owned_fd{fd};
}

timespec timespec_of(duration d) noexcept {
  const auto whole = std::chrono::floor<std::chrono::seconds>(d);
  return {.tv_sec = whole.count(), .tv_nsec = (d - whole).count()};
}

int milliseconds_of(duration d) noexcept {
  constexpr int64_t longest = 60'000; // woken for nothing once a minute
  return static_cast<int>(std::min(std::chrono::ceil<std::chrono::milliseconds>(d).count(), longest));
}

// To the nanosecond where the system can: epoll_pwait2 came with Linux 5.11.
int wait_on(int epoll, epoll_event* events, int count_max, std::optional<duration> timeout) noexcept {
  static std::atomic<bool> exact = true;
  if (timeout && *timeout > duration::zero() && exact.load(std::memory_order_relaxed)) {
    const timespec length = timespec_of(*timeout);
    const int count = ::epoll_pwait2(epoll, events, count_max, &length, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    exact = false;
  }
  return ::epoll_wait(epoll, events, count_max, timeout ? milliseconds_of(*timeout) : -1);
}

} // namespace

// Edge-triggered: each write to the eventfd is one event, so that it is never read. Its number would overflow after
// more wakes than a process lives to see.
event_loop::event_loop(socket_batch::way way, duration look_on)
  : epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
    wake_event_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")), sockets_(way), waits_(look_on) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr; // a wake, and nobody's descriptor
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_event_.get(), &event) != 0)
    throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
}

bool event_loop::watch(int fd, uint32_t events, watcher& by) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &by;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  ++watched_;
  return true;
}

bool event_loop::watch_for(int fd, uint32_t events, watcher& by) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &by;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0;
}

void event_loop::unwatch(int fd, const watcher& by) noexcept {
  early_.forget(by);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) == 0) --watched_;
}

void event_loop::call_at(instant due, call what) { timers_.emplace(timer{due, ++last_timer_}, std::move(what)); }

void event_loop::wait(instant until) {
  const instant before = now();
  const bool early = may_go_on_early();
  waited_ = slept_ = false;
  const int count = early ? 0 : wait_for_events(early_.any() ? instant::min() : until, before);
  time_ = early ? before : now();
  if (waited_) waits_.ended(time_ - before, slept_);
  note_readiness(before);
  if (!early) note_look(count);
  take_wakes();
  early_.tell();
  tell_watchers(count > 0 ? static_cast<size_t>(count) : 0);
  make_due_calls();
  if (has_posted_.load(std::memory_order_acquire)) make_posted_calls();
}

// With something received already the look at all sockets can wait; yet not for long, or others would starve. One alone
// is no reason: a pass costs as much as a look, and by then others may have come to share it.
bool event_loop::may_go_on_early() noexcept {
  constexpr uint32_t in_a_row_max = 4;
  constexpr size_t found_min = 2;
  const bool worth_a_pass = early_.found() >= found_min;
  passes_without_look_ = worth_a_pass && passes_without_look_ < in_a_row_max ? passes_without_look_ + 1 : 0;
  return passes_without_look_ > 0;
}

void event_loop::tell_watchers(size_t count) noexcept {
  receive_for_many(count);
  for (size_t i = 0; i < count; ++i) {
    auto* const by = static_cast<watcher*>(batch_[i].data.ptr);
    if (by == nullptr) continue;
    if (receive_of_[i])
      by->received(receives_[*receive_of_[i]].result);
    else
      by->ready(batch_[i].events);
  }
}

void event_loop::receive_for_many(size_t count) noexcept {
  std::fill_n(receive_of_.begin(), count, std::nullopt);
  if (count < 2 || !sockets_.by_io_uring()) return;
  size_t receives = 0;
  for (size_t i = 0; i < count; ++i) {
    auto* const by = static_cast<watcher*>(batch_[i].data.ptr);
    if (by == nullptr || batch_[i].events != EPOLLIN) continue;
    const auto wanted = by->wants_to_receive(receive_memory_.at(receives));
    if (!wanted) continue;
    receive_of_[i] = receives;
    receives_[receives++] = *wanted;
  }
  sockets_.carry_out(std::span{receives_}.first(receives));
}

// A wait that took its time was ended by what it found.
void event_loop::note_readiness(instant before) noexcept {
  constexpr duration slept = std::chrono::microseconds{20};
  const instant at = time_;
  const bool was_busy = at - before < slept && complete_look_ != instant::min();
  ready_since_ = was_busy ? at - (at - complete_look_) / 2 : at;
}

// epoll tells of descriptors in turn: who is told of goes to the end of its list, so that after more events than there
// are descriptors all that was ready at first has been told of.
void event_loop::note_look(int count) noexcept {
  const instant at = time_;
  if (count < static_cast<int>(batch_.size())) {
    complete_look_ = round_begun_ = at;
    told_in_round_ = 0;
    return;
  }
  told_in_round_ += static_cast<size_t>(count);
  if (told_in_round_ <= watched_) return;
  complete_look_ = std::exchange(round_begun_, at);
  told_in_round_ = 0;
}

int event_loop::wait_for_events(instant until, instant before) noexcept {
  if (!timers_.empty()) until = std::min(until, timers_.begin()->first.due);
  waited_ = until > before;
  if (waited_) {
    if (const int found = look_on(before, until); found != 0) return found;
  }
  asleep_.store(true); // sequentially consistent, as is a waker's look at it: one of the two sees the other
  // What was posted may have had its wake taken since, by who looked for something else.
  waited_ = slept_ = waited_ && !woken_.load() && !has_posted_.load();
  const int count = wait_on(epoll_.get(), batch_.data(), static_cast<int>(batch_.size()), timeout_of(until));
  asleep_.store(false, std::memory_order_relaxed);
  require(count >= 0 || errno == EINTR, "a descriptor that is open can be waited on");
  if (slept_ && count == 0) waits_.woken_late(now() - until);
  return count;
}

// Of the wait that is about to begin; none: for as long as it takes.
std::optional<duration> event_loop::timeout_of(instant until) const noexcept {
  if (!slept_) return duration::zero();
  if (until == instant::max()) return std::nullopt;
  return std::max(until - now(), duration::zero());
}

// Returns what it has found; 0: nothing.
int event_loop::look_on(instant before, instant until) noexcept {
  const duration length = waits_.worth(before);
  if (length == duration::zero()) return 0;
  const instant end = std::min(before + length, until);
  for (instant at = before; at < end && !woken_.load() && !has_posted_.load(); at = now()) {
    const int count = wait_on(epoll_.get(), batch_.data(), static_cast<int>(batch_.size()), duration::zero());
    if (count > 0) return count;
  }
  return 0;
}

void event_loop::make_due_calls() {
  if (timers_.empty() || timers_.begin()->first.due > time_) return;
  const instant at = time_;
  const uint64_t last = last_timer_; // what is planned meanwhile waits for the next pass
  for (auto first = timers_.begin(); first != timers_.end() && first->first.due <= at && first->first.number <= last;
       first = timers_.begin())
    timers_.extract(first).mapped()();
}

void event_loop::make_posted_calls() {
  std::vector<call> calls;
  {
    const std::lock_guard guard{posted_mutex_};
    has_posted_.store(false, std::memory_order_relaxed);
    std::swap(calls, posted_);
  }
  for (size_t made = 0; made < calls.size(); ++made) {
    try {
      calls[made]();
    } catch (const std::bad_alloc&) { // it is left undone, and the others wait for the next pass
      calls.erase(calls.begin(), calls.begin() + static_cast<ptrdiff_t>(made) + 1);
      const std::lock_guard guard{posted_mutex_};
      std::swap(calls, posted_);
      for (call& later : calls) posted_.push_back(std::move(later)); // what came meanwhile; mostly nothing
      has_posted_.store(true, std::memory_order_relaxed);
      throw;
    }
  }
}

void event_loop::wake() noexcept {
  if (woken_.exchange(true) || !asleep_.load()) return;
  const uint64_t one = 1;
  const ssize_t written = ::write(wake_event_.get(), &one, sizeof one);
  require(written == sizeof one, "an eventfd takes far more wakes than there will be");
}

void event_loop::post(call what) {
  {
    const std::lock_guard guard{posted_mutex_};
    posted_.push_back(std::move(what));
    has_posted_.store(true, std::memory_order_release);
  }
  wake();
}

} // namespace texlex

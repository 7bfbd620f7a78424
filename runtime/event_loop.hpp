// What a thread waits for: sockets, points in time, other threads. Over epoll, level-triggered, so that a request of a
// small document costs what it must: its share of one wait, and of one call each that receives and sends for many.
// (Boost.Asio, which stood here before, tries to receive once more before each wait, and its handlers cost as much as
// the scan of such a document.)
//
//   wait ─▶ a batch of ready descriptors ─▶ calls that are due ─▶ whatever the owner does in a pass ─▶ wait
//
// All but `post` and `wake` is to be called on the thread that waits, or before it does.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <sys/epoll.h>

#include "runtime/descriptor_watcher.hpp"
#include "runtime/early_receives.hpp"
#include "runtime/limits.hpp"
#include "runtime/receive_slots.hpp"
#include "runtime/short_waits.hpp"
#include "runtime/socket.hpp"
#include "runtime/socket_batch.hpp"
#include "runtime/time.hpp"

namespace texlex {

class event_loop {
public:
  using watcher = descriptor_watcher;
  using call = std::function<void()>;
  /// Throws `std::system_error` if the process has no file left.
  explicit event_loop(socket_batch::way way = socket_batch::way::one_by_one, duration look_on = duration::zero());

  /// False: the system has no memory or no room for one more watch.
  [[nodiscard]] bool watch(int fd, uint32_t events, watcher& by) noexcept;
  [[nodiscard]] bool watch_for(int fd, uint32_t events, watcher& by) noexcept; ///< other events than before
  void unwatch(int fd, const watcher& by) noexcept;

  /// Sends that do not wait, in one system call where that is possible, which also looks whether those who were
  /// expected have sent something: they are told in the next pass.
  void send(std::span<socket_operation> sends) noexcept { early_.carry_out(sockets_, sends); }
  /// It has been sent something, and may send something itself soon.
  void expect(watcher& from) noexcept { early_.expect(from); }
  [[nodiscard]] bool by_io_uring() const noexcept { return sockets_.by_io_uring(); }

  /// Throws std::bad_alloc.
  void call_at(instant due, call what);

  /// Waits until something is ready, a call is due, somebody wakes it, or it is `until`; then handles all of that.
  void wait(instant until);

  /// A pass begins without a wait: the first one.
  void begin() noexcept { time_ = now(); }

  /// When this pass's wait ended: what was ready then has waited since, whenever its turn comes.
  [[nodiscard]] instant time() const noexcept { return time_; }
  /// When what is handled now could be handled at the earliest, as far as is known: when the wait ended, or, if there
  /// was always something ready, half-way back to the last look that found all that was.
  [[nodiscard]] instant ready_since() const noexcept { return ready_since_; }

  /// Forgets the wakes so far: what was done before them is visible from now on, and is to be looked for now. `wait`
  /// does so too.
  void take_wakes() noexcept { woken_.exchange(false, std::memory_order_acq_rel); }

  /// Has the thread end its wait, or not begin it. From any thread.
  void wake() noexcept;

  /// Has the thread make this call in its next pass. From any thread. Throws std::bad_alloc.
  void post(call what);

private:
  /// When a call is due, and in which order those of one instant were planned.
  struct timer {
    instant due;
    uint64_t number = 0;
    friend auto operator<=>(const timer&, const timer&) = default;
  };

  [[nodiscard]] bool may_go_on_early() noexcept;
  void note_readiness(instant before) noexcept;
  void note_look(int count) noexcept;
  int wait_for_events(instant until, instant before) noexcept;
  [[nodiscard]] std::optional<duration> timeout_of(instant until) const noexcept;
  [[nodiscard]] int look_on(instant before, instant until) noexcept;
  void tell_watchers(size_t count) noexcept;
  void receive_for_many(size_t count) noexcept;
  void make_due_calls();
  void make_posted_calls();

  owned_fd epoll_;
  owned_fd wake_event_;
  std::array<epoll_event, limits::sockets_a_pass_max> batch_{};
  socket_batch sockets_;
  early_receives early_;
  short_waits waits_;
  bool waited_ = false, slept_ = false; ///< in this pass, for as long as `waits_` is told
  uint32_t passes_without_look_ = 0;    ///< at all sockets
  receive_slots receive_memory_{limits::sockets_a_pass_max};
  std::array<socket_operation, limits::sockets_a_pass_max> receives_;          ///< for those of the batch
  std::array<std::optional<size_t>, limits::sockets_a_pass_max> receive_of_{}; ///< by place in the batch
  instant time_ = now();
  instant ready_since_ = instant::min();
  instant complete_look_ = instant::min(); ///< the latest that found all that was ready
  instant round_begun_ = instant::min();   ///< looks that together find all
  size_t told_in_round_ = 0;
  size_t watched_ = 0; ///< descriptors
  std::map<timer, call> timers_;
  uint64_t last_timer_ = 0;

  // A waker writes to the eventfd only if the thread sleeps or is about to: it says so before it looks at `woken_`.
  std::atomic<bool> woken_ = false;
  std::atomic<bool> asleep_ = false;

  std::mutex posted_mutex_; // held for a push or a swap
  std::vector<call> posted_;
  std::atomic<bool> has_posted_ = false;
};

} // namespace texlex

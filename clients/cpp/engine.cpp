#include "clients/cpp/engine.hpp"

#include <algorithm>
#include <new>
#include <thread>

#include <poll.h>

namespace texlex::client_core {

std::shared_ptr<engine> engine::make(client_settings settings) {
  std::shared_ptr<engine> made{new engine{std::move(settings)}};
  made->dispatcher_ = dispatcher::make(made->settings_);
  return made->dispatcher_ ? made : nullptr;
}

ending engine::submit(const std::vector<request_ptr>& requests) {
  std::unique_lock lock{mutex_};
  if (closed_) return TEXLEX_CLIENT_CANCELLED;
  if (requests.size() > settings_.pending_max - std::min<size_t>(dispatcher_->under_way(), settings_.pending_max))
    return TEXLEX_CLIENT_TOO_MANY_REQUESTS;
  size_t taken = 0;
  try {
    for (; taken < requests.size(); ++taken) dispatcher_->submit(requests[taken]);
  } catch (const std::bad_alloc&) {
    for (size_t i = 0; i < taken; ++i) dispatcher_->cancel(requests[i], failed(TEXLEX_CLIENT_NO_MEMORY, {}), now());
    for (size_t i = 0; i < taken; ++i) requests[i]->ended = nullptr;
    tell_ended(lock);
    throw;
  }
  turn_locked();
  tell_ended(lock);
  return TEXLEX_CLIENT_OK;
}

void engine::turn() noexcept {
  std::unique_lock lock{mutex_};
  if (closed_) return;
  turn_locked();
  tell_ended(lock);
}

// Where memory runs out between two states, none of them is to be trusted: all requests end.
void engine::turn_locked() noexcept {
  try {
    dispatcher_->turn(now());
  } catch (const std::bad_alloc&) {
    answer why;
    why.status = TEXLEX_CLIENT_NO_MEMORY;
    dispatcher_->end_all(why);
  }
}

void engine::wait(const request_ptr& asked) noexcept {
  std::unique_lock lock{mutex_};
  while (!asked->done) {
    if (someone_waits_) {
      changed_.wait(lock);
      continue;
    }
    someone_waits_ = true;
    lock.unlock();
    pollfd watched{dispatcher_->descriptor(), POLLIN, 0};
    (void)::poll(&watched, 1, -1); // there is a time set for each request
    lock.lock();
    someone_waits_ = false;
    if (!closed_) turn_locked();
    tell_ended(lock);
    changed_.notify_all(); // another one is to wait for all, if this one is done
  }
}

bool engine::is_done(const request_ptr& asked) {
  const std::scoped_lock lock{mutex_};
  return asked->done;
}

void engine::cancel(const request_ptr& asked) noexcept {
  std::unique_lock lock{mutex_};
  if (asked->told_by == std::this_thread::get_id()) return; // by the one who is told
  changed_.wait(lock, [&] { return asked->told_by == std::thread::id{}; });
  asked->ended = nullptr;
  if (asked->done) return;
  try {
    dispatcher_->cancel(asked, failed(TEXLEX_CLIENT_CANCELLED, "the request was cancelled"), now());
  } catch (const std::bad_alloc&) {
    answer why;
    why.status = TEXLEX_CLIENT_NO_MEMORY;
    dispatcher_->end_all(why);
  }
  turn_locked();
  tell_ended(lock);
}

void engine::close() noexcept {
  std::unique_lock lock{mutex_};
  closed_ = true;
  answer why;
  why.status = TEXLEX_CLIENT_CANCELLED;
  dispatcher_->end_all(why);
  dispatcher_->wake();
  tell_ended(lock);
}

// Without the lock, so that who is told may ask for the next document.
void engine::tell_ended(std::unique_lock<std::mutex>& lock) noexcept {
  ended_list ended = dispatcher_->take_ended();
  if (ended.empty()) return;
  if (someone_waits_) dispatcher_->wake(); // it may be his
  ended.for_each([](request& each) { each.told_by = std::this_thread::get_id(); });
  lock.unlock();
  ended.for_each([](request& each) {
    if (each.ended) each.ended();
  });
  lock.lock();
  while (!ended.empty()) {
    const request_ptr each = ended.pop_front();
    each->told_by = {};
    each->ended = nullptr;
  }
  changed_.notify_all();
}

} // namespace texlex::client_core

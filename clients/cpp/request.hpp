// One document on its way to a server and back, however many times it is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "clients/cpp/answer.hpp"
#include "clients/cpp/question.hpp"
#include "clients/cpp/retry_schedule.hpp"
#include "runtime/time.hpp"

namespace texlex::client_core {

struct request;
using request_ptr = std::shared_ptr<request>;

/// Of the client's lock, but for what is set when it is made.
struct request {
  std::optional<uint32_t> offer_of;      ///< a server: it asks for what that one offers, and has no document
  std::shared_ptr<const question> asked; ///< requests of one batch have the same, and may go in one frame
  bool is_of_batch = false;
  std::span<const uint8_t> document;        ///< the caller's, until the request is done
  int document_descriptor = -1;             ///< of sealed memory, the caller's; `document` is mapped from it
  std::shared_ptr<const void> document_map; ///< keeps that
  instant deadline;

  retry_schedule pauses;
  uint32_t failures = 0;
  uint32_t times_lost = 0; ///< of these: it could not be reached, or the connection was lost
  uint64_t refused_by = 0; ///< a bit for each server that is not asked again before the others were
  answer last_failure;

  bool done = false;
  answer result;               ///< once it is done
  std::function<void()> ended; ///< told once, without the lock
  std::thread::id told_by;     ///< who is at it
  request_ptr next_ended;      ///< in the list of those

  [[nodiscard]] bool goes_with(const request& other) const noexcept {
    return is_of_batch && other.is_of_batch && asked == other.asked;
  }
};

/// Requests in the order in which they ended. Each knows the next one: without any memory left they end all the same.
class ended_list {
public:
  ended_list() noexcept = default;
  ended_list(ended_list&& other) noexcept
    : first_(std::move(other.first_)), last_(std::exchange(other.last_, nullptr)) {}
  ~ended_list() {
    while (!empty()) (void)pop_front(); // one by one: a chain that goes link by link needs a stack as long
  }

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

  void push_back(const request_ptr& one) noexcept {
    (last_ == nullptr ? first_ : last_->next_ended) = one;
    last_ = one.get();
  }

  [[nodiscard]] request_ptr pop_front() noexcept {
    request_ptr one = std::move(first_);
    first_ = std::move(one->next_ended);
    if (first_ == nullptr) last_ = nullptr;
    return one;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (request* each = first_.get(); each != nullptr; each = each->next_ended.get()) visit(*each);
  }

private:
  request_ptr first_;
  request* last_ = nullptr;
};

/// How a request that was in flight ended for now: by an answer that may be a failure.
struct settled {
  request_ptr asked;
  answer result;
};

} // namespace texlex::client_core

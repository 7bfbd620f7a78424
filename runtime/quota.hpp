// How much of something may be had at one time, shared by all who have of it, on any thread: what is taken of a part
// is taken of the whole that it is part of, too.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace texlex {

class quota {
public:
  /// `whole`: null if it is not part of anything.
  explicit quota(uint64_t max, std::shared_ptr<quota> whole = nullptr) noexcept : max_(max), whole_(std::move(whole)) {}

  /// All of it, or nothing and false.
  [[nodiscard]] bool take(uint64_t amount) noexcept {
    const uint64_t before = taken_.fetch_add(amount, std::memory_order_relaxed);
    if (before + amount <= max_ && (!whole_ || whole_->take(amount))) return true;
    taken_.fetch_sub(amount, std::memory_order_relaxed);
    return false;
  }

  void give_back(uint64_t amount) noexcept {
    taken_.fetch_sub(amount, std::memory_order_relaxed);
    if (whole_) whole_->give_back(amount);
  }

  [[nodiscard]] uint64_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t max() const noexcept { return max_; }

private:
  const uint64_t max_;
  std::atomic<uint64_t> taken_ = 0;
  const std::shared_ptr<quota> whole_;
};

/// So much of a quota, given back with its owner.
class quota_share {
public:
  /// Not held if there is not so much left.
  quota_share(std::shared_ptr<quota> of, uint64_t amount) noexcept {
    if (!of->take(amount)) return;
    of_ = std::move(of);
    amount_ = amount;
  }
  quota_share(quota_share&& other) noexcept : of_(std::move(other.of_)), amount_(other.amount_) {}
  quota_share& operator=(quota_share&& other) noexcept {
    std::swap(of_, other.of_);
    std::swap(amount_, other.amount_);
    return *this;
  }
  ~quota_share() {
    if (of_) of_->give_back(amount_);
  }

  [[nodiscard]] bool held() const noexcept { return of_ != nullptr; }

private:
  std::shared_ptr<quota> of_;
  uint64_t amount_ = 0;
};

} // namespace texlex

// How much extra work hedging may make. Each job answered ok earns a part of a token, up to a small burst; a copy
// spends one. So where nothing comes to a good end no copies are made either. Beside it a ceiling: of the latest jobs
// no more than a share was copied, however full the bucket is. All in whole thousandths of a token, so that the share
// holds exactly, over any number of jobs.
#pragma once

#include <cstdint>
#include <vector>

namespace texlex {

struct hedge_budget_options {
  uint32_t share_permille = 50;    ///< of a token, earned by each job answered ok
  uint32_t burst = 10;             ///< tokens the bucket holds; it starts full
  uint32_t ceiling_permille = 100; ///< copies to primaries in the window
  uint32_t window_primaries = 1000;
  uint32_t window_copies_min = 5; ///< the ceiling is never below: a service just started may hedge too
};

struct hedge_budget_counts {
  uint64_t primaries = 0;
  uint64_t successes = 0;
  uint64_t copies = 0;
  uint64_t refused_empty = 0;   ///< no token
  uint64_t refused_ceiling = 0; ///< a token, but too many copies of late
};

class hedge_budget {
public:
  explicit hedge_budget(const hedge_budget_options& options = {});

  /// A job was given to a lane for the first time.
  void primary() noexcept;

  /// A job was answered ok.
  void succeeded() noexcept;

  /// May a copy be made? Spends a token if so: ask last, when it is sure that the copy would run.
  [[nodiscard]] bool try_spend() noexcept;

  [[nodiscard]] const hedge_budget_counts& counts() const noexcept { return counts_; }
  [[nodiscard]] uint32_t tokens() const noexcept { return static_cast<uint32_t>(permille_ / token_permille); }

  void check_invariants() const;

private:
  static constexpr uint64_t token_permille = 1000;

  [[nodiscard]] uint64_t window_copies_max() const noexcept;

  hedge_budget_options options_;
  uint64_t permille_;                  ///< in the bucket
  std::vector<uint32_t> copies_after_; ///< each of the latest primaries, until the next: a ring
  uint32_t latest_ = 0;                ///< the place of the latest primary in it
  uint64_t window_copies_ = 0;         ///< their sum
  hedge_budget_counts counts_;
};

} // namespace texlex

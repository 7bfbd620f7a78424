// Clients' questions for stats, answered in rounds: whoever asks while a question is under way is answered by the next
// one, so that nobody is told what was true before it asked, and a flood of questions costs no more than one at a time
// and so many a second.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "actors/job.hpp"
#include "runtime/time.hpp"

namespace texlex {

class stats_rounds {
public:
  explicit stats_rounds(duration pause) noexcept : pause_(pause) {}

  /// Somebody asks under this number. Throws std::bad_alloc.
  void add(job_id asker) { waiting_.push_back(asker); }

  /// When the next question is due; `instant::max()`: none is, or one is under way.
  [[nodiscard]] instant due() const noexcept { return waiting_.empty() || question_ ? instant::max() : next_; }

  /// The question is put under this number, on behalf of all who wait.
  void begin(job_id question, instant now) noexcept {
    question_ = question;
    next_ = now + pause_;
    std::swap(waiting_, asked_);
  }

  /// The answer to `question`: who is told it. It holds until the next `begin`. Empty: nobody asked that.
  [[nodiscard]] const std::vector<job_id>& end(job_id question) noexcept {
    static const std::vector<job_id> nobody;
    if (question_ != question) return nobody;
    question_.reset();
    told_.clear();
    std::swap(told_, asked_);
    return told_;
  }

private:
  duration pause_;
  instant next_ = instant::min();
  std::optional<job_id> question_;
  std::vector<job_id> waiting_, asked_, told_;
};

} // namespace texlex

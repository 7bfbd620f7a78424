// What signals mean to texlexd. A thread of its own waits for them and acts; nothing it does waits for anybody, so that
// a signal is heard whatever the others are doing.
#pragma once

#include <memory>
#include <optional>

#include "runtime/time.hpp"

namespace texlex {

/// What a signal asks of whoever serves.
enum class signal_request { end, log_stats, reload, change_log_level };

class signals {
public:
  /// Blocks them in the calling thread, which must be the only one: all others inherit that. What only tells that
  /// something could not be written is ignored from now on, here and in the programs that are started.
  ///
  /// `has_grace`: who serves goes on for a while once the end was asked for, and a second signal that asks for it ends
  /// that and no more.
  explicit signals(bool has_grace);

  /// Waits for the next request, for so long at most. Those of one kind that come before they were looked at are one.
  /// `end` comes once, or twice where there is a grace: the signal behind that ends the process.
  [[nodiscard]] std::optional<signal_request> next(instant until = instant::max());

  /// From now on the next signal that asks for the end ends the process.
  void grace_is_over();

  /// Whether the end has been asked for, and has not been looked at yet; waits for it for so long.
  [[nodiscard]] bool end_within(duration patience);

  /// The signal that asked for the end.
  [[nodiscard]] int ended_by() const;

private:
  struct state;
  std::shared_ptr<state> state_; ///< its thread's too, which the process does not wait for
};

} // namespace texlex

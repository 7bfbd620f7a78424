// What a server tells of itself: the text of a stats response as numbers, asked for before and after a run over a
// connection of its own. A server that tells nothing is no error.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/client.hpp"

namespace texlex::load {

/// Names, with their labels if they have any, and values. A line that is neither a pair nor a comment is passed over,
/// so that a newer server's text may say more.
class server_figures {
public:
  explicit server_figures(std::string_view text);

  [[nodiscard]] std::optional<double> find(std::string_view name) const;

private:
  std::map<std::string, double, std::less<>> values_;
};

/// One server before and after a run.
struct figures_of_run {
  std::optional<server_figures> before;
  std::optional<server_figures> after;

  /// What was added during the run to a figure that only grows.
  [[nodiscard]] std::optional<double> growth(std::string_view name) const;
  /// The mean of what was added to NAME_sum during the run, by what was added to NAME_count.
  [[nodiscard]] std::optional<double> mean(std::string_view name) const;
  /// A figure as it was after the run.
  [[nodiscard]] std::optional<double> last(std::string_view name) const;
};

/// Asks a server. Nothing if it does not tell; an error only if nobody serves there.
[[nodiscard]] std::variant<std::optional<server_figures>, client_error> ask_figures(const std::string& address,
                                                                                    client::timeout limit);

} // namespace texlex::load

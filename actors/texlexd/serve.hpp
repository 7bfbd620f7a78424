// Serving, from the first thread to the last.
#pragma once

#include <optional>
#include <string>

#include "actors/texlexd/signals.hpp"
#include "config/settings.hpp"

namespace texlex {

/// Serves until a signal ends it; the log must have been started. Otherwise returns why it cannot, once all it had
/// started has ended and said its last: that is what a person is to read at the end.
[[nodiscard]] std::optional<std::string> serve(const settings& asked, signals& signals);

/// Says why it cannot be, in the log's place and in a fixed form. Returns the status to exit with.
[[nodiscard]] int cannot_serve(const std::string& sentence);

} // namespace texlex

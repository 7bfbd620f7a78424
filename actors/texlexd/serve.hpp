// Serving, from the first thread to the last.
#pragma once

#include <string>

#include "actors/texlexd/signals.hpp"
#include "config/settings.hpp"

namespace texlex {

/// Serves until a signal ends it; the log must have been started. Returns the status to exit with.
[[nodiscard]] int serve(const settings& asked, signals& signals);

/// Says why it cannot be, in the log's place and in a fixed form. Returns the status to exit with.
[[nodiscard]] int cannot_serve(const std::string& sentence);

} // namespace texlex

// The settings as command-line flags, one for each row of the schema.
#pragma once

#include <CLI/CLI.hpp>

#include "config/settings.hpp"

namespace texlex {

/// Adds a flag for every setting, in groups named after their sections; each writes its field and shows the field's
/// present value as its default. `settings` must outlive the parse.
void add_setting_flags(CLI::App& app, settings& settings);

} // namespace texlex

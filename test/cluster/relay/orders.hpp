// The words by which the relay is told what to do: a line each, and a line in answer.
#pragma once

#include "test/cluster/relay/relay.hpp"

#include <string>

namespace texlex::test {

/// "ok", with what was asked for behind it, or "error: " and why.
std::string obey(relay& relay, const std::string& line);

} // namespace texlex::test

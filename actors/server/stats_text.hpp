// What a stats response says: a line each, `name value`, in the text format of Prometheus without its comments, so that
// people can read it, scripts can cut it and a scrape can pass it on.
#pragma once

#include <string>

#include "actors/reports.hpp"
#include "actors/server/counters.hpp"

namespace texlex {

/// At most limits::stats_payload_bytes_max bytes; docs/protocol.md lists the names.
[[nodiscard]] std::string stats_text(const metrics_report& house, const server_counts& server);

} // namespace texlex

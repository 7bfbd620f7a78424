#include "actors/server/counters.hpp"

namespace texlex {

server_counts server_counters::read() const {
  server_counts now;
  now.draining = draining.read();
  now.connections_accepted = connections_accepted.read();
  now.connections_refused = connections_refused.read();
  now.connections_open = connections_open.read();
  now.requests = requests.read();
  now.requests_in_flight = requests_in_flight.read();
  now.request_bytes_in_flight = request_bytes_in_flight.read();
  now.column_bytes_in_flight = column_bytes_in_flight.read();
  now.documents_passed = documents_passed.read();
  now.columns_lent = columns_lent.read();
  now.lent_bytes = lent_bytes.read();
  now.cancels_of_unknown_ids = cancels_of_unknown_ids.read();
  now.stats_told = stats_told.read();
  now.deprecated_payloads = deprecated_payloads.read();
  now.late_answers = late_answers.read();
  now.clients_vanished = clients_vanished.read();
  now.connections_timed_out = connections_timed_out.read();
  now.connections_pushed_out = connections_pushed_out.read();
  now.connections_without_memory = connections_without_memory.read();
  now.unread_bytes = unread_bytes.read();
  now.bytes_read = bytes_read.read();
  now.bytes_written = bytes_written.read();
  {
    const std::lock_guard guard{loop_lag_mutex};
    now.loop_lag = loop_lag;
  }
  for (size_t i = 0; i < responses.size(); ++i) now.responses[i] = responses[i].read();
  return now;
}

} // namespace texlex

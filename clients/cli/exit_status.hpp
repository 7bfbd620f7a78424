// How texlex ends.
#pragma once

namespace texlex::cli {

/// The greatest that applies to any of the files.
enum exit_status : int {
  exit_ok = 0,
  exit_issues = 1, ///< the document has issues and --strict was given
  exit_usage = 2,
  exit_input = 3,       ///< an input could not be read, or the output not written
  exit_service = 4,     ///< texlexd could not be reached, or refused
  exit_no_cluster = 5,  ///< texlexd is no node of a cluster
  exit_draining = 6,    ///< texlexd is about to end
  exit_signalled = 128, ///< and the signal's number: interrupted, after a report
};

} // namespace texlex::cli

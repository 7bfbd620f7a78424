// Standard input, output and error, as whoever started the process left them: closed, full, or read by nobody.
#pragma once

#include <cstdint>
#include <string_view>

namespace texlex {

/// What becomes of what is meant for a stream that was closed.
enum class missing_stream : uint8_t {
  is_empty, ///< it is dropped, and nothing is there to read
  fails,    ///< reading and writing is an error, as if the stream were still closed
};

/// Opens /dev/null where one of the three is closed: else the next socket or file would get its number, and with it
/// whatever is meant for it. To be called first of all.
void open_missing_standard_streams(missing_stream as) noexcept;

/// Writes a line, of which it cuts what is beyond some hundred characters, to standard error, if that takes it at once:
/// for those who are about to end, and must not be kept from it.
void last_words(std::string_view line) noexcept;

/// Has an exception nobody catches end the process by SIGABRT, as ever, with `last_words` of it instead of a message
/// that may never be taken.
void end_on_uncaught_exceptions() noexcept;

} // namespace texlex

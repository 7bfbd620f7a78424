// What texlex writes: standard output, which must hold all of it or the program says that it does not, and standard
// error, which nobody may be there to read. Nothing here throws because of a full disk or a closed descriptor, and the
// exit status tells what cannot be said.
#pragma once

#include <cstdio>
#include <string_view>

namespace texlex::cli {

/// To be called before any file is opened. A descriptor of 0 to 2 that is closed would be given to the next file, and
/// what is written for people would end up in it: it is opened so that using it still fails. A write beyond a file's
/// permitted size becomes an error like a full disk.
void prepare_standard_streams() noexcept;

/// Writes it or says that it could not; why is remembered for `finish_output`.
[[nodiscard]] bool write(std::FILE* out, std::string_view text) noexcept;

/// Whether all that was written to standard output, by whatever means, has reached it. If not, says so once on standard
/// error, with the reason.
[[nodiscard]] bool finish_output() noexcept;

/// Tells a person, in a line that begins with the program's name. Control characters and bytes that are no UTF-8 become
/// question marks. Where it cannot be written nobody can be told.
void complain(std::string_view sentence) noexcept;

} // namespace texlex::cli

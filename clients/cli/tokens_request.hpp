// What the options of a command that tokenizes come to: what is wanted of every document, which files are read, and by
// how many threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "clients/cli/document_work.hpp"
#include "clients/cli/file_names.hpp"
#include "clients/cli/tokens_options.hpp"

namespace texlex::cli {

/// A healthy server answers within milliseconds; this is for one that is overloaded or gone.
inline constexpr std::chrono::milliseconds service_patience{30'000};

/// What is wished for, without a service, or what is wrong with it. `scans`: in this process, by a kernel.
[[nodiscard]] std::variant<document_wishes, std::string> make_wishes(const tokens_options& options, bool scans);

/// The same for a texlexd at that address.
[[nodiscard]] service_wishes make_service_wishes(const tokens_options& options, const document_wishes& wishes,
                                                 std::string address);

/// All names, folders walked, and what could not be looked into.
[[nodiscard]] file_names find_files(const tokens_options& options);

/// Whether there may be several documents, by what was given and not by how many it turns out to be.
[[nodiscard]] bool names_documents(const tokens_options& options);

/// Threads to work with.
[[nodiscard]] uint32_t jobs_of(const tokens_options& options);

} // namespace texlex::cli

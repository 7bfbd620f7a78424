// Where a texlexd is, as people write it, for the client library.
#pragma once

#include <string>
#include <variant>

namespace texlex::cli {

/// A URL as the client library has it.
struct service_url {
  std::string text;
};

/// Of a Unix socket's path, which has a slash, or host:port; or why nobody is to be asked there, as a sentence.
[[nodiscard]] std::variant<service_url, std::string> url_of(const std::string& address);

/// What is wrong with what `--socket` was given, to be said before anything is read; empty: nothing.
[[nodiscard]] std::string socket_complaint(const std::string& address);

} // namespace texlex::cli

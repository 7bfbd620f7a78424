#include "clients/cli/service_stats.hpp"

#include <chrono>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/escaped_text.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/service_address.hpp"
#include "runtime/client.hpp"

namespace texlex::cli {
namespace {

constexpr uint64_t question_id = 1;

std::variant<std::string, client_error> ask(const std::string& socket, std::chrono::milliseconds patience) {
  auto connected = client::connect(socket, patience);
  if (auto* const error = std::get_if<client_error>(&connected)) return std::move(*error);
  return std::get<client>(connected).ask_stats(question_id);
}

} // namespace

std::variant<std::string, exit_status> stats_of(const std::string& socket, uint32_t timeout_ms) {
  const auto url = url_of(socket);
  if (const auto* const why = std::get_if<std::string>(&url)) {
    complain(*why);
    return socket == default_socket() ? exit_service : exit_usage; // whose folder may be unsafe
  }
  auto told = ask(socket, std::chrono::milliseconds{timeout_ms});
  if (auto* const text = std::get_if<std::string>(&told)) return std::move(*text);
  complain(fmt::format("the texlexd at {} does not tell of itself: {}", escape_file_name(socket),
                       std::get<client_error>(told).sentence));
  return exit_service;
}

} // namespace texlex::cli

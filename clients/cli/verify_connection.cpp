#include "clients/cli/verify_connection.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/limits.hpp"

namespace texlex::cli {

std::string verify_connection::connect(const std::string& address, std::chrono::milliseconds answer_timeout) {
  auto connected = client::connect(address, answer_timeout);
  if (const auto* error = std::get_if<client_error>(&connected)) return error->sentence;
  client_.emplace(std::move(std::get<client>(connected)));
  return {};
}

verify_answer verify_connection::tokenize(std::span<const uint8_t> document) {
  const uint64_t id = next_id_++;
  if (document.size() > limits::document_bytes_max)
    return {{},
            fmt::format("the document has {} bytes; no server takes more than {}", document.size(),
                        limits::document_bytes_max)};
  if (const auto error = client_->send_request(id, document)) return {{}, error->sentence, false};
  auto received = client_->receive();
  if (const auto* error = std::get_if<client_error>(&received)) return {{}, error->sentence, false};
  const auto& response = std::get<client_response>(received);
  if (response.result.status != status::ok)
    return {response.result,
            fmt::format("texlexd refused: {}: {}", name_of(response.result.status), explain(response.result.status))};
  if (response.id != id)
    return {response.result, fmt::format("texlexd answered request {} instead of {}", response.id, id)};
  return {response.result, {}};
}

} // namespace texlex::cli

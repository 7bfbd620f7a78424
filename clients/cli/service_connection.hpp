// One connection to a texlexd: the hello, and then one document after the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "clients/cli/token_answer.hpp"
#include "runtime/client.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex::cli {

/// Why there is no answer.
struct service_failure {
  enum class kind : uint8_t {
    refused,     ///< by a status
    lost,        ///< the connection ended; another one may live longer
    unreachable, ///< nobody is there, or who is there keeps silent
    wrong,       ///< what came is none that may come
  } what = kind::wrong;
  texlex::status status = texlex::status::ok;
  std::chrono::milliseconds retry_after{0}; ///< asked for by the server, if it refused
  std::string sentence;
};

class service_connection {
public:
  using timeout = std::chrono::milliseconds;

  /// Connects and says hello. `answer_timeout` bounds each wait.
  [[nodiscard]] static std::variant<service_connection, service_failure> open(const std::string& address,
                                                                              timeout answer_timeout);

  /// What the server said about itself; nothing: it speaks version 1 of the protocol.
  [[nodiscard]] const std::optional<hello_response>& offer() const noexcept { return offer_; }

  /// Sends a document under its regime, and takes the answer. After a failure other than a refusal the connection is of
  /// no more use.
  [[nodiscard]] std::variant<token_columns, service_failure> tokenize(const token_question& asked);

  /// The same over version 1, which has counts only and does not say of which regime.
  [[nodiscard]] std::variant<token_columns, service_failure> count(std::span<const uint8_t> document);

private:
  static constexpr uint64_t hello_id = 1;
  static constexpr uint64_t first_id = 2;

  explicit service_connection(client connection) noexcept : client_(std::move(connection)) {}

  [[nodiscard]] std::optional<service_failure> say_hello();
  [[nodiscard]] std::variant<frame_header, service_failure> answer_to(const std::optional<client_error>& unsent,
                                                                      frame_type wanted, uint64_t id);
  [[nodiscard]] service_failure refusal(const frame_header& header, uint64_t id);

  client client_;
  std::optional<hello_response> offer_;
  uint64_t next_id_ = first_id;
};

} // namespace texlex::cli

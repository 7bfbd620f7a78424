// A running texlexd in the place of the scan in this process: the same columns, over as many connections as there are
// threads that ask.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "clients/cli/service_connection.hpp"
#include "clients/cli/service_offer.hpp"
#include "clients/cli/tokenize.hpp"
#include "clients/cpp/retry_schedule.hpp"

namespace texlex::cli {

/// Every wait is bounded. What the server has no room for is tried again; a server that is gone, silent, out of room
/// for long or wrong is given up, and nothing more is asked of it.
class token_service {
public:
  /// `connections_max` is how many are made at most; `answer_timeout` bounds each wait for the server.
  token_service(service_wishes wishes, uint32_t connections_max, std::chrono::milliseconds answer_timeout)
    : wishes_(std::move(wishes)), answer_timeout_(answer_timeout), connections_max_(connections_max) {}

  /// Connects, and holds what is wished for against what the server offers: why it cannot be had, as a sentence;
  /// nothing if it can. To be called first.
  [[nodiscard]] std::optional<std::string> begin();

  /// Whether the server speaks version 1 only. Then counts are under the regime it serves, whichever that is.
  [[nodiscard]] bool speaks_version_1() const noexcept { return version_1_; }

  /// What a scan of the document would give, without kinds and starts if only counts are wished for; or why it cannot
  /// be had, as a sentence. Any thread may call it.
  [[nodiscard]] std::variant<token_columns, std::string> tokenize(const scan_input& input);

  /// Nothing more is to be had.
  [[nodiscard]] bool gave_up() const;

private:
  using answer = std::variant<token_columns, service_failure>;
  enum class verdict : uint8_t { try_again, document_fails, give_up };

  [[nodiscard]] std::optional<service_failure> open(std::optional<service_connection>& made);
  [[nodiscard]] bool take_place(std::optional<service_connection>& idle);
  void give_back(std::optional<service_connection> connection);
  [[nodiscard]] bool makes_do_with_fewer();
  [[nodiscard]] answer ask(service_connection& connection, const scan_input& input) const;
  [[nodiscard]] verdict judge(service_failure& failure, bool was_used, retry_schedule& schedule);
  [[nodiscard]] std::string fail(const service_failure& failure);

  service_wishes wishes_;
  std::chrono::milliseconds answer_timeout_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint32_t connections_max_;
  uint32_t in_use_ = 0;
  std::vector<service_connection> idle_;
  std::optional<std::string> given_up_; ///< why
  bool version_1_ = false;              ///< told by `begin`
};

} // namespace texlex::cli

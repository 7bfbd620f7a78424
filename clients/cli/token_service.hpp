// A running texlexd in the place of the scan in this process: the same columns, by the client library.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "clients/cli/service_failure.hpp"
#include "clients/cli/service_offer.hpp"
#include "clients/cli/tokenize.hpp"
#include "texlex/client.hpp"

namespace texlex::cli {

/// Over one connection, on which any number of documents is under way. Every wait is bounded. What the server has no
/// room for is tried again, and what was lost with the connection once more over a new one.
class token_service {
public:
  using milliseconds = std::chrono::milliseconds;
  using answer = std::variant<token_columns, service_failure>;

  /// Documents that are smaller go together in a frame, up to so many bytes: with more in one, this process and the
  /// server wait for each other.
  static constexpr uint64_t small_document_bytes = 64u << 10;
  static constexpr uint64_t batch_bytes_max = 256u << 10;

  /// `patience`: how long it may take to connect, and to answer one document of few bytes.
  token_service(service_wishes wishes, milliseconds patience) : wishes_(std::move(wishes)), patience_(patience) {}

  [[nodiscard]] const std::string& address() const noexcept { return wishes_.address; }

  /// Connects, and holds what is wished for against what the server offers: why it cannot be had, as a sentence;
  /// nothing if it can. To be called first. Where the server has no room it is waited for.
  [[nodiscard]] std::optional<service_failure> begin();
  /// The same later, once it was lost or where `begin` could not reach it. Waits for a moment only: who takes longer is
  /// found by a later look.
  [[nodiscard]] std::optional<service_failure> look_again();

  /// Whether the server speaks version 1 only. Then counts are under the regime it serves, whichever that is.
  [[nodiscard]] bool speaks_version_1() const { return offer()->version == 1; }
  /// How many documents it takes in a frame at most; 1: it has to be asked one by one.
  [[nodiscard]] uint32_t batch_documents_max() const;

  /// Of each document what a scan would give, without kinds and starts if only counts are wished for; or why it cannot
  /// be had. All under the same regime and view. Any thread may call it.
  [[nodiscard]] std::vector<answer> tokenize(std::span<const scan_input> documents);

private:
  using offer_ptr = std::shared_ptr<const remote::server_offer>;
  class asking;

  [[nodiscard]] offer_ptr offer() const;
  [[nodiscard]] std::optional<service_failure> accept(remote::server_offer offered);
  [[nodiscard]] remote::question question_for(const remote::server_offer& offer, const scan_input& like) const;
  [[nodiscard]] std::optional<service_failure> too_large(const remote::server_offer& offer,
                                                         const scan_input& input) const;
  [[nodiscard]] answer take(const remote::server_offer& offer, const scan_input& input,
                            const remote::result<remote::tokens>& told) const;
  [[nodiscard]] milliseconds time_for_all() const noexcept;

  service_wishes wishes_;
  milliseconds patience_;
  std::string url_; ///< as the library calls the server
  std::optional<remote::client> client_;
  std::atomic<uint64_t> documents_under_way_ = 0;
  std::atomic<uint64_t> bytes_under_way_ = 0;

  mutable std::mutex mutex_;
  offer_ptr offer_; ///< the last one
};

} // namespace texlex::cli

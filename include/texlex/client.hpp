// texlex client: tokens from a running texlexd, over a socket. For C++17 and later. A header over the C interface in
// client.h, which says what memory is whose and what threads may do. docs/client.md shows its use by examples.
//
//   auto client = texlex::remote::client::open({"unix:/run/texlexd.sock", "tcp://tokens.example:4000"});
//   if (!client) return complain(client.error().text);
//   const auto tokens = client->tokenize(document);
//   if (!tokens) return complain(tokens.error().text);
//   for (std::size_t i = 0; i < tokens->size(); ++i) use(tokens->kinds()[i], tokens->starts()[i]);
//
// Errors are values: what can fail returns a `result`. Nothing throws but copies of texts for which no memory is left.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "texlex/client.h"
#include "texlex/client_answers.hpp"

namespace texlex::remote {
inline namespace abi_1 { // apart from whatever else is in a program by these names

/// Of a client; see client.h.
struct client_options {
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds connect_timeout{5'000};
  std::uint32_t attempts_max = 8;
  std::uint32_t pending_max = 4096;
  std::uint32_t unreachable_attempts_max = 0; ///< 0: `attempts_max` alone
};

/// What is wanted of a document.
struct question {
  std::optional<std::string> regime{}; ///< a name; none: the server's own
  std::uint32_t columns = TEXLEX_CLIENT_KINDS | TEXLEX_CLIENT_STARTS;
  texlex_view view = TEXLEX_VIEW_TEX;
  texlex_column_unit unit = TEXLEX_COLUMN_CODE_POINTS;
  std::uint32_t issues_max = 65536;
  std::chrono::milliseconds timeout{0}; ///< that it may take in all; 0: the client's
  bool columns_by_descriptor = false;   ///< on Unix sockets large answers need not be copied
  texlex_client_priority priority = TEXLEX_CLIENT_NORMAL;
  std::optional<std::string> traceparent{}; ///< W3C's text of the trace it is part of, for the server's log
};

/// A document in sealed memory, which a server on the same machine reads without its being sent.
class sealed_document {
public:
  /// Copies it.
  static result<sealed_document> make(std::string_view document) {
    int descriptor = -1;
    const auto ended = texlex_client_seal(document.data(), document.size(), &descriptor);
    if (ended != TEXLEX_CLIENT_OK) return static_cast<remote::status>(ended);
    return sealed_document{descriptor, document.size()};
  }
  sealed_document(sealed_document&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}
  sealed_document& operator=(sealed_document&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~sealed_document() { texlex_client_close_sealed(descriptor_); }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  sealed_document(int descriptor, std::size_t size) noexcept : descriptor_(descriptor), size_(size) {}

  int descriptor_;
  std::size_t size_;
};

namespace detail {
inline void fill(texlex_client_request& request, const question& how) noexcept {
  request.regime = how.regime ? how.regime->c_str() : nullptr;
  request.timeout_ms = how.timeout.count() < 0 ? UINT64_MAX : static_cast<std::uint64_t>(how.timeout.count());
  request.issues_max = how.issues_max;
  request.columns = how.columns;
  request.view = static_cast<std::uint32_t>(how.view);
  request.column_unit = static_cast<std::uint32_t>(how.unit);
  request.priority = static_cast<std::uint32_t>(how.priority);
  request.traceparent = how.traceparent ? how.traceparent->c_str() : nullptr;
  request.flags = how.columns_by_descriptor ? TEXLEX_CLIENT_COLUMNS_BY_DESCRIPTOR : 0;
}

[[nodiscard]] inline texlex_client_request request_of(std::string_view document, const question& how) noexcept {
  texlex_client_request request = TEXLEX_CLIENT_REQUEST_INIT;
  fill(request, how);
  request.document = document.data();
  request.document_bytes = document.size();
  return request;
}

[[nodiscard]] inline texlex_client_request request_of(const sealed_document& document, const question& how) noexcept {
  texlex_client_request request = TEXLEX_CLIENT_REQUEST_INIT;
  fill(request, how);
  request.document_bytes = document.size();
  request.document_descriptor = document.descriptor();
  return request;
}

/// Takes the answer over, whatever it is; null if there is none.
[[nodiscard]] inline result<tokens> result_of(texlex_client_status ended, texlex_client_answer* owned) {
  tokens taken{owned};
  if (ended == TEXLEX_CLIENT_OK) return taken;
  if (owned == nullptr) return static_cast<status>(ended);
  return failure{static_cast<status>(ended), texlex_client_answer_server_status(owned),
                 std::chrono::milliseconds{texlex_client_answer_retry_after_ms(owned)},
                 texlex_client_answer_text(owned)};
}
} // namespace detail

/// A request under way. Its end cancels it; its document must stay until then.
class call {
public:
  call() noexcept = default;
  explicit call(texlex_client_call* owned) noexcept : handle_(owned) {}

  /// Waits for its answer, and takes it; a second time `null_argument`.
  result<tokens> wait() {
    texlex_client_answer* answer = nullptr;
    const auto ended = texlex_client_wait(handle_.get(), &answer);
    return detail::result_of(ended, answer);
  }
  /// The same without waiting: `under_way` if it has not ended.
  result<tokens> take() {
    texlex_client_answer* answer = nullptr;
    const auto ended = texlex_client_take(handle_.get(), &answer);
    return detail::result_of(ended, answer);
  }

private:
  std::unique_ptr<texlex_client_call, detail::free_call> handle_;
};

/// Asks one or several servers. Any threads may use one at once.
class client {
public:
  client() noexcept = default;

  /// `urls` are `unix:PATH` or `tcp://host:port`. It connects with the first request.
  static result<client> open(const std::vector<std::string>& urls, const client_options& how = {}) {
    std::vector<const char*> texts;
    texts.reserve(urls.size());
    for (const std::string& each : urls) texts.push_back(each.c_str());
    texlex_client_options given = TEXLEX_CLIENT_OPTIONS_INIT;
    given.timeout_ms = static_cast<std::uint64_t>(how.timeout.count());
    given.connect_timeout_ms = static_cast<std::uint64_t>(how.connect_timeout.count());
    given.attempts_max = how.attempts_max;
    given.pending_max = how.pending_max;
    given.unreachable_attempts_max = how.unreachable_attempts_max;
    texlex_client* made = nullptr;
    const char* const none = nullptr;
    const auto ended = texlex_client_open(texts.empty() ? &none : texts.data(), texts.size(), &given, &made);
    if (ended != TEXLEX_CLIENT_OK) return static_cast<remote::status>(ended);
    return client{made};
  }

  /// What a server says of itself, the one of that number among the URLs. Connects to it, and waits for that; if
  /// `timeout` is 0 as long as connecting may take.
  result<server_offer> offer(std::size_t server = 0, std::chrono::milliseconds timeout = std::chrono::milliseconds{0}) {
    texlex_client_offer* made = nullptr;
    const auto ended =
      texlex_client_ask_offer(handle_.get(), server, static_cast<std::uint64_t>(timeout.count()), &made);
    const std::unique_ptr<texlex_client_offer, detail::free_offer> told{made};
    if (told == nullptr) return static_cast<remote::status>(ended);
    if (ended != TEXLEX_CLIENT_OK)
      return failure{static_cast<remote::status>(ended), texlex_client_offer_server_status(made),
                     std::chrono::milliseconds{texlex_client_offer_retry_after_ms(made)},
                     texlex_client_offer_text(made)};
    server_offer offered{texlex_client_offer_version(made),
                         texlex_client_offer_columns(made),
                         texlex_client_offer_document_bytes_max(made),
                         texlex_client_offer_issues_max(made),
                         texlex_client_offer_batch_documents_max(made),
                         texlex_client_offer_passes_descriptors(made) != 0,
                         {}};
    for (std::size_t i = 0; i < texlex_client_offer_regime_count(made); ++i)
      offered.regimes.emplace_back(texlex_client_offer_regime(made, i));
    return offered;
  }

  /// The tokens of a document; waits for them.
  result<tokens> tokenize(std::string_view document, const question& how = {}) {
    return ask(detail::request_of(document, how));
  }
  result<tokens> tokenize(const sealed_document& document, const question& how = {}) {
    return ask(detail::request_of(document, how));
  }

  /// The same for several documents, many in one frame. The failure is of all of them, and each has one of its own.
  result<std::vector<result<tokens>>> tokenize_batch(const std::vector<std::string_view>& documents,
                                                     const question& how = {}) {
    std::vector<texlex_client_document> given;
    given.reserve(documents.size());
    for (const std::string_view each : documents) given.push_back({each.data(), each.size()});
    std::vector<texlex_client_answer*> answers(documents.size());
    texlex_client_request request = TEXLEX_CLIENT_REQUEST_INIT;
    detail::fill(request, how);
    const auto ended =
      texlex_client_tokenize_batch(handle_.get(), &request, given.data(), given.size(), answers.data());
    if (ended != TEXLEX_CLIENT_OK) return static_cast<remote::status>(ended);
    std::vector<tokens> owned;
    owned.reserve(answers.size());
    for (texlex_client_answer* const each : answers) owned.emplace_back(each);
    std::vector<result<tokens>> results;
    results.reserve(answers.size());
    for (tokens& each : owned) {
      const auto status = texlex_client_answer_status(each.get());
      if (status == TEXLEX_CLIENT_OK)
        results.emplace_back(std::move(each));
      else
        results.emplace_back(failure{static_cast<remote::status>(status),
                                     texlex_client_answer_server_status(each.get()),
                                     std::chrono::milliseconds{texlex_client_answer_retry_after_ms(each.get())},
                                     texlex_client_answer_text(each.get())});
    }
    return results;
  }

  /// Begins a request and does not wait: many may be under way. The document must stay until the call has ended.
  result<call> submit(std::string_view document, const question& how = {}) {
    return begin(detail::request_of(document, how));
  }
  result<call> submit(const sealed_document& document, const question& how = {}) {
    return begin(detail::request_of(document, how));
  }

  /// For calls of the C interface.
  [[nodiscard]] texlex_client* get() const noexcept { return handle_.get(); }

private:
  explicit client(texlex_client* owned) noexcept : handle_(owned) {}

  result<tokens> ask(const texlex_client_request& request) {
    texlex_client_answer* answer = nullptr;
    const auto ended = texlex_client_tokenize(handle_.get(), &request, &answer);
    return detail::result_of(ended, answer);
  }
  result<call> begin(const texlex_client_request& request) {
    texlex_client_call* made = nullptr;
    const auto ended = texlex_client_submit(handle_.get(), &request, nullptr, nullptr, &made);
    if (ended != TEXLEX_CLIENT_OK) return static_cast<remote::status>(ended);
    return call{made};
  }

  std::unique_ptr<texlex_client, detail::free_client> handle_;
};

} // namespace abi_1
} // namespace texlex::remote

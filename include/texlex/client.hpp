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

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "texlex/client.h"

namespace texlex::remote {
inline namespace abi_1 { // apart from whatever else is in a program by these names

/// How a call or a request ended; what the values mean is said in client.h.
enum class status : int {
  ok = TEXLEX_CLIENT_OK,
  refused = TEXLEX_CLIENT_REFUSED,
  unreachable = TEXLEX_CLIENT_UNREACHABLE,
  timed_out = TEXLEX_CLIENT_TIMED_OUT,
  broken_protocol = TEXLEX_CLIENT_BROKEN_PROTOCOL,
  unsupported = TEXLEX_CLIENT_UNSUPPORTED,
  cancelled = TEXLEX_CLIENT_CANCELLED,
  descriptor_lost = TEXLEX_CLIENT_DESCRIPTOR_LOST,
  no_memory = TEXLEX_CLIENT_NO_MEMORY,
  system = TEXLEX_CLIENT_SYSTEM,
  internal_error = TEXLEX_CLIENT_INTERNAL_ERROR,
  null_argument = TEXLEX_CLIENT_NULL_ARGUMENT,
  unsupported_struct = TEXLEX_CLIENT_UNSUPPORTED_STRUCT,
  bad_endpoint = TEXLEX_CLIENT_BAD_ENDPOINT,
  bad_option = TEXLEX_CLIENT_BAD_OPTION,
  bad_descriptor = TEXLEX_CLIENT_BAD_DESCRIPTOR,
  too_many_requests = TEXLEX_CLIENT_TOO_MANY_REQUESTS,
  document_too_large = TEXLEX_CLIENT_DOCUMENT_TOO_LARGE,
  under_way = TEXLEX_CLIENT_UNDER_WAY,
};

/// A sentence for people.
[[nodiscard]] inline const char* text_of(status ended) noexcept {
  return texlex_client_status_text(static_cast<texlex_client_status>(ended));
}

/// Why there is no value.
struct failure {
  remote::status status = remote::status::internal_error;
  std::uint32_t server_status = 0;          ///< of a refusal: a number of docs/protocol.md
  std::chrono::milliseconds retry_after{0}; ///< of a refusal, if the server told
  std::string text;                         ///< for a person; names the server

  /// Such as "overload".
  [[nodiscard]] const char* server_status_name() const noexcept {
    return texlex_client_server_status_name(server_status);
  }
};

/// A value, or why there is none.
template <class Value>
class [[nodiscard]] result {
public:
  result(Value value) : held_(std::move(value)) {}
  result(failure failed) : held_(std::move(failed)) {}
  result(remote::status failed) : held_(failure{failed, 0, std::chrono::milliseconds{0}, text_of(failed)}) {}

  [[nodiscard]] explicit operator bool() const noexcept { return held_.index() == 0; }

  /// Only if there is a value.
  [[nodiscard]] Value& operator*() noexcept { return get(); }
  [[nodiscard]] const Value& operator*() const noexcept { return const_cast<result*>(this)->get(); }
  [[nodiscard]] Value* operator->() noexcept { return &get(); }
  [[nodiscard]] const Value* operator->() const noexcept { return &const_cast<result*>(this)->get(); }

  /// Why there is none; where there is one, of status ok.
  [[nodiscard]] const failure& error() const noexcept {
    static const failure none{remote::status::ok, 0, std::chrono::milliseconds{0}, {}};
    const failure* const failed = std::get_if<1>(&held_);
    return failed == nullptr ? none : *failed;
  }
  [[nodiscard]] remote::status status() const noexcept { return error().status; }

private:
  [[nodiscard]] Value& get() noexcept {
    Value* const value = std::get_if<0>(&held_);
    assert(value != nullptr);
    return *value;
  }

  std::variant<Value, failure> held_;
};

/// A column of an answer: valid as long as that. Converts to std::span<const Entry>, as any range in one piece does.
template <class Entry>
class column {
public:
  using value_type = Entry;

  constexpr column() noexcept = default;
  constexpr column(const Entry* first, std::size_t count) noexcept
    : first_(first), count_(first == nullptr ? 0 : count) {}

  [[nodiscard]] constexpr const Entry* data() const noexcept { return first_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] constexpr const Entry* begin() const noexcept { return first_; }
  [[nodiscard]] constexpr const Entry* end() const noexcept { return first_ + count_; }
  [[nodiscard]] constexpr const Entry& operator[](std::size_t index) const noexcept { return first_[index]; }

private:
  const Entry* first_ = nullptr;
  std::size_t count_ = 0;
};

namespace detail {
struct free_client {
  void operator()(texlex_client* handle) const noexcept { texlex_client_free(handle); }
};
struct free_answer {
  void operator()(texlex_client_answer* handle) const noexcept { texlex_client_answer_free(handle); }
};
struct free_call {
  void operator()(texlex_client_call* handle) const noexcept { texlex_client_call_free(handle); }
};
} // namespace detail

/// What a server answered: counts and columns, in memory of their own. Immutable; many threads may read one. A column
/// that was not asked for is empty.
class tokens {
public:
  tokens() noexcept = default;
  explicit tokens(texlex_client_answer* owned) noexcept : handle_(owned) {}

  /// How many tokens, of the view asked for; also where only counts were asked for.
  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(texlex_client_answer_count(get()));
  }

  /// An entry a token: its kind, a texlex_kind; byte offsets of its first byte and behind its last; its character; its
  /// line and column, from 1.
  [[nodiscard]] column<std::uint8_t> kinds() const noexcept { return {texlex_client_answer_kinds(get()), size()}; }
  [[nodiscard]] column<std::uint32_t> starts() const noexcept { return {texlex_client_answer_starts(get()), size()}; }
  [[nodiscard]] column<std::uint32_t> ends() const noexcept { return {texlex_client_answer_ends(get()), size()}; }
  [[nodiscard]] column<std::uint32_t> codes() const noexcept { return {texlex_client_answer_codes(get()), size()}; }
  [[nodiscard]] column<std::uint32_t> lines() const noexcept { return {texlex_client_answer_lines(get()), size()}; }
  [[nodiscard]] column<std::uint32_t> columns() const noexcept { return {texlex_client_answer_columns(get()), size()}; }
  /// The name of a control sequence, in UTF-8; of any other token, or if names were not asked for, empty.
  [[nodiscard]] std::string_view name(std::size_t index) const noexcept {
    const std::uint32_t* const offsets = texlex_client_answer_name_offsets(get());
    if (offsets == nullptr || index >= size()) return {};
    return {texlex_client_answer_name_bytes(get()) + offsets[index], offsets[index + 1] - offsets[index]};
  }

  /// How many issues were found; the first of them, as many as were asked for: kinds, a texlex_issue_kind, and offsets.
  [[nodiscard]] std::uint64_t issue_count() const noexcept { return texlex_client_answer_issue_count(get()); }
  [[nodiscard]] column<std::uint8_t> issue_kinds() const noexcept {
    return {texlex_client_answer_issue_kinds(get()), told()};
  }
  [[nodiscard]] column<std::uint32_t> issue_offsets() const noexcept {
    return {texlex_client_answer_issue_offsets(get()), told()};
  }
  /// Whether the columns lie in the server's memory, mapped.
  [[nodiscard]] bool is_mapped() const noexcept { return texlex_client_answer_is_mapped(get()) != 0; }

  /// For calls of the C interface.
  [[nodiscard]] const texlex_client_answer* get() const noexcept { return handle_.get(); }

private:
  [[nodiscard]] std::size_t told() const noexcept {
    return static_cast<std::size_t>(texlex_client_answer_issues_told(get()));
  }

  std::unique_ptr<texlex_client_answer, detail::free_answer> handle_;
};

/// Of a client; see client.h.
struct client_options {
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds connect_timeout{5'000};
  std::uint32_t attempts_max = 8;
  std::uint32_t pending_max = 4096;
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
    for (const std::string& each : urls) texts.push_back(each.c_str());
    texlex_client_options given = TEXLEX_CLIENT_OPTIONS_INIT;
    given.timeout_ms = static_cast<std::uint64_t>(how.timeout.count());
    given.connect_timeout_ms = static_cast<std::uint64_t>(how.connect_timeout.count());
    given.attempts_max = how.attempts_max;
    given.pending_max = how.pending_max;
    texlex_client* made = nullptr;
    const char* const none = nullptr;
    const auto ended = texlex_client_open(texts.empty() ? &none : texts.data(), texts.size(), &given, &made);
    if (ended != TEXLEX_CLIENT_OK) return static_cast<remote::status>(ended);
    return client{made};
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

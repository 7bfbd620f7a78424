// What comes of a request to texlexd, and of a call of the client: statuses, results, tokens. Included by client.hpp.
#pragma once

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "texlex/client.h"
#include "texlex/column_view.hpp"

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
using column = column_view<Entry>;

namespace detail {
struct free_client {
  void operator()(texlex_client* handle) const noexcept { texlex_client_free(handle); }
};
struct free_answer {
  void operator()(texlex_client_answer* handle) const noexcept { texlex_client_answer_free(handle); }
};
struct free_offer {
  void operator()(texlex_client_offer* handle) const noexcept { texlex_client_offer_free(handle); }
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
    return texlex::detail::name_at(texlex_client_answer_name_offsets(get()), texlex_client_answer_name_bytes(get()),
                                   index, size());
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

/// What a server said of itself; see client.h.
struct server_offer {
  std::uint32_t version = 0;
  std::uint32_t columns = 0; ///< that it tells: TEXLEX_CLIENT_KINDS and its like
  std::uint64_t document_bytes_max = 0;
  std::uint64_t issues_max = 0;
  std::uint32_t batch_documents_max = 0;
  bool passes_descriptors = false;
  std::vector<std::string> regimes{}; ///< their names, the server's own first
};

} // namespace abi_1
} // namespace texlex::remote

// texlex: the tokens TeX's scanner reads in LaTeX, with byte positions. For C++17 and later; std::span is for C++20.
// A header over the C interface in texlex.h, which says what memory is whose and what threads may do. docs/library.md
// shows its use by examples.
//
//   const auto tokens = texlex::tokenize(document);
//   if (!tokens) return complain(tokens.status_text());
//   for (const texlex::token& token : *tokens) use(token.kind, token.text, token.line, token.column);
//
// Errors are values: what can fail returns a `result`. Only result::value, and a loop over tokens for which memory runs
// out, throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#if defined(__cpp_lib_span) || (__cplusplus >= 202002L && __has_include(<span>))
#include <span>
#define TEXLEX_HAS_SPAN
#endif

#include "texlex/column_view.hpp"
#include "texlex/names.hpp"
#include "texlex/texlex.h"

namespace texlex {
inline namespace abi_1 { // apart from whatever else is in a program by these names

/// How to tokenize.
struct options {
  std::string regime = "latex"; ///< category codes; see regime_name
  std::string kernel = "best";  ///< see kernel_name; all give the same tokens
  token_view view = token_view::tex;
  column_unit unit = column_unit::code_points;
  std::uint64_t issues_max = 65536; ///< how many issues to keep; all are counted
  bool copy_document = false;       ///< else the document must outlive its tokens
};

/// What result::value throws if there is none.
class error : public std::runtime_error {
public:
  explicit error(texlex::status ended) : std::runtime_error(text_of(ended)), status_(ended) {}
  [[nodiscard]] texlex::status status() const noexcept { return status_; }

private:
  texlex::status status_;
};

/// A value, or the status that says why there is none.
template <class Value>
class result {
public:
  result(Value value) noexcept : value_(std::move(value)) {}
  result(texlex::status failed) noexcept : status_(failed) {}

  [[nodiscard]] explicit operator bool() const noexcept { return status_ == texlex::status::ok; }
  [[nodiscard]] texlex::status status() const noexcept { return status_; }
  [[nodiscard]] const char* status_text() const noexcept { return text_of(status_); }

  /// Only if there is a value.
  [[nodiscard]] Value& operator*() noexcept { return value_; }
  [[nodiscard]] const Value& operator*() const noexcept { return value_; }
  [[nodiscard]] Value* operator->() noexcept { return &value_; }
  [[nodiscard]] const Value* operator->() const noexcept { return &value_; }

  /// The value, or an exception of class `error`.
  [[nodiscard]] Value& value() & {
    if (!*this) throw error{status_};
    return value_;
  }
  [[nodiscard]] const Value& value() const& {
    if (!*this) throw error{status_};
    return value_;
  }
  [[nodiscard]] Value value() && {
    if (!*this) throw error{status_};
    return std::move(value_);
  }

private:
  Value value_{};
  texlex::status status_ = texlex::status::ok;
};

/// One token. `text` and `name` are views: of the document, and of the walker's memory up to its next step.
struct token {
  token_kind kind = token_kind::other;
  char32_t code = 0;        ///< of a character or active character; 32 for every space; else 0
  std::uint64_t start = 0;  ///< byte offset of its first byte
  std::uint64_t end = 0;    ///< byte offset behind its last byte
  std::uint64_t line = 1;   ///< of its start, from 1
  std::uint64_t column = 1; ///< of its start, from 1, in the unit asked for
  std::string_view text{};  ///< its bytes in the document
  std::string_view name{};  ///< of a control sequence, in UTF-8, without the escape character
};

/// One issue and the byte offset it begins at.
struct issue {
  issue_kind kind;
  std::uint32_t offset;
};

/// A line and a column, both from 1.
struct text_place {
  std::uint64_t line = 1;
  std::uint64_t column = 1;
};

namespace detail {
struct free_tokens {
  void operator()(texlex_tokens* tokens) const noexcept { texlex_tokens_free(tokens); }
};
struct free_walker {
  void operator()(texlex_walker* walker) const noexcept { texlex_walker_free(walker); }
};
struct free_columns {
  void operator()(texlex_columns* columns) const noexcept { texlex_columns_free(columns); }
};
[[nodiscard]] constexpr status status_of(texlex_status ended) noexcept { return static_cast<status>(ended); }
} // namespace detail

/// Goes from token to token. Belongs to one thread at a time; the tokens must outlive it.
class walker {
public:
  walker() noexcept = default;
  explicit walker(texlex_walker* owned) noexcept : handle_(owned) {}

  /// The next token, valid up to the next step; null behind the last one, or if memory ran out: see status().
  [[nodiscard]] const token* next() noexcept {
    texlex_token filled = TEXLEX_TOKEN_INIT;
    status_ = detail::status_of(texlex_walker_next(handle_.get(), &filled));
    if (status_ != texlex::status::ok) return nullptr;
    token_.kind = static_cast<token_kind>(filled.kind);
    token_.code = filled.code;
    token_.start = filled.start;
    token_.end = filled.end;
    token_.line = filled.line;
    token_.column = filled.column;
    token_.text = {filled.text, filled.text_bytes};
    token_.name = {filled.name, filled.name_bytes};
    return &token_;
  }

  /// Of the last step: ok; end behind the last token; or why there was none.
  [[nodiscard]] texlex::status status() const noexcept { return status_; }

private:
  std::unique_ptr<texlex_walker, detail::free_walker> handle_;
  token token_;
  texlex::status status_ = texlex::status::ok;
};

/// For `for` loops over tokens. An input iterator: copies of it step together.
class token_iterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = token;
  using difference_type = std::ptrdiff_t;
  using pointer = const token*;
  using reference = const token&;

  token_iterator() noexcept = default;
  explicit token_iterator(walker walk) : walk_(std::make_shared<walker>(std::move(walk))) { step(); }

  [[nodiscard]] const token& operator*() const noexcept { return *at_; }
  [[nodiscard]] const token* operator->() const noexcept { return at_; }
  token_iterator& operator++() {
    step();
    return *this;
  }
  void operator++(int) { step(); }
  [[nodiscard]] friend bool operator==(const token_iterator& a, const token_iterator& b) noexcept {
    return a.at_ == b.at_;
  }
  [[nodiscard]] friend bool operator!=(const token_iterator& a, const token_iterator& b) noexcept { return !(a == b); }

private:
  void step() {
    at_ = walk_->next();
    if (walk_->status() == status::no_memory) throw std::bad_alloc{};
  }

  std::shared_ptr<walker> walk_;
  const token* at_ = nullptr;
};

/// What texlex_tokens_columns derives, an entry a token; a column that was not asked for is empty.
class columns {
public:
  columns() noexcept = default;
  columns(texlex_columns* owned, std::size_t count) noexcept : handle_(owned), count_(count) {}

  [[nodiscard]] column_view<std::uint32_t> ends() const noexcept { return view(texlex_columns_ends(handle_.get())); }
  [[nodiscard]] column_view<std::uint32_t> codes() const noexcept { return view(texlex_columns_codes(handle_.get())); }
  [[nodiscard]] column_view<std::uint32_t> lines() const noexcept { return view(texlex_columns_lines(handle_.get())); }
  [[nodiscard]] column_view<std::uint32_t> columns_in_line() const noexcept {
    return view(texlex_columns_columns(handle_.get()));
  }
  /// The name of a control sequence, in UTF-8; of any other token, or if names were not asked for, empty.
  [[nodiscard]] std::string_view name(std::size_t index) const noexcept {
    return detail::name_at(texlex_columns_name_offsets(handle_.get()), texlex_columns_name_bytes(handle_.get()), index,
                           count_);
  }

private:
  [[nodiscard]] column_view<std::uint32_t> view(const std::uint32_t* first) const noexcept { return {first, count_}; }

  std::unique_ptr<texlex_columns, detail::free_columns> handle_;
  std::size_t count_ = 0;
};

/// The tokens of one document. Immutable; many threads may read one.
class tokens {
public:
  tokens() noexcept = default;
  explicit tokens(texlex_tokens* owned) noexcept : handle_(owned) {}

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(texlex_tokens_count(get())); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  /// A loop over tokens; throws std::bad_alloc if memory runs out. `walk` does not throw.
  [[nodiscard]] token_iterator begin() const { return token_iterator{walk().value()}; }
  [[nodiscard]] token_iterator end() const noexcept { return {}; }
  [[nodiscard]] result<walker> walk() const noexcept {
    texlex_walker* made = nullptr;
    const status ended = detail::status_of(texlex_tokens_walk(get(), &made));
    if (ended != status::ok) return ended;
    return walker{made};
  }

  [[nodiscard]] column_view<token_kind> kinds() const noexcept {
    return {reinterpret_cast<const token_kind*>(texlex_tokens_kinds(get())), size()};
  }
  /// Byte offsets of first bytes, ascending. Made at the first call.
  [[nodiscard]] result<column_view<std::uint32_t>> starts() const noexcept {
    const std::uint32_t* first = nullptr;
    const status ended = detail::status_of(texlex_tokens_starts(get(), &first));
    if (ended != status::ok) return ended;
    return column_view<std::uint32_t>{first, size()};
  }
  /// `which` is TEXLEX_COLUMNS_ENDS and its like, or-ed.
  [[nodiscard]] result<columns> derive(std::uint32_t which) const noexcept {
    texlex_columns* made = nullptr;
    const status ended = detail::status_of(texlex_tokens_columns(get(), which, &made));
    if (ended != status::ok) return ended;
    return columns{made, size()};
  }

  [[nodiscard]] std::uint64_t issue_count() const noexcept { return texlex_tokens_issue_count(get()); }
  /// How many were kept, the first ones; and one of these.
  [[nodiscard]] std::size_t issues_kept() const noexcept {
    return static_cast<std::size_t>(texlex_tokens_issues_kept(get()));
  }
  [[nodiscard]] issue issue_at(std::size_t index) const noexcept {
    const texlex_issue& found = texlex_tokens_issues(get())[index];
    return {static_cast<issue_kind>(found.kind), found.offset};
  }
  /// Of an issue, say; reads the document from its first byte on.
  [[nodiscard]] result<text_place> place(std::uint64_t offset) const noexcept {
    text_place found;
    const status ended = detail::status_of(texlex_tokens_place(get(), offset, &found.line, &found.column));
    if (ended != status::ok) return ended;
    return found;
  }

  /// For calls of the C interface.
  [[nodiscard]] const texlex_tokens* get() const noexcept { return handle_.get(); }

private:
  std::unique_ptr<texlex_tokens, detail::free_tokens> handle_;
};

/// Tokenizes a document, which must outlive its tokens unless `how.copy_document` is set.
[[nodiscard]] inline result<tokens> tokenize(std::string_view document, const options& how = {}) noexcept {
  texlex_options given = TEXLEX_OPTIONS_INIT;
  given.regime = how.regime.c_str();
  given.kernel = how.kernel.c_str();
  given.view = static_cast<std::uint32_t>(how.view);
  given.column_unit = static_cast<std::uint32_t>(how.unit);
  given.issues_max = how.issues_max;
  given.flags = how.copy_document ? TEXLEX_COPY_DOCUMENT : 0;
  texlex_tokens* made = nullptr;
  const status ended = detail::status_of(texlex_tokenize(document.data(), document.size(), &given, &made));
  if (ended != status::ok) return ended;
  return tokens{made};
}

/// A temporary would be gone before its tokens.
template <class Text, class = std::enable_if_t<std::is_same_v<Text, std::string>>>
result<tokens> tokenize(Text&& document, const options& how = {}) = delete;

#ifdef TEXLEX_HAS_SPAN
[[nodiscard]] inline result<tokens> tokenize(std::span<const std::byte> document, const options& how = {}) noexcept {
  return tokenize(std::string_view{reinterpret_cast<const char*>(document.data()), document.size()}, how);
}
[[nodiscard]] inline result<tokens> tokenize(std::span<const std::uint8_t> document, const options& how = {}) noexcept {
  return tokenize(std::string_view{reinterpret_cast<const char*>(document.data()), document.size()}, how);
}
#endif

} // namespace abi_1
} // namespace texlex

#include "kernels/api/tokens.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/api/boundary.hpp"

using namespace texlex;
using namespace texlex::api;

namespace {

// A kernel writes starts 64 at a time: it may touch so many entries behind the last.
constexpr uint64_t starts_overrun = 64;

constexpr uint64_t words_of(uint64_t bytes) { return (bytes + 7) / 8; }

// The interface's issues are ours, seen from C.
static_assert(sizeof(texlex_issue) == sizeof(issue) && offsetof(texlex_issue, offset) == offsetof(issue, offset)
              && sizeof(issue) == sizeof(uint64_t));

} // namespace

texlex_tokens::texlex_tokens(std::span<const uint8_t> given, const settings& settings)
  : how(settings), document(given) {
  if (how.copies_document) {
    copy = std::make_unique_for_overwrite<uint8_t[]>(document.size() + 1); // never of no bytes
    std::copy(document.begin(), document.end(), copy.get());
    document = {copy.get(), document.size()};
  }
  scan();
}

// Nothing is cleared: pages that no token and no issue reaches are never touched.
void texlex_tokens::scan() {
  const uint64_t bits_words = start_words(document.size());
  const uint64_t issues_kept_max = std::min(how.issues_max, issues_max(document.size()));
  memory_ = std::make_unique_for_overwrite<uint64_t[]>(
    static_cast<size_t>(bits_words + issues_kept_max + words_of(tokens_max(document.size()))));
  uint64_t* const bits = memory_.get();
  issues_ = {reinterpret_cast<issue*>(bits + bits_words), static_cast<size_t>(issues_kept_max)};
  auto* const kinds_written = reinterpret_cast<token_kind*>(bits + bits_words + issues_kept_max);
  scan_cursor cursor;
  run_scan(*how.kernel, {document, how.regime, how.view}, cursor, {kinds_written, nullptr, issues_, bits});
  kinds = kinds_written;
  start_bits = bits;
  count = cursor.token_count;
  issue_count = cursor.issue_count;
}

std::span<const issue> texlex_tokens::issues_kept() const noexcept {
  return issues_.first(static_cast<size_t>(std::min<uint64_t>(issue_count, issues_.size())));
}

const uint32_t* texlex_tokens::starts() const {
  if (const uint32_t* made = starts_made_.load(std::memory_order_acquire)) return made;
  const std::scoped_lock one_makes_them{making_starts_};
  if (starts_ == nullptr) {
    const uint64_t room = std::min(count + starts_overrun, tokens_max(document.size()));
    auto made = std::make_unique_for_overwrite<uint32_t[]>(static_cast<size_t>(room));
    how.kernel->expand_starts(start_bits, document.size(), made.get());
    starts_ = std::move(made);
    starts_made_.store(starts_.get(), std::memory_order_release);
  }
  return starts_.get();
}

texlex_status texlex_tokenize(const void* document, size_t bytes, const texlex_options* options,
                              texlex_tokens** tokens) noexcept {
  if (tokens == nullptr) return TEXLEX_NULL_ARGUMENT;
  *tokens = nullptr;
  return at_boundary([&] {
    settings how;
    std::span<const uint8_t> text;
    if (const auto status = read_document(document, bytes, text); status != TEXLEX_OK) return status;
    if (const auto status = read_settings(options, how); status != TEXLEX_OK) return status;
    *tokens = std::make_unique<texlex_tokens>(text, how).release();
    return TEXLEX_OK;
  });
}

void texlex_tokens_free(texlex_tokens* tokens) noexcept { delete tokens; }

uint64_t texlex_tokens_count(const texlex_tokens* tokens) noexcept { return tokens == nullptr ? 0 : tokens->count; }

const uint8_t* texlex_tokens_kinds(const texlex_tokens* tokens) noexcept {
  return tokens == nullptr ? nullptr : reinterpret_cast<const uint8_t*>(tokens->kinds);
}

texlex_status texlex_tokens_starts(const texlex_tokens* tokens, const uint32_t** starts) noexcept {
  if (starts == nullptr) return TEXLEX_NULL_ARGUMENT;
  *starts = nullptr;
  if (tokens == nullptr) return TEXLEX_NULL_ARGUMENT;
  return at_boundary([&] {
    *starts = tokens->starts();
    return TEXLEX_OK;
  });
}

uint64_t texlex_tokens_issue_count(const texlex_tokens* tokens) noexcept {
  return tokens == nullptr ? 0 : tokens->issue_count;
}

uint64_t texlex_tokens_issues_kept(const texlex_tokens* tokens) noexcept {
  return tokens == nullptr ? 0 : tokens->issues_kept().size();
}

const texlex_issue* texlex_tokens_issues(const texlex_tokens* tokens) noexcept {
  return tokens == nullptr ? nullptr : reinterpret_cast<const texlex_issue*>(tokens->issues_kept().data());
}

texlex_status texlex_tokens_place(const texlex_tokens* tokens, uint64_t offset, uint64_t* line,
                                  uint64_t* column) noexcept {
  if (tokens == nullptr || line == nullptr || column == nullptr) return TEXLEX_NULL_ARGUMENT;
  if (offset > tokens->document.size()) return TEXLEX_OUT_OF_RANGE;
  const auto place = position_counter{tokens->document, tokens->how.regime->encoding, tokens->how.unit}.at(offset);
  *line = place.line;
  *column = place.column;
  return TEXLEX_OK;
}

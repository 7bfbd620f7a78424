// Token by token.
#include <memory>

#include "kernels/api/boundary.hpp"
#include "kernels/api/token_reader.hpp"
#include "kernels/api/versioned_struct.hpp"

using namespace texlex::api;

struct texlex_walker {
  explicit texlex_walker(const texlex_tokens& callers) noexcept : tokens(callers), reader(tokens, {}) {}
  explicit texlex_walker(std::unique_ptr<const texlex_tokens> given) noexcept
    : owned(std::move(given)), tokens(*owned), reader(tokens, {}) {}

  std::unique_ptr<const texlex_tokens> owned; ///< null if the tokens are the caller's
  const texlex_tokens& tokens;
  token_reader reader;
};

namespace {

// Up to the last field of the first version: what any caller has.
constexpr size_t token_size_least = offsetof(texlex_token, name_bytes) + sizeof(texlex_token::name_bytes);

texlex_token token_at(const token_reader& reader, std::span<const uint8_t> document) noexcept {
  return {.struct_size = sizeof(texlex_token),
          .kind = static_cast<uint32_t>(reader.kind()),
          .code = reader.code(),
          .start = reader.start(),
          .end = reader.end(),
          .line = reader.place().line,
          .column = reader.place().column,
          .text = reinterpret_cast<const char*>(document.data() + reader.start()),
          .text_bytes = static_cast<size_t>(reader.end() - reader.start()),
          .name = reader.name().data(),
          .name_bytes = reader.name().size()};
}

} // namespace

texlex_status texlex_walk(const void* document, size_t bytes, const texlex_options* options,
                          texlex_walker** walker) noexcept {
  if (walker == nullptr) return TEXLEX_NULL_ARGUMENT;
  *walker = nullptr;
  texlex_tokens* tokens = nullptr;
  if (const auto status = texlex_tokenize(document, bytes, options, &tokens); status != TEXLEX_OK) return status;
  std::unique_ptr<const texlex_tokens> owned{tokens};
  return at_boundary([&] {
    *walker = std::make_unique<texlex_walker>(std::move(owned)).release();
    return TEXLEX_OK;
  });
}

texlex_status texlex_tokens_walk(const texlex_tokens* tokens, texlex_walker** walker) noexcept {
  if (walker == nullptr) return TEXLEX_NULL_ARGUMENT;
  *walker = nullptr;
  if (tokens == nullptr) return TEXLEX_NULL_ARGUMENT;
  return at_boundary([&] {
    *walker = std::make_unique<texlex_walker>(*tokens).release();
    return TEXLEX_OK;
  });
}

texlex_status texlex_walker_next(texlex_walker* walker, texlex_token* token) noexcept {
  if (walker == nullptr || token == nullptr) return TEXLEX_NULL_ARGUMENT;
  if (struct_size_of(token, token_size_least) == 0) return TEXLEX_UNSUPPORTED_STRUCT; // no token is lost by it
  return at_boundary([&] {
    if (!walker->reader.next()) return TEXLEX_END;
    const bool taken = write_struct(token_at(walker->reader, walker->tokens.document), token_size_least, token);
    return taken ? TEXLEX_OK : TEXLEX_UNSUPPORTED_STRUCT;
  });
}

const texlex_tokens* texlex_walker_tokens(const texlex_walker* walker) noexcept {
  return walker == nullptr ? nullptr : &walker->tokens;
}

void texlex_walker_free(texlex_walker* walker) noexcept { delete walker; }

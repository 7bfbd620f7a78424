// Derived columns of all tokens at once.
#include <limits>
#include <memory>
#include <string>

#include "kernels/api/boundary.hpp"
#include "kernels/api/token_reader.hpp"
#include "kernels/narrow.hpp"

using namespace texlex;
using namespace texlex::api;

struct texlex_columns {
  using column = std::unique_ptr<uint32_t[]>; ///< null if it was not asked for

  column ends;
  column codes;
  column lines;
  column columns;
  column name_offsets; ///< an entry more: the end of the last name
  std::string name_bytes;
};

namespace {

constexpr uint32_t all_columns =
  TEXLEX_COLUMNS_ENDS | TEXLEX_COLUMNS_CODES | TEXLEX_COLUMNS_LINES | TEXLEX_COLUMNS_COLUMNS | TEXLEX_COLUMNS_NAMES;
constexpr uint64_t number_max = std::numeric_limits<uint32_t>::max();

// One entry at least, so that a column of no tokens is told from one that was not asked for.
void make_columns(uint32_t which, uint64_t count, texlex_columns& made) {
  const auto make = [&](uint32_t bit, texlex_columns::column& column) {
    if ((which & bit) != 0) column = std::make_unique_for_overwrite<uint32_t[]>(static_cast<size_t>(count) + 1);
  };
  make(TEXLEX_COLUMNS_ENDS, made.ends);
  make(TEXLEX_COLUMNS_CODES, made.codes);
  make(TEXLEX_COLUMNS_LINES, made.lines);
  make(TEXLEX_COLUMNS_COLUMNS, made.columns);
  make(TEXLEX_COLUMNS_NAMES, made.name_offsets);
}

texlex_status fill_columns(token_reader& reader, uint64_t count, texlex_columns& made) {
  for (uint64_t i = 0; i < count && reader.next(); ++i) {
    if (made.ends != nullptr) made.ends[i] = narrow(reader.end());
    if (made.codes != nullptr) made.codes[i] = reader.code();
    if (made.lines != nullptr) made.lines[i] = narrow(reader.place().line);
    if (made.columns != nullptr) made.columns[i] = narrow(reader.place().column);
    if (made.name_offsets == nullptr) continue;
    made.name_offsets[i] = narrow(made.name_bytes.size());
    made.name_bytes += reader.name();
    if (made.name_bytes.size() > number_max) return TEXLEX_NAMES_TOO_LARGE;
  }
  if (made.name_offsets != nullptr) made.name_offsets[count] = narrow(made.name_bytes.size());
  return TEXLEX_OK;
}

const uint32_t* entries(const texlex_columns* columns, texlex_columns::column texlex_columns::*which) noexcept {
  return columns == nullptr ? nullptr : (columns->*which).get();
}

} // namespace

texlex_status texlex_tokens_columns(const texlex_tokens* tokens, uint32_t which, texlex_columns** columns) noexcept {
  if (columns == nullptr) return TEXLEX_NULL_ARGUMENT;
  *columns = nullptr;
  if (tokens == nullptr) return TEXLEX_NULL_ARGUMENT;
  if ((which & ~all_columns) != 0) return TEXLEX_UNKNOWN_FLAG;
  return at_boundary([&] {
    auto made = std::make_unique<texlex_columns>();
    make_columns(which, tokens->count, *made);
    token_reader reader{*tokens,
                        {.texts = (which & (TEXLEX_COLUMNS_ENDS | TEXLEX_COLUMNS_CODES | TEXLEX_COLUMNS_NAMES)) != 0,
                         .places = (which & (TEXLEX_COLUMNS_LINES | TEXLEX_COLUMNS_COLUMNS)) != 0}};
    const auto status = fill_columns(reader, tokens->count, *made);
    if (status == TEXLEX_OK) *columns = made.release();
    return status;
  });
}

void texlex_columns_free(texlex_columns* columns) noexcept { delete columns; }

const uint32_t* texlex_columns_ends(const texlex_columns* columns) noexcept {
  return entries(columns, &texlex_columns::ends);
}
const uint32_t* texlex_columns_codes(const texlex_columns* columns) noexcept {
  return entries(columns, &texlex_columns::codes);
}
const uint32_t* texlex_columns_lines(const texlex_columns* columns) noexcept {
  return entries(columns, &texlex_columns::lines);
}
const uint32_t* texlex_columns_columns(const texlex_columns* columns) noexcept {
  return entries(columns, &texlex_columns::columns);
}
const uint32_t* texlex_columns_name_offsets(const texlex_columns* columns) noexcept {
  return entries(columns, &texlex_columns::name_offsets);
}
const char* texlex_columns_name_bytes(const texlex_columns* columns) noexcept {
  return columns == nullptr || columns->name_offsets == nullptr ? nullptr : columns->name_bytes.c_str();
}

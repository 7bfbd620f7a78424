#include "kernels/api/settings.hpp"

#include "kernels/api/versioned_struct.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/limits.hpp"

namespace texlex::api {
namespace {

static_assert(TEXLEX_DOCUMENT_BYTES_MAX == limits::scan_bytes_max);

// Up to the last field of the first version: what any caller has.
constexpr size_t options_size_least = offsetof(texlex_options, flags) + sizeof(texlex_options::flags);

constexpr texlex_options defaults = TEXLEX_OPTIONS_INIT;

} // namespace

texlex_status read_settings(const texlex_options* options, settings& read) {
  texlex_options given = defaults;
  if (options != nullptr && !read_struct(options, options_size_least, given)) return TEXLEX_UNSUPPORTED_STRUCT;
  if ((given.flags & ~uint64_t{TEXLEX_COPY_DOCUMENT}) != 0) return TEXLEX_UNKNOWN_FLAG;
  if (given.view > TEXLEX_VIEW_SOURCE) return TEXLEX_UNKNOWN_VIEW;
  if (given.column_unit > TEXLEX_COLUMN_UTF16) return TEXLEX_UNKNOWN_COLUMN_UNIT;
  read.regime = find_regime(given.regime == nullptr ? default_regime_name : given.regime);
  if (read.regime == nullptr) return TEXLEX_UNKNOWN_REGIME;
  read.kernel = find_kernel(given.kernel == nullptr ? best_kernel_name : given.kernel);
  if (read.kernel == nullptr) return TEXLEX_UNKNOWN_KERNEL;
  read.view = static_cast<token_view>(given.view);
  read.unit = static_cast<column_unit>(given.column_unit);
  read.issues_max = given.issues_max;
  read.copies_document = (given.flags & TEXLEX_COPY_DOCUMENT) != 0;
  return TEXLEX_OK;
}

texlex_status read_document(const void* document, size_t bytes, std::span<const uint8_t>& read) noexcept {
  if (document == nullptr && bytes > 0) return TEXLEX_NULL_ARGUMENT;
  if (bytes > TEXLEX_DOCUMENT_BYTES_MAX) return TEXLEX_DOCUMENT_TOO_LARGE;
  // A place of our own for nothing: a kernel may do arithmetic with where it lies.
  static constexpr uint8_t nothing = 0;
  read = {document == nullptr ? &nothing : static_cast<const uint8_t*>(document), bytes};
  return TEXLEX_OK;
}

} // namespace texlex::api

texlex_status texlex_options_init(texlex_options* options, size_t struct_size) noexcept {
  if (options == nullptr) return TEXLEX_NULL_ARGUMENT;
  if (struct_size < texlex::api::options_size_least || struct_size > texlex::api::struct_size_max)
    return TEXLEX_UNSUPPORTED_STRUCT;
  options->struct_size = struct_size;
  return texlex::api::write_struct(texlex::api::defaults, texlex::api::options_size_least, options)
           ? TEXLEX_OK
           : TEXLEX_UNSUPPORTED_STRUCT;
}

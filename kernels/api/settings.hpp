// The caller's options, checked, as the kernels take them.
#pragma once

#include <span>

#include "kernels/derive.hpp"
#include "kernels/scan.hpp"
#include "texlex/texlex.h"

namespace texlex::api {

struct settings {
  const texlex::regime* regime = nullptr;
  const texlex::kernel* kernel = nullptr;
  token_view view = token_view::tex;
  column_unit unit = column_unit::code_points;
  uint64_t issues_max = 0;
  bool copies_document = false;
};

/// Reads options, null for the defaults. May throw std::bad_alloc where a regime is made at its first use.
[[nodiscard]] texlex_status read_settings(const texlex_options* options, settings& read);

/// The caller's document. Null with no bytes is an empty one.
[[nodiscard]] texlex_status read_document(const void* document, size_t bytes, std::span<const uint8_t>& read) noexcept;

} // namespace texlex::api

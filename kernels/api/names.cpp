// Versions, and the texts of everything that has a number.
#include <span>
#include <string_view>

#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/token.hpp"
#include "texlex/texlex.h"

namespace {

using texlex::issue_kind;
using texlex::token_kind;

// One number for a thing: the header is C and cannot include ours.
constexpr bool same(texlex_kind theirs, token_kind ours) { return static_cast<int>(theirs) == static_cast<int>(ours); }
constexpr bool same(texlex_issue_kind theirs, issue_kind ours) {
  return static_cast<int>(theirs) == static_cast<int>(ours);
}
static_assert(same(TEXLEX_KIND_CONTROL_SEQUENCE, token_kind::control_sequence));
static_assert(same(TEXLEX_KIND_BEGIN_GROUP, token_kind::begin_group));
static_assert(same(TEXLEX_KIND_END_GROUP, token_kind::end_group));
static_assert(same(TEXLEX_KIND_MATH_SHIFT, token_kind::math_shift));
static_assert(same(TEXLEX_KIND_ALIGNMENT_TAB, token_kind::alignment_tab));
static_assert(same(TEXLEX_KIND_PARAMETER, token_kind::parameter));
static_assert(same(TEXLEX_KIND_SUPERSCRIPT, token_kind::superscript));
static_assert(same(TEXLEX_KIND_SUBSCRIPT, token_kind::subscript));
static_assert(same(TEXLEX_KIND_SPACE, token_kind::space));
static_assert(same(TEXLEX_KIND_LETTER, token_kind::letter));
static_assert(same(TEXLEX_KIND_OTHER, token_kind::other));
static_assert(same(TEXLEX_KIND_ACTIVE, token_kind::active));
static_assert(same(TEXLEX_KIND_PARAGRAPH, token_kind::paragraph));
static_assert(same(TEXLEX_KIND_COMMENT, token_kind::comment));
static_assert(same(TEXLEX_KIND_BLANK, token_kind::blank));
static_assert(same(TEXLEX_KIND_LINE_END, token_kind::line_end));
static_assert(same(TEXLEX_KIND_IGNORED, token_kind::ignored));
static_assert(same(TEXLEX_KIND_INVALID, token_kind::invalid));
static_assert(same(TEXLEX_ISSUE_MALFORMED_UTF8, issue_kind::malformed_utf8));
static_assert(same(TEXLEX_ISSUE_NUL_BYTE, issue_kind::nul_byte));
static_assert(same(TEXLEX_ISSUE_BIDIRECTIONAL_CONTROL, issue_kind::bidirectional_control));
static_assert(same(TEXLEX_ISSUE_INVALID_CHARACTER, issue_kind::invalid_character));
static_assert(same(TEXLEX_ISSUE_MALFORMED_SUPERSCRIPT, issue_kind::malformed_superscript));
static_assert(same(TEXLEX_ISSUE_UNBALANCED_GROUP, issue_kind::unbalanced_group));
static_assert(same(TEXLEX_ISSUE_UTF16_TEXT, issue_kind::utf16_text));
static_assert(same(TEXLEX_ISSUE_BYTE_ORDER_MARK, issue_kind::byte_order_mark));

constexpr size_t kind_count = TEXLEX_KIND_INVALID + 1;
constexpr size_t issue_kind_count = TEXLEX_ISSUE_BYTE_ORDER_MARK + 1;

// Names are literals, so that what a view shows ends in a NUL.
const char* text_of(std::span<const std::string_view> names, size_t index) noexcept {
  return index < names.size() ? names[index].data() : nullptr;
}

// `name_of` says so of a number between the first kind and the last that is none.
const char* text_of(std::string_view name) noexcept { return name == "unknown" ? nullptr : name.data(); }

} // namespace

const char* texlex_version() noexcept { return TEXLEX_VERSION_STRING; }

uint32_t texlex_abi_version() noexcept { return TEXLEX_ABI_VERSION; }

const char* texlex_status_text(texlex_status status) noexcept {
  switch (status) {
    case TEXLEX_OK: return "all is well";
    case TEXLEX_END: return "there is no further token";
    case TEXLEX_NULL_ARGUMENT: return "an argument that must not be NULL is";
    case TEXLEX_NO_MEMORY: return "memory ran out";
    case TEXLEX_DOCUMENT_TOO_LARGE: return "the document is larger than 4294967295 bytes";
    case TEXLEX_UNSUPPORTED_STRUCT:
      return "a structure's struct_size is not set, or the structure has settings this version of texlex does not know";
    case TEXLEX_UNKNOWN_REGIME: return "there is no regime of that name";
    case TEXLEX_UNKNOWN_KERNEL: return "there is no kernel of that name, or this processor cannot run it";
    case TEXLEX_UNKNOWN_VIEW: return "there is no view of that number";
    case TEXLEX_UNKNOWN_COLUMN_UNIT: return "there is no column unit of that number";
    case TEXLEX_UNKNOWN_FLAG: return "a flag is set that this version of texlex does not know";
    case TEXLEX_CAPACITY_TOO_SMALL: return "there is not room for as many tokens as the document may have";
    case TEXLEX_OUT_OF_RANGE: return "the offset lies behind the document's end";
    case TEXLEX_NAMES_TOO_LARGE: return "the names of all control sequences take 4 GiB or more";
    case TEXLEX_INTERNAL_ERROR: return "texlex has a fault";
  }
  return "this version of texlex does not know that status";
}

size_t texlex_regime_count() noexcept { return texlex::regime_names().size(); }
const char* texlex_regime_name(size_t index) noexcept { return text_of(texlex::regime_names(), index); }

size_t texlex_kernel_count() noexcept { return texlex::kernel_names().size(); }
const char* texlex_kernel_name(size_t index) noexcept { return text_of(texlex::kernel_names(), index); }

size_t texlex_kind_count() noexcept { return kind_count; }
const char* texlex_kind_name(uint32_t kind) noexcept {
  return kind < kind_count ? text_of(name_of(static_cast<token_kind>(kind))) : nullptr;
}

size_t texlex_issue_kind_count() noexcept { return issue_kind_count; }
const char* texlex_issue_kind_name(uint32_t kind) noexcept {
  return kind < issue_kind_count ? text_of(name_of(static_cast<issue_kind>(kind))) : nullptr;
}

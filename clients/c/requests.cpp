#include <cstring>

#include "clients/c/handles.hpp"
#include "clients/cpp/mapping.hpp"
#include "kernels/api/versioned_struct.hpp"
#include "runtime/limits.hpp"

namespace texlex::client_core {
namespace {

// What the first version had.
constexpr size_t request_bytes_first = sizeof(texlex_client_request);

constexpr size_t traceparent_length_max = 512; // of later versions, which may say more

bool is_known(const texlex_client_request& given) noexcept {
  return given.view <= TEXLEX_VIEW_SOURCE && given.column_unit <= TEXLEX_COLUMN_UTF16
         && (given.columns & ~TEXLEX_CLIENT_ALL_COLUMNS) == 0 && given.issues_max <= UINT32_MAX
         && (given.flags & ~TEXLEX_CLIENT_COLUMNS_BY_DESCRIPTOR) == 0 && given.timeout_ms <= timeout_ms_max
         && given.priority <= TEXLEX_CLIENT_INTERACTIVE && given.document_descriptor >= -1
         && given.document_descriptor <= INT32_MAX;
}

} // namespace

std::variant<asked_for, texlex_client_status> understand(const client_settings& settings,
                                                         const texlex_client_request* given) {
  if (given == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  texlex_client_request ours = TEXLEX_CLIENT_REQUEST_INIT;
  if (!api::read_struct(given, request_bytes_first, ours)) return TEXLEX_CLIENT_UNSUPPORTED_STRUCT;
  if (!is_known(ours)) return TEXLEX_CLIENT_BAD_OPTION;
  if (ours.document_bytes > TEXLEX_DOCUMENT_BYTES_MAX) return TEXLEX_CLIENT_DOCUMENT_TOO_LARGE;
  question asked{.columns = ours.columns,
                 .view = static_cast<token_view>(ours.view),
                 .unit = static_cast<position_unit>(ours.column_unit),
                 .issues_told_max =
                   (ours.columns & TEXLEX_CLIENT_ISSUES) != 0 ? static_cast<uint32_t>(ours.issues_max) : 0,
                 .regime = {},
                 .columns_by_descriptor = (ours.flags & TEXLEX_CLIENT_COLUMNS_BY_DESCRIPTOR) != 0,
                 .priority = static_cast<request_priority>(ours.priority),
                 .trace = {}};
  if (ours.regime != nullptr) {
    asked.regime.assign(ours.regime, ::strnlen(ours.regime, limits::regime_name_bytes_max + 1));
    if (asked.regime.empty() || asked.regime.size() > limits::regime_name_bytes_max) return TEXLEX_CLIENT_BAD_OPTION;
  }
  if (ours.traceparent != nullptr) {
    asked.trace = parse_traceparent({ours.traceparent, ::strnlen(ours.traceparent, traceparent_length_max)});
    if (!asked.trace) return TEXLEX_CLIENT_BAD_OPTION;
  }
  asked_for understood;
  understood.asked = std::make_shared<const question>(std::move(asked));
  understood.timeout = ours.timeout_ms == 0 ? settings.timeout : std::chrono::milliseconds{ours.timeout_ms};
  if (ours.document_descriptor >= 0) {
    if (ours.document != nullptr) return TEXLEX_CLIENT_BAD_OPTION;
    understood.document_descriptor = static_cast<int>(ours.document_descriptor);
    auto mapped = map_document(understood.document_descriptor, ours.document_bytes);
    if (!mapped) return TEXLEX_CLIENT_BAD_DESCRIPTOR;
    understood.document = mapped->bytes;
    understood.document_map = std::move(mapped->memory);
    return understood;
  }
  if (ours.document == nullptr && ours.document_bytes > 0) return TEXLEX_CLIENT_NULL_ARGUMENT;
  understood.document = {static_cast<const uint8_t*>(ours.document), ours.document_bytes};
  return understood;
}

request_ptr make_request(const asked_for& understood) {
  auto made = std::make_shared<request>();
  made->asked = understood.asked;
  made->document = understood.document;
  made->document_descriptor = understood.document_descriptor;
  made->document_map = understood.document_map;
  made->deadline = now() + understood.timeout;
  return made;
}

texlex_client_answer* take_answer(request& done) { return new texlex_client_answer{std::move(done.result)}; }

} // namespace texlex::client_core

using namespace texlex::client_core;

extern "C" texlex_client_status texlex_client_request_init(texlex_client_request* request,
                                                           size_t struct_size) TEXLEX_NOEXCEPT {
  if (request == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  request->struct_size = struct_size;
  const texlex_client_request usual = TEXLEX_CLIENT_REQUEST_INIT;
  return texlex::api::write_struct(usual, request_bytes_first, request) ? TEXLEX_CLIENT_OK
                                                                        : TEXLEX_CLIENT_UNSUPPORTED_STRUCT;
}

extern "C" texlex_client_status texlex_client_seal(const void* document, size_t bytes,
                                                   int* descriptor) TEXLEX_NOEXCEPT {
  if (descriptor == nullptr) return TEXLEX_CLIENT_NULL_ARGUMENT;
  *descriptor = -1;
  if (document == nullptr && bytes > 0) return TEXLEX_CLIENT_NULL_ARGUMENT;
  if (bytes > TEXLEX_DOCUMENT_BYTES_MAX) return TEXLEX_CLIENT_DOCUMENT_TOO_LARGE;
  auto sealed = seal_document({static_cast<const uint8_t*>(document), bytes});
  if (!sealed.is_open()) return TEXLEX_CLIENT_SYSTEM;
  *descriptor = sealed.release();
  return TEXLEX_CLIENT_OK;
}

extern "C" void texlex_client_close_sealed(int descriptor) TEXLEX_NOEXCEPT {
  const texlex::owned_fd closed{descriptor};
}

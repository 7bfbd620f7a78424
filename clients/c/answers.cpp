#include "clients/c/handles.hpp"

using namespace texlex::client_core;
using texlex::column_id;

namespace {

// Where a column's first entry lies; null if it was not asked for. One without entries lies somewhere.
template <class Entry>
const Entry* entries_of(const texlex_client_answer* answer, column_id id) noexcept {
  if (answer == nullptr) return nullptr;
  return reinterpret_cast<const Entry*>(answer->said.columns[static_cast<size_t>(id)].data());
}

constexpr std::array<const char*, 19> texts{
  "The request was answered.",
  "The server refused the request; its own status says why.",
  "No server can be reached, or the connection was lost; see whether texlexd runs.",
  "The time for the request is over, and no answer has come.",
  "The server broke the protocol; nothing of what it said was used.",
  "No server can do what was asked.",
  "The request was cancelled, or its client closed.",
  "The server's descriptor did not arrive; this process may open no more files.",
  "No memory is left.",
  "The operating system refused; this process may open no more files.",
  "The client library has a fault; please report it.",
  "A pointer that must not be null is.",
  "A structure's size is not set, or it has something set that this version does not know.",
  "An endpoint is unix:PATH or tcp://host:port, and there are from 1 to 64.",
  "An option has a value that there is not.",
  "The document's descriptor is no sealed memory of its length.",
  "As many requests are under way as there may be; wait for one of them, or raise pending_max.",
  "The document has 4 GiB or more.",
  "The request has not ended.",
};

bool is_server_status(uint32_t number) noexcept { return number < texlex::status_count; }

} // namespace

extern "C" {

const char* texlex_client_status_text(texlex_client_status status) TEXLEX_NOEXCEPT {
  const auto number = static_cast<size_t>(status);
  return number < texts.size() ? texts[number] : "The status is not known to this version.";
}

// The table's texts are literals, and end in a NUL.
const char* texlex_client_server_status_name(uint32_t server_status) TEXLEX_NOEXCEPT {
  return is_server_status(server_status) ? name_of(static_cast<texlex::status>(server_status)).data()
                                         : "unknown-status";
}

const char* texlex_client_server_status_text(uint32_t server_status) TEXLEX_NOEXCEPT {
  return is_server_status(server_status) ? explain(static_cast<texlex::status>(server_status)).data()
                                         : "The status is not known to this version.";
}

const char* texlex_client_version(void) TEXLEX_NOEXCEPT { return TEXLEX_VERSION_STRING; }
uint32_t texlex_client_abi_version(void) TEXLEX_NOEXCEPT { return TEXLEX_CLIENT_ABI_VERSION; }

void texlex_client_answer_free(texlex_client_answer* answer) TEXLEX_NOEXCEPT { delete answer; }

texlex_client_status texlex_client_answer_status(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return texlex::client_core::status_of(answer);
}

uint32_t texlex_client_answer_server_status(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return texlex::client_core::server_status_of(answer);
}

uint64_t texlex_client_answer_retry_after_ms(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return texlex::client_core::retry_after_ms_of(answer);
}

const char* texlex_client_answer_text(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return texlex::client_core::text_of(answer);
}

uint64_t texlex_client_answer_count(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return answer == nullptr ? 0 : answer->said.token_count;
}

uint64_t texlex_client_answer_issue_count(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return answer == nullptr ? 0 : answer->said.issue_count;
}

uint64_t texlex_client_answer_issues_told(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return answer == nullptr ? 0 : answer->said.issues_told;
}

const uint8_t* texlex_client_answer_kinds(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<uint8_t>(answer, column_id::kind);
}

const uint32_t* texlex_client_answer_starts(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<uint32_t>(answer, column_id::start);
}

const uint32_t* texlex_client_answer_ends(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<uint32_t>(answer, column_id::end);
}

const uint32_t* texlex_client_answer_codes(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<uint32_t>(answer, column_id::code);
}

const uint32_t* texlex_client_answer_lines(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<uint32_t>(answer, column_id::line);
}

const uint32_t* texlex_client_answer_columns(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<uint32_t>(answer, column_id::column);
}

const uint32_t* texlex_client_answer_name_offsets(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<uint32_t>(answer, column_id::name_offset);
}

const char* texlex_client_answer_name_bytes(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<char>(answer, column_id::name_byte);
}

const uint8_t* texlex_client_answer_issue_kinds(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<uint8_t>(answer, column_id::issue_kind);
}

const uint32_t* texlex_client_answer_issue_offsets(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return entries_of<uint32_t>(answer, column_id::issue_offset);
}

int texlex_client_answer_is_mapped(const texlex_client_answer* answer) TEXLEX_NOEXCEPT {
  return answer != nullptr && answer->said.is_mapped ? 1 : 0;
}

} // extern "C"

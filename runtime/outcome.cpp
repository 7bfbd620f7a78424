#include "runtime/outcome.hpp"

#include <array>

namespace texlex {
namespace {

struct status_text {
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array<status_text, status_count> texts{{
  {"ok", "The document was tokenized."},
  {"malformed-frame", "The frame's lengths contradict each other; see the protocol's frame layout."},
  {"unknown-type", "The frame's type is not known, so the stream cannot be followed; the connection is closed."},
  {"document-too-large",
   "The document is larger than this server accepts; split it or raise limits.document_bytes_max."},
  {"frame-too-large", "The frame claims more bytes than any frame may have; the connection is closed."},
  {"duplicate-id", "A request with this id is still in flight on this connection; choose another id."},
  {"overload", "The server holds as many requests or bytes as it may; try again later."},
  {"cancelled", "The request was cancelled by its client."},
  {"worker-lost", "Two workers died on this document; it was not tokenized."},
  {"shutting-down", "The server is shutting down; send the request to another one."},
  {"frame-timeout", "The rest of the frame did not arrive in time; the connection is closed."},
  {"frame-cut-short", "The client ended its side of the connection in the middle of a frame."},
  {"too-many-connections", "The server holds as many connections as it may; try again later."},
  {"no-worker", "No worker is alive and none could be started; see the server's log."},
  {"internal-error", "The server failed on its own account; see the server's log."},
  {"condemned-document", "Workers died on this document lately; it is not tried again for some minutes."},
  {"deadline-exceeded", "The request waited past its deadline; send it when the server is less busy."},
  {"unknown-regime", "No regime has this name; the server's hello lists those there are."},
  {"unsupported-option", "The request asks for something this server does not know or cannot do; see its hello."},
  {"bad-descriptor",
   "The descriptor is no memfd that holds the whole document and is sealed against shrinking, growing and writing."},
  {"descriptor-lost", "No descriptor came with the request's first byte; send the document in the frame instead."},
}};

} // namespace

std::string_view name_of(status s) noexcept {
  const auto index = static_cast<uint32_t>(s);
  return index < texts.size() ? texts[index].name : "unknown-status";
}

std::string_view explain(status s) noexcept {
  const auto index = static_cast<uint32_t>(s);
  return index < texts.size() ? texts[index].sentence : "The status is not known to this version.";
}

} // namespace texlex

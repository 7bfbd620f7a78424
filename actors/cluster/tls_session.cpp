#include "actors/cluster/tls_session.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509.h>

namespace texlex {
namespace {

bool is_address(const std::string& host) noexcept {
  in6_addr parsed{};
  return ::inet_pton(AF_INET, host.c_str(), &parsed) == 1 || ::inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

int limited(size_t bytes) noexcept {
  return static_cast<int>(std::min(bytes, size_t{std::numeric_limits<int>::max()}));
}

/// OpenSSL's numbers of what a peer said start there.
bool is_said_by_peer(unsigned long error) noexcept { return ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET; }

std::string text_of_error(unsigned long error) {
  const char* const text = ERR_reason_error_string(error);
  return text != nullptr ? text : "error " + std::to_string(error);
}

} // namespace

std::unique_ptr<tls_session> tls_session::make(std::shared_ptr<const tls_context> rules, int socket,
                                               connection_side side, const std::string& host) {
  std::unique_ptr<tls_session> made{new tls_session{std::move(rules)}};
  made->session_.reset(SSL_new(made->rules_->get()));
  SSL* const session = made->session_.get();
  if (session == nullptr || SSL_set_fd(session, socket) != 1) return nullptr;
  if (side == connection_side::accepted) {
    SSL_set_accept_state(session);
    return made;
  }
  SSL_set_connect_state(session);
  if (!host.empty() && !is_address(host)) SSL_set_tlsext_host_name(session, host.c_str());
  return made;
}

tls_session::progress tls_session::shake_hands() noexcept {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(session_.get());
  return result == 1 ? progress::done : progress_of(result);
}

tls_session::progress tls_session::read(char* into, size_t bytes_max, size_t& bytes) noexcept {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_read(session_.get(), into, limited(bytes_max));
  if (result <= 0) return progress_of(result);
  bytes = static_cast<size_t>(result);
  return progress::done;
}

tls_session::progress tls_session::write(const char* from, size_t bytes_max, size_t& bytes) noexcept {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_write(session_.get(), from, limited(bytes_max));
  if (result <= 0) return progress_of(result);
  bytes = static_cast<size_t>(result);
  return progress::done;
}

size_t tls_session::bytes_pending() const noexcept { return static_cast<size_t>(SSL_pending(session_.get())); }

tls_session::progress tls_session::progress_of(int result) noexcept {
  const int system_error = errno;
  switch (const int kind = SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ: return progress::wants_to_read;
    case SSL_ERROR_WANT_WRITE: return progress::wants_to_write;
    default: note_failure(kind, system_error); return progress::failed;
  }
}

void tls_session::note_failure(int kind, int system_error) noexcept {
  error_ = ERR_peek_error();
  system_error_ = system_error;
  failed_by_tls_ = kind == SSL_ERROR_SSL && error_ != 0;
  ERR_clear_error();
}

std::string tls_session::failure() const {
  if (const long verified = SSL_get_verify_result(session_.get()); failed_by_tls_ && verified != X509_V_OK)
    return verified == X509_V_ERR_HOSTNAME_MISMATCH
             ? "certificate verify failed: it has none of the names that are allowed"
             : std::string{"certificate verify failed: "} + X509_verify_cert_error_string(verified);
  if (failed_by_tls_ && is_said_by_peer(error_)) return "the peer refused this node by TLS: " + text_of_error(error_);
  if (failed_by_tls_) return "TLS failed: " + text_of_error(error_);
  if (system_error_ != 0) return std::error_code{system_error_, std::generic_category()}.message();
  return "the peer closed the connection";
}

} // namespace texlex

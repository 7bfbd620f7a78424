// TLS over one socket that does not wait. Used by one thread at a time: first the one that makes connections, then
// CAF's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "actors/cluster/tls_context.hpp"

namespace texlex {

enum class connection_side : uint8_t { accepted, dialed };

class tls_session {
public:
  /// `host` is told to the peer if it is a name. Null if there is no memory for it.
  [[nodiscard]] static std::unique_ptr<tls_session> make(std::shared_ptr<const tls_context> rules, int socket,
                                                         connection_side side, const std::string& host);

  enum class progress : uint8_t { done, wants_to_read, wants_to_write, failed };

  /// Goes on with the handshake as far as the socket lets it.
  [[nodiscard]] progress shake_hands() noexcept;

  /// How many bytes went, as of `progress::done`; at least one then.
  [[nodiscard]] progress read(char* into, size_t bytes_max, size_t& bytes) noexcept;
  [[nodiscard]] progress write(const char* from, size_t bytes_max, size_t& bytes) noexcept;

  /// What was received and decrypted already: no socket tells of it.
  [[nodiscard]] size_t bytes_pending() const noexcept;

  /// Why the last call has failed, and whether that was a matter of TLS and not of the socket.
  [[nodiscard]] std::string failure() const;
  [[nodiscard]] bool failed_by_tls() const noexcept { return failed_by_tls_; }

private:
  struct free_session {
    void operator()(SSL* session) const noexcept { SSL_free(session); }
  };

  explicit tls_session(std::shared_ptr<const tls_context> rules) : rules_(std::move(rules)) {}
  [[nodiscard]] progress progress_of(int result) noexcept;
  void note_failure(int kind, int system_error) noexcept;

  std::shared_ptr<const tls_context> rules_; ///< they must outlive what OpenSSL makes of them
  std::unique_ptr<SSL, free_session> session_;
  unsigned long error_ = 0; ///< OpenSSL's
  int system_error_ = 0;
  bool failed_by_tls_ = false;
};

} // namespace texlex

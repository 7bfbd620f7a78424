// What a node proves itself with and how it knows others: its certificate and key, and the authority that signed those
// of all nodes. Read and checked as a whole, so that a file that is missing, half written or of another pair is a text
// and never a broken connection; never changed afterwards.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <openssl/ssl.h>

namespace texlex {

/// Paths of PEM files.
struct tls_files {
  std::string certificate; ///< this node's, with those between it and the authority behind it
  std::string key;         ///< without a passphrase
  std::string ca;          ///< of one or more authorities that sign nodes' certificates and nothing else
  /// A peer's certificate must have one of these: a DNS name of its subject's alternative names, or its common name
  /// where it has none of those. A leading "*." stands for one label. Empty: any that an authority signed.
  std::vector<std::string> allowed_names;
};

class tls_context {
public:
  /// Reads the files; or what is wrong with them, with the path. Blocks as long as the file system does.
  [[nodiscard]] static std::variant<std::shared_ptr<const tls_context>, std::string> load(const tls_files& files);

  [[nodiscard]] SSL_CTX* get() const noexcept { return context_.get(); }
  [[nodiscard]] const std::vector<std::string>& allowed_names() const noexcept { return allowed_names_; }

private:
  struct free_context {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };

  explicit tls_context(std::vector<std::string> allowed_names) : allowed_names_(std::move(allowed_names)) {}
  [[nodiscard]] std::optional<std::string> fill(const tls_files& files);
  void set_rules() noexcept;

  std::vector<std::string> allowed_names_;
  std::unique_ptr<SSL_CTX, free_context> context_;
};

/// What is wrong with these files, if anything is: one cannot be read or is no PEM, key and certificate are no pair, no
/// authority has signed the certificate, or it has expired. For a check before anything is started.
[[nodiscard]] std::optional<std::string> tls_files_error(const tls_files& files);

} // namespace texlex

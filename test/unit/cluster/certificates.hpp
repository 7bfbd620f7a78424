// Authorities and certificates, made when a test wants them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "actors/cluster/tls_context.hpp"
#include "test/support/temporary_folder.hpp"

namespace texlex::test {

template <auto Free>
struct freed_with {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using certificate_ptr = std::unique_ptr<X509, freed_with<&X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_with<&EVP_PKEY_free>>;

struct identity {
  certificate_ptr certificate;
  key_ptr key;
};

struct certificate_wish {
  std::string common_name = "node";
  std::vector<std::string> dns_names; ///< alternative names
  long valid_from_s = -3600;          ///< from now
  long valid_to_s = 3600;
};

class certificate_authority {
public:
  explicit certificate_authority(const std::string& name);

  [[nodiscard]] identity issue(const certificate_wish& wish) const;
  /// Writes certificate, key and authority as NAME.crt, NAME.key and NAME.ca into the folder.
  [[nodiscard]] tls_files issue(const temporary_folder& folder, const std::string& name,
                                const certificate_wish& wish = {}) const;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] X509* certificate() const noexcept { return own_.certificate.get(); }

private:
  identity own_;
};

[[nodiscard]] std::string pem_of(X509* certificate);
[[nodiscard]] std::string pem_of(EVP_PKEY* key);

} // namespace texlex::test

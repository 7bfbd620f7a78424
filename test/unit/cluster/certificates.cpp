#include "test/unit/cluster/certificates.hpp"

#include <atomic>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace texlex::test {
namespace {

void need(bool condition, const char* what) {
  if (!condition) throw std::runtime_error{std::string{"cannot make a certificate: "} + what};
}

key_ptr new_key() {
  key_ptr key{EVP_EC_gen("P-256")};
  need(key != nullptr, "no key");
  return key;
}

std::string text_in(BIO* memory) {
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(memory, &text);
  return {text, static_cast<size_t>(bytes)};
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  need(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value.c_str());
  X509_EXTENSION_free(extension);
}

certificate_ptr new_certificate(const certificate_wish& wish, EVP_PKEY* key) {
  static std::atomic<long> serial = 1;
  certificate_ptr made{X509_new()};
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.valid_to_s);
  X509_set_pubkey(made.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
  return made;
}

std::string alternatives(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "DNS:" : ",DNS:") + name;
  return text;
}

} // namespace

std::string pem_of(X509* certificate) {
  const std::unique_ptr<BIO, freed_with<&BIO_free>> memory{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(memory.get(), certificate);
  return text_in(memory.get());
}

std::string pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, freed_with<&BIO_free>> memory{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_in(memory.get());
}

certificate_authority::certificate_authority(const std::string& name) {
  own_.key = new_key();
  own_.certificate = new_certificate({.common_name = name, .dns_names = {}}, own_.key.get());
  X509* const certificate = own_.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  need(X509_sign(certificate, own_.key.get(), EVP_sha256()) > 0, "not signed");
}

identity certificate_authority::issue(const certificate_wish& wish) const {
  identity made;
  made.key = new_key();
  made.certificate = new_certificate(wish, made.key.get());
  X509* const certificate = made.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(own_.certificate.get()));
  if (!wish.dns_names.empty())
    extend(certificate, own_.certificate.get(), NID_subject_alt_name, alternatives(wish.dns_names));
  need(X509_sign(certificate, own_.key.get(), EVP_sha256()) > 0, "not signed");
  return made;
}

tls_files certificate_authority::issue(const temporary_folder& folder, const std::string& name,
                                       const certificate_wish& wish) const {
  const identity made = issue(wish);
  return {.certificate = folder.write(name + ".crt", pem_of(made.certificate.get())),
          .key = folder.write(name + ".key", pem_of(made.key.get())),
          .ca = folder.write(name + ".ca", pem()),
          .allowed_names = {}};
}

std::string certificate_authority::pem() const { return pem_of(own_.certificate.get()); }

} // namespace texlex::test

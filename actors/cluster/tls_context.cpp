#include "actors/cluster/tls_context.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "actors/cluster/allowed_name.hpp"

namespace texlex {
namespace {

constexpr off_t file_bytes_max = 1 << 20;

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using bio_ptr = std::unique_ptr<BIO, freed_by<&BIO_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<&X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;
using check_ptr = std::unique_ptr<X509_STORE_CTX, freed_by<&X509_STORE_CTX_free>>;

std::string system_text(int error) { return std::error_code{error, std::generic_category()}.message(); }

/// A pipe or a device in the place of a file would have the reader wait.
std::variant<std::string, int> read_file(const std::string& path) {
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) return errno;
  if (!S_ISREG(there.st_mode)) return EINVAL;
  if (there.st_size > file_bytes_max) return EFBIG;
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  if (!file) return errno == 0 ? EIO : errno;
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (file.bad()) return EIO;
  return text;
}

/// Without this OpenSSL would ask the terminal for a passphrase.
int no_passphrase(char*, int, int, void*) noexcept { return 0; }

bio_ptr reader_of(const std::string& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

std::vector<certificate_ptr> certificates_in(const std::string& text) {
  std::vector<certificate_ptr> found;
  const bio_ptr reader = reader_of(text);
  while (X509* const next = PEM_read_bio_X509(reader.get(), nullptr, &no_passphrase, nullptr)) found.emplace_back(next);
  ERR_clear_error(); // the last one reads "no start line"
  return found;
}

key_ptr key_in(const std::string& text) {
  const bio_ptr reader = reader_of(text);
  key_ptr key{PEM_read_bio_PrivateKey(reader.get(), nullptr, &no_passphrase, nullptr)};
  ERR_clear_error();
  return key;
}

/// Of this context's own certificate, as a peer with the same authorities would check it.
std::optional<std::string> own_certificate_error(SSL_CTX* context, int purpose) {
  const check_ptr check{X509_STORE_CTX_new()};
  STACK_OF(X509)* between = nullptr;
  SSL_CTX_get0_chain_certs(context, &between);
  if (check == nullptr
      || X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context), SSL_CTX_get0_certificate(context), between)
           != 1
      || X509_STORE_CTX_set_purpose(check.get(), purpose) != 1)
    return "out of memory";
  if (X509_verify_cert(check.get()) == 1) return std::nullopt;
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

/// Asked for each certificate of a peer's chain, its own last (depth 0).
int check_peer(int is_good, X509_STORE_CTX* check) noexcept {
  if (is_good != 1 || X509_STORE_CTX_get_error_depth(check) != 0) return is_good;
  const auto* const session =
    static_cast<SSL*>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* const rules = static_cast<const tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
  try {
    if (has_allowed_name(X509_STORE_CTX_get_current_cert(check), rules->allowed_names())) return 1;
  } catch (const std::bad_alloc&) {
    X509_STORE_CTX_set_error(check, X509_V_ERR_OUT_OF_MEM);
    return 0;
  }
  X509_STORE_CTX_set_error(check, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

std::optional<std::string> trust_authorities(SSL_CTX* context, const tls_files& files) {
  const auto text = read_file(files.ca);
  if (const int* const error = std::get_if<int>(&text))
    return "cannot read the authority's certificate " + files.ca + ": " + system_text(*error);
  const auto authorities = certificates_in(std::get<std::string>(text));
  if (authorities.empty()) return "there is no certificate in PEM in " + files.ca;
  for (const certificate_ptr& authority : authorities)
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1)
      return "a certificate in " + files.ca + " cannot be used";
  return std::nullopt;
}

std::optional<std::string> use_certificate(SSL_CTX* context, const tls_files& files) {
  const auto text = read_file(files.certificate);
  if (const int* const error = std::get_if<int>(&text))
    return "cannot read the certificate " + files.certificate + ": " + system_text(*error);
  const auto chain = certificates_in(std::get<std::string>(text));
  if (chain.empty()) return "there is no certificate in PEM in " + files.certificate;
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    return "the certificate in " + files.certificate + " cannot be used: its key or signature is too weak or unknown";
  for (size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      return "a certificate in " + files.certificate + " cannot be used";
  return std::nullopt;
}

std::optional<std::string> use_key(SSL_CTX* context, const tls_files& files) {
  const auto text = read_file(files.key);
  if (const int* const error = std::get_if<int>(&text))
    return "cannot read the key " + files.key + ": " + system_text(*error);
  const key_ptr key = key_in(std::get<std::string>(text));
  if (key == nullptr) return "there is no private key in PEM without a passphrase in " + files.key;
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1
      || SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return "the key in " + files.key + " does not belong to the certificate in " + files.certificate;
  return std::nullopt;
}

} // namespace

std::variant<std::shared_ptr<const tls_context>, std::string> tls_context::load(const tls_files& files) {
  const std::shared_ptr<tls_context> made{new tls_context{files.allowed_names}};
  auto error = made->fill(files);
  ERR_clear_error(); // it is this thread's, and the next one to look may be a connection
  if (error) return std::move(*error);
  return made;
}

std::optional<std::string> tls_context::fill(const tls_files& files) {
  context_.reset(SSL_CTX_new(TLS_method()));
  if (context_ == nullptr) return "OpenSSL has no TLS";
  set_rules();
  if (auto error = trust_authorities(context_.get(), files)) return error;
  if (auto error = use_certificate(context_.get(), files)) return error;
  if (auto error = use_key(context_.get(), files)) return error;
  for (const int purpose : {X509_PURPOSE_SSL_CLIENT, X509_PURPOSE_SSL_SERVER}) // a node is now the one, now the other
    if (auto error = own_certificate_error(context_.get(), purpose))
      return "peers would refuse the certificate in " + files.certificate + ": " + *error;
  return std::nullopt;
}

void tls_context::set_rules() noexcept {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &check_peer);
  SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
  // A session that is resumed would not be checked by the certificates that hold now.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
                                 | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // CAF moves what it has not sent yet, and goes on with less of it.
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

std::optional<std::string> tls_files_error(const tls_files& files) {
  auto loaded = tls_context::load(files);
  if (auto* const error = std::get_if<std::string>(&loaded)) return std::move(*error);
  return std::nullopt;
}

} // namespace texlex

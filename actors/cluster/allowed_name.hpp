// Whether a certificate that an authority signed is one of those that are meant.
#pragma once

#include <string>
#include <vector>

#include <openssl/x509.h>

namespace texlex {

/// The certificate has one of these names, as `tls_files::allowed_names` tells; any, if there are none. A wildcard in
/// the certificate stands for one label too.
[[nodiscard]] bool has_allowed_name(X509* certificate, const std::vector<std::string>& allowed_names);

} // namespace texlex

#include "actors/cluster/allowed_name.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <strings.h>

#include <openssl/x509v3.h>

namespace texlex {
namespace {

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

std::vector<std::string> common_names(X509* certificate) {
  std::vector<std::string> found;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;)
    found.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i))));
  return found;
}

/// Those it can be asked for: with alternative names of DNS, the common name is only a title.
std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> found;
  const std::unique_ptr<GENERAL_NAMES, decltype(&::GENERAL_NAMES_free)> alternatives{
    static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
    &::GENERAL_NAMES_free};
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_DNS) found.push_back(text_of(name->d.dNSName));
  }
  return found.empty() ? common_names(certificate) : found;
}

bool same_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// `pattern` begins with a star that stands for all up to the first dot.
bool fits_pattern(std::string_view name, std::string_view pattern) {
  const size_t dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && name.find('\0') == std::string_view::npos && name.front() != '*'
         && same_letters(name.substr(dot), pattern.substr(1));
}

} // namespace

bool has_allowed_name(X509* certificate, const std::vector<std::string>& allowed_names) {
  if (allowed_names.empty()) return true;
  const std::vector<std::string> names = names_of(certificate);
  return std::any_of(allowed_names.begin(), allowed_names.end(), [&](const std::string& allowed) {
    if (!allowed.starts_with("*."))
      return X509_check_host(certificate, allowed.data(), allowed.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr)
             == 1;
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return fits_pattern(name, allowed); });
  });
}

} // namespace texlex

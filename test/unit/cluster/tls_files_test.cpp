// What can be wrong with certificates before a single connection is made.
#include <boost/test/unit_test.hpp>

#include <filesystem>

#include <sys/stat.h>

#include "actors/cluster/tls_context.hpp"
#include "test/unit/cluster/certificates.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(tls_files_test)

namespace {

struct folder_of_files {
  temporary_folder folder;
  certificate_authority authority{"authority"};
  tls_files files = authority.issue(folder, "node");

  void wrong(const std::string& words) const {
    const auto error = tls_files_error(files);
    BOOST_REQUIRE(error.has_value());
    BOOST_TEST(error->find(words) != std::string::npos, *error);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(files_that_fit_each_other_are_no_error, folder_of_files) {
  const auto error = tls_files_error(files);
  BOOST_TEST(!error.has_value(), error.value_or(""));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_missing_is_named, folder_of_files) {
  for (std::string* const path : {&files.certificate, &files.key, &files.ca}) {
    const std::string there = std::exchange(*path, folder / "missing");
    wrong(folder / "missing: No such file or directory");
    *path = there;
  }
}

BOOST_FIXTURE_TEST_CASE(a_pipe_or_a_folder_in_place_of_a_file_is_an_error_and_nobody_waits, folder_of_files) {
  files.key = folder / "pipe";
  BOOST_REQUIRE(::mkfifo(files.key.c_str(), 0600) == 0);
  wrong("pipe: Invalid argument");
  files.key = folder / "";
  wrong("Invalid argument");
}

BOOST_FIXTURE_TEST_CASE(a_file_of_something_else_is_named, folder_of_files) {
  for (std::string* const path : {&files.certificate, &files.key, &files.ca}) {
    const std::string there = std::exchange(*path, folder.write("other", "something else"));
    wrong(folder / "other");
    *path = there;
  }
}

BOOST_FIXTURE_TEST_CASE(a_file_too_long_for_a_certificate_is_not_read, folder_of_files) {
  files.ca = folder.write("long", std::string((1 << 20) + 1, 'x'));
  wrong("File too large");
}

BOOST_FIXTURE_TEST_CASE(a_half_written_certificate_is_an_error, folder_of_files) {
  const std::string whole = folder.read("node.crt");
  (void)folder.write("node.crt", whole.substr(0, whole.size() / 2));
  wrong("there is no certificate in PEM");
}

BOOST_FIXTURE_TEST_CASE(a_key_of_another_certificate_is_an_error, folder_of_files) {
  files.key = authority.issue(folder, "other").key;
  wrong("does not belong to the certificate");
}

BOOST_FIXTURE_TEST_CASE(a_certificate_that_the_authority_has_not_signed_is_an_error, folder_of_files) {
  files.ca = folder.write("foreign.ca", certificate_authority{"foreign"}.pem());
  wrong("unable to get local issuer certificate");
}

BOOST_FIXTURE_TEST_CASE(a_certificate_that_has_expired_is_an_error, folder_of_files) {
  files = authority.issue(folder, "old", {.dns_names = {}, .valid_from_s = -7200, .valid_to_s = -60});
  wrong("certificate has expired");
}

BOOST_FIXTURE_TEST_CASE(a_certificate_of_tomorrow_is_an_error, folder_of_files) {
  files = authority.issue(folder, "early", {.dns_names = {}, .valid_from_s = 3600, .valid_to_s = 7200});
  wrong("certificate is not yet valid");
}

BOOST_AUTO_TEST_SUITE_END()

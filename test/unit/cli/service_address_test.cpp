#include <boost/test/unit_test.hpp>

#include <string>

#include "clients/cli/service_address.hpp"
#include "clients/cpp/endpoint.hpp"
#include "runtime/limits.hpp"

using namespace texlex;
using namespace texlex::cli;

BOOST_AUTO_TEST_SUITE(service_address_test)

namespace {

std::string url(const std::string& address) {
  const auto made = url_of(address);
  const auto* const found = std::get_if<service_url>(&made);
  return found != nullptr ? found->text : "none: " + std::get<std::string>(made);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_path_and_host_and_port_become_urls_that_the_library_takes) {
  for (const auto& [address, wanted] :
       {std::pair<std::string, std::string>{"/run/texlexd.sock", "unix:/run/texlexd.sock"},
        {"./s", "unix:./s"},
        {"localhost:4000", "tcp://localhost:4000"},
        {"[::1]:4000", "tcp://[::1]:4000"},
        {"::1:4000", "tcp://[::1]:4000"}}) {
    BOOST_TEST(url(address) == wanted);
    BOOST_TEST(client_core::parse_endpoint(wanted).has_value(), wanted);
  }
}

BOOST_AUTO_TEST_CASE(what_is_neither_is_told) {
  for (const char* address : {"nowhere", "localhost:", "localhost:0", "localhost:x", ":4000", ""})
    BOOST_TEST(url(address).find("neither a path with a slash nor host:port") != std::string::npos, address);
  BOOST_TEST(url("http://localhost:4000").find("is no URL of a texlexd") != std::string::npos);
  const std::string longest = "./" + std::string(limits::unix_socket_path_max - 2, 'x');
  BOOST_TEST(url(longest) == "unix:" + longest);
  BOOST_TEST(url(longest + "x").find("107 bytes at most") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

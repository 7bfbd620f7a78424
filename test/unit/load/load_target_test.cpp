// Addresses as people write them, and what a socket connects to.
#include <boost/test/unit_test.hpp>

#include <cstring>

#include <netinet/in.h>
#include <sys/un.h>

#include "clients/cli/bench/load_target.hpp"
#include "runtime/limits.hpp"

using namespace texlex;
using namespace texlex::load;

BOOST_AUTO_TEST_SUITE(load_target_test)

namespace {

std::string error_of(const std::string& address) {
  const auto found = find_target(address);
  const auto* const error = std::get_if<target_error>(&found);
  return error != nullptr ? error->sentence : "none";
}

template <class Endpoint>
Endpoint endpoint_of(const load_target& target) {
  Endpoint endpoint{};
  std::memcpy(&endpoint, &target.endpoint, sizeof endpoint);
  return endpoint;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_path_is_a_unix_sockets_as_long_as_the_system_takes_it) {
  const std::string longest = "./" + std::string(limits::unix_socket_path_max - 2, 'x');
  const auto target = std::get<load_target>(find_target(longest));
  BOOST_TEST(!target.is_tcp);
  BOOST_TEST(target.address == longest);
  BOOST_TEST(endpoint_of<sockaddr_un>(target).sun_family == AF_UNIX);
  BOOST_TEST(std::string{endpoint_of<sockaddr_un>(target).sun_path} == longest);
  BOOST_TEST(error_of(longest + "x").ends_with(" is longer than the 107 bytes a Unix socket's may have"));
}

BOOST_AUTO_TEST_CASE(a_host_and_a_port_are_tcp) {
  const auto four = std::get<load_target>(find_target("127.0.0.1:4000"));
  BOOST_TEST(four.is_tcp);
  BOOST_TEST(four.endpoint.ss_family == AF_INET);
  BOOST_TEST(four.endpoint_bytes == sizeof(sockaddr_in));
  BOOST_TEST(ntohs(endpoint_of<sockaddr_in>(four).sin_port) == 4000);
  BOOST_TEST(ntohl(endpoint_of<sockaddr_in>(four).sin_addr.s_addr) == INADDR_LOOPBACK);
  const auto six = std::get<load_target>(find_target("[::1]:4001"));
  BOOST_TEST(six.endpoint.ss_family == AF_INET6);
  BOOST_TEST(ntohs(endpoint_of<sockaddr_in6>(six).sin6_port) == 4001);
}

BOOST_AUTO_TEST_CASE(what_is_neither_or_is_not_there_is_told_with_the_address) {
  BOOST_TEST(error_of("nowhere") == "\"nowhere\" is neither a path with a slash nor host:port");
  BOOST_TEST(error_of("http://localhost:4000").starts_with("\"http://localhost:4000\" is no URL of a texlexd; give "));
  const std::string no_host = std::string(1000, 'a') + ":4000"; // no name is so long: nobody need be asked
  BOOST_TEST(error_of(no_host).starts_with("cannot find " + no_host + ": "));
}

BOOST_AUTO_TEST_SUITE_END()

// Addresses of servers, as people write them.
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

#include "runtime/host_port.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(host_port_test)

BOOST_AUTO_TEST_CASE(a_url_of_the_clients_becomes_an_address) {
  for (const auto& [url, wanted] : {std::pair<std::string, std::string>{"unix:/run/texlexd.sock", "/run/texlexd.sock"},
                                    {"unix:run/s", "run/s"},
                                    {"unix:s", "./s"},
                                    {"tcp://localhost:4000", "localhost:4000"},
                                    {"tcp://[::1]:4000", "[::1]:4000"}})
    BOOST_TEST(address_of_url(url) == wanted);
}

BOOST_AUTO_TEST_CASE(a_url_without_a_port_becomes_no_path) {
  BOOST_TEST(address_of_url("tcp://localhost") == "localhost");
  BOOST_TEST(address_of_url("tcp://") == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_such_url_stays_as_it_is) {
  for (const std::string address : {"/run/texlexd.sock", "./unix:s", "localhost:4000",
                                    "unix:", "tcp://localhost:4000/x", "http://localhost:4000", "UNIX:/s", ""})
    BOOST_TEST(address_of_url(address) == address);
}

BOOST_AUTO_TEST_CASE(of_an_address_the_brackets_are_taken_off) {
  for (const auto& [address, host] :
       {std::pair<std::string, std::string>{"localhost:4000", "localhost"}, {"[::1]:4000", "::1"}}) {
    const auto parts = split_host_port(address);
    BOOST_REQUIRE(parts);
    BOOST_TEST(parts->host == host);
    BOOST_TEST(parts->port == 4000);
  }
}

BOOST_AUTO_TEST_CASE(what_has_no_port_is_no_address) {
  for (const std::string address : {"", "localhost", "localhost:", "localhost:0", "localhost:65536", "localhost:1x"})
    BOOST_TEST(!split_host_port(address), address);
}

BOOST_AUTO_TEST_CASE(one_listens_on_any_port_but_not_without_a_host) {
  const auto any = split_listen_address("[::]:0");
  BOOST_REQUIRE(any);
  BOOST_TEST(any->host == "::");
  BOOST_TEST(any->port == 0);
  for (const std::string address : {"", "h", "h:", ":1", "[]:1", "[h]:1", "::1:1", "[::1:1", "a b:1", "h:65536"})
    BOOST_TEST(!split_listen_address(address), address);
}

BOOST_AUTO_TEST_CASE(the_loopback_is_known_by_its_number_or_its_name_and_no_other_name_is_looked_up) {
  for (const std::string host : {"127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "localhost"})
    BOOST_TEST(is_loopback(host), host);
  for (const std::string host : {"", "0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "127.1", "::ffff:127.0.0.1", "LOCALHOST",
                                 "localhost.", "ip6-localhost"})
    BOOST_TEST(!is_loopback(host), host);
}

BOOST_AUTO_TEST_CASE(a_scheme_before_two_slashes_makes_a_url) {
  for (const std::string url : {"http://x", "HTTP://x/y", "tcp://", "git+ssh-2.0://x"}) BOOST_TEST(is_url(url), url);
  for (const std::string path : {"", "x", "x:/y", "://x", "./http://x", "/a://x", "1a://x", "a b://x", "unix:/s"})
    BOOST_TEST(!is_url(path), path);
}

BOOST_AUTO_TEST_CASE(a_host_has_no_slash) {
  BOOST_TEST(!split_host_port("http://localhost:4000").has_value());
  BOOST_TEST(!split_host_port("/run/s:4000").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_an_address_tells_which_there_are) {
  BOOST_TEST(address_fault("nowhere") == "is neither a path with a slash nor host:port");
  BOOST_TEST(address_fault("http://x")
             == "is no URL of a texlexd; give unix:PATH, tcp://host:port, a path with a slash or host:port");
}

BOOST_AUTO_TEST_CASE(an_address_is_written_as_it_is_read) {
  BOOST_TEST(address_text("::1", 4000) == "[::1]:4000");
  BOOST_TEST(address_text("localhost", 4000) == "localhost:4000");
}

BOOST_AUTO_TEST_SUITE_END()

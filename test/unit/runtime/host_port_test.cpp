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

BOOST_AUTO_TEST_SUITE_END()

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

BOOST_AUTO_TEST_SUITE_END()

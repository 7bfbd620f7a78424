#include <boost/test/unit_test.hpp>

#include "clients/cpp/endpoint.hpp"
#include "clients/cpp/question.hpp"
#include "runtime/frame.hpp"
#include "runtime/limits.hpp"

using namespace texlex;
using namespace texlex::client_core;

BOOST_AUTO_TEST_SUITE(client_decisions_test)

namespace {

question asking(uint32_t columns, std::string regime = {}, token_view view = token_view::tex) {
  question asked;
  asked.columns = columns;
  asked.regime = std::move(regime);
  asked.view = view;
  return asked;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_url_names_a_path_or_a_host_and_a_port) {
  const auto on_unix = parse_endpoint("unix:/run/texlexd.sock");
  BOOST_TEST_REQUIRE(on_unix.has_value());
  BOOST_TEST(on_unix->is_unix());
  BOOST_TEST(on_unix->path == "/run/texlexd.sock");
  const auto on_tcp = parse_endpoint("tcp://localhost:4000");
  BOOST_TEST_REQUIRE(on_tcp.has_value());
  BOOST_TEST(!on_tcp->is_unix());
  BOOST_TEST(on_tcp->host == "localhost");
  BOOST_TEST(on_tcp->port == 4000);
  BOOST_TEST(parse_endpoint("tcp://[::1]:4000")->host == "::1");
}

BOOST_AUTO_TEST_CASE(what_is_no_url_of_a_server_is_refused) {
  for (const std::string url : {"", "unix:", "/run/texlexd.sock", "tcp://", "tcp://host", "tcp://host:", "tcp://host:0",
                                "tcp://host:65536", "tcp://host:12x", "tcp://:4000", "tcp://::1:4000",
                                "tcp://user@host:4000", "tcp://host:4000/path", "http://a:1"})
    BOOST_TEST(!parse_endpoint(url), url);
  BOOST_TEST(!parse_endpoint("unix:" + std::string(limits::unix_socket_path_max + 1, 'x')));
  BOOST_TEST(parse_endpoint("unix:" + std::string(limits::unix_socket_path_max, 'x')).has_value());
  BOOST_TEST(!parse_endpoint(std::string_view{"unix:a\0b", 8}));
}

BOOST_AUTO_TEST_CASE(a_document_that_passes_as_a_descriptor_is_not_in_its_frame) {
  const question asked = asking(3, "latex");
  const std::string plain = tokenize_frame_head(7, asked, 1, 100, {});
  const std::string both = tokenize_frame_head(7, asked, 1, 100, {true, true});
  const auto header_of = [](const std::string& frame) {
    return decode_header(
      std::span<const uint8_t, frame_header_bytes>{reinterpret_cast<const uint8_t*>(frame.data()), frame_header_bytes});
  };
  BOOST_TEST(header_of(plain).payload_bytes == plain.size() - frame_header_bytes + 100);
  BOOST_TEST(header_of(both).payload_bytes == both.size() - frame_header_bytes);
  BOOST_TEST(both.size() == plain.size() + 8);
  BOOST_TEST(both.substr(plain.size()) == std::string("\2\0\0\0\3\0\0\0", 8));
  BOOST_TEST(static_cast<size_t>(static_cast<uint8_t>(both[frame_header_bytes])) == both.size() - frame_header_bytes);
  BOOST_TEST(static_cast<int>(both[frame_header_bytes + 4]) == 100);
}

BOOST_AUTO_TEST_CASE(a_server_is_asked_only_for_what_it_offers) {
  hello_response offer;
  offer.columns = 3;
  offer.document_bytes_max = 1000;
  offer.regimes = {"latex"};
  BOOST_TEST(why_not_asked(asking(3, "latex"), 1000, offer).is_none());
  BOOST_TEST(!why_not_asked(asking(7), 1, offer).is_none());
  BOOST_TEST(!why_not_asked(asking(0, "plain"), 1, offer).is_none());
  BOOST_TEST(why_not_asked(asking(0), 1001, offer).document_too_large);
  offer.version = 1;
  BOOST_TEST(why_not_asked(asking(0), 1000, offer).is_none());
  BOOST_TEST(!why_not_asked(asking(1), 1, offer).is_none());
  BOOST_TEST(!why_not_asked(asking(0, {}, token_view::source), 1, offer).is_none());
}

BOOST_AUTO_TEST_SUITE_END()

// What may arrive from a peer, and when.
#include <boost/test/unit_test.hpp>

#include <random>

#include "actors/cluster/basp_watch.hpp"
#include "test/unit/cluster/strangers.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(basp_watch_test)

namespace {

using verdict = basp_watch::verdict;
using message_type = caf::io::basp::message_type;

caf::node_id some_node(uint32_t process = 4711) {
  caf::node_id::default_data::host_id_type host{};
  host.fill(7);
  return caf::make_node_id(process, host);
}

verdict take(basp_watch& watch, const std::string& bytes) { return watch.take(nullptr, bytes.data(), bytes.size()); }

/// One that has let a client introduce itself.
basp_watch acquainted(uint64_t frame_bytes_max = 1000) {
  basp_watch watch{connection_side::accepted, frame_bytes_max};
  const std::string handshake = client_handshake(some_node());
  BOOST_REQUIRE((take(watch, handshake.substr(0, caf::io::basp::header_size)) == verdict::pass));
  BOOST_REQUIRE(!watch.introduced());
  BOOST_REQUIRE((take(watch, handshake.substr(caf::io::basp::header_size)) == verdict::pass));
  BOOST_REQUIRE(watch.introduced().has_value());
  BOOST_REQUIRE((*watch.introduced() == some_node()));
  return watch;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_client_introduces_itself_and_then_messages_pass) {
  basp_watch watch = acquainted();
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST((take(watch, basp_header(message_type::heartbeat, 0)) == verdict::pass));
    BOOST_TEST(!watch.introduced());
  }
}

BOOST_AUTO_TEST_CASE(a_message_longer_than_allowed_is_oversized_before_any_of_it_is_there) {
  for (const uint32_t bytes : {1001u, 0x60000000u, 0xFFFFFFFFu}) {
    basp_watch watch = acquainted(1000);
    BOOST_TEST((take(watch, basp_header(message_type::monitor_message, bytes)) != verdict::pass));
  }
}

BOOST_AUTO_TEST_CASE(an_introduction_may_be_no_longer_than_64_KiB_whatever_messages_may_be) {
  for (const auto& [bytes, expected] : {std::pair{65536u, verdict::pass}, {65537u, verdict::oversized}}) {
    basp_watch watch{connection_side::accepted, uint64_t{1} << 30};
    BOOST_TEST((take(watch, basp_header(message_type::client_handshake, bytes)) == expected));
  }
}

BOOST_AUTO_TEST_CASE(each_side_begins_in_its_own_way) {
  basp_watch accepted{connection_side::accepted, 1000}, dialed{connection_side::dialed, 1000};
  BOOST_TEST((take(accepted, basp_header(message_type::server_handshake, 100)) == verdict::not_basp));
  BOOST_TEST((take(dialed, basp_header(message_type::client_handshake, 100)) == verdict::not_basp));
}

BOOST_AUTO_TEST_CASE(a_client_introduces_itself_again_only_to_say_that_it_stays) {
  constexpr size_t header_size = caf::io::basp::header_size;
  basp_watch asking_twice = acquainted(), staying = acquainted(), pretending = acquainted();
  BOOST_TEST((take(asking_twice, client_handshake(some_node()).substr(0, header_size)) == verdict::not_basp));
  const std::string stays = client_handshake(some_node(), caf::io::basp::header::select_connection_flag);
  BOOST_TEST((take(staying, stays.substr(0, header_size)) == verdict::pass));
  BOOST_TEST((take(staying, stays.substr(header_size)) == verdict::pass));
  BOOST_TEST(!staying.introduced());
  const std::string is_another = client_handshake(some_node(4712), caf::io::basp::header::select_connection_flag);
  BOOST_TEST((take(pretending, is_another.substr(0, header_size)) == verdict::pass));
  BOOST_TEST((take(pretending, is_another.substr(header_size)) == verdict::not_basp));
}

BOOST_AUTO_TEST_CASE(an_introduction_without_a_node_is_none) {
  basp_watch watch{connection_side::accepted, 1000};
  BOOST_TEST((take(watch, basp_header(message_type::client_handshake, 5)) == verdict::pass));
  BOOST_TEST((take(watch, "12345") == verdict::not_basp));
}

BOOST_AUTO_TEST_CASE(random_bytes_never_get_past_the_introduction) {
  std::mt19937_64 random{seed()};
  for (int round = 0; round < 20000; ++round) {
    basp_watch watch{connection_side::accepted, 1000};
    std::string header(caf::io::basp::header_size, '\0');
    for (char& byte : header) byte = static_cast<char>(random());
    if (round % 2 == 0)
      header = basp_header(message_type::client_handshake, static_cast<uint32_t>(random() % 1000 + 1));
    if (take(watch, header) != verdict::pass) continue;
    std::string payload(random() % 64, '\0');
    for (char& byte : payload) byte = static_cast<char>(random() % 8);
    if (take(watch, payload) == verdict::pass) BOOST_TEST(watch.introduced().has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()

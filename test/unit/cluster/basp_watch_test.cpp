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

constexpr size_t header_size = caf::io::basp::header_size;
constexpr uint8_t stays = caf::io::basp::header::select_connection_flag;

/// A client that has introduced itself, and not yet said that it stays.
basp_watch introduced_once(uint64_t frame_bytes_max = 1000) {
  basp_watch watch{connection_side::accepted, frame_bytes_max};
  const std::string handshake = client_handshake(some_node());
  BOOST_REQUIRE((take(watch, handshake.substr(0, header_size)) == verdict::withhold));
  BOOST_REQUIRE(watch.next_bytes() == handshake.size() - header_size);
  BOOST_REQUIRE((take(watch, handshake.substr(header_size)) == verdict::withhold));
  BOOST_REQUIRE(watch.next_bytes() == header_size);
  BOOST_REQUIRE(!watch.introduced());
  return watch;
}

basp_watch acquainted(uint64_t frame_bytes_max = 1000) {
  basp_watch watch = introduced_once(frame_bytes_max);
  const std::string handshake = client_handshake(some_node(), stays);
  BOOST_REQUIRE((take(watch, handshake.substr(0, header_size)) == verdict::withhold));
  BOOST_REQUIRE((take(watch, handshake.substr(header_size)) == verdict::release));
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
    BOOST_TEST((take(watch, basp_header(message_type::monitor_message, bytes)) == verdict::oversized));
  }
}

BOOST_AUTO_TEST_CASE(an_introduction_may_be_no_longer_than_64_KiB_whatever_messages_may_be) {
  for (const auto& [bytes, expected] : {std::pair{65536u, verdict::withhold}, {65537u, verdict::oversized}}) {
    basp_watch watch{connection_side::accepted, uint64_t{1} << 30};
    BOOST_TEST((take(watch, basp_header(message_type::client_handshake, bytes)) == expected));
  }
}

BOOST_AUTO_TEST_CASE(each_side_begins_in_its_own_way) {
  basp_watch accepted{connection_side::accepted, 1000}, dialed{connection_side::dialed, 1000};
  BOOST_TEST((take(accepted, basp_header(message_type::server_handshake, 100)) == verdict::not_basp));
  BOOST_TEST((take(dialed, basp_header(message_type::client_handshake, 100)) == verdict::not_basp));
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_say_that_it_stays_may_say_nothing_else) {
  basp_watch messaging = introduced_once(), asking_twice = introduced_once(), pretending = introduced_once();
  BOOST_TEST((take(messaging, basp_header(message_type::heartbeat, 0)) == verdict::not_basp));
  BOOST_TEST((take(asking_twice, client_handshake(some_node()).substr(0, header_size)) == verdict::not_basp));
  const std::string of_another = client_handshake(some_node(4712), stays);
  BOOST_TEST((take(pretending, of_another.substr(0, header_size)) == verdict::withhold));
  BOOST_TEST((take(pretending, of_another.substr(header_size)) == verdict::not_basp));
}

BOOST_AUTO_TEST_CASE(nobody_introduces_himself_once_he_is_known) {
  basp_watch watch = acquainted();
  BOOST_TEST((take(watch, client_handshake(some_node(), stays).substr(0, header_size)) == verdict::not_basp));
}

BOOST_AUTO_TEST_CASE(a_server_is_known_by_what_it_says_first) {
  basp_watch watch{connection_side::dialed, 1000};
  const std::string payload = client_handshake(some_node()).substr(header_size);
  const auto bytes = static_cast<uint32_t>(payload.size());
  BOOST_TEST((take(watch, basp_header(message_type::server_handshake, bytes)) == verdict::pass));
  BOOST_TEST((take(watch, payload) == verdict::pass));
  BOOST_REQUIRE(watch.introduced().has_value());
  BOOST_TEST((*watch.introduced() == some_node()));
  BOOST_TEST((take(watch, basp_header(message_type::server_handshake, bytes)) == verdict::not_basp));
}

BOOST_AUTO_TEST_CASE(an_introduction_without_a_node_is_none) {
  basp_watch watch{connection_side::accepted, 1000};
  BOOST_TEST((take(watch, basp_header(message_type::client_handshake, 5)) == verdict::withhold));
  BOOST_TEST((take(watch, "12345") == verdict::not_basp));
}

BOOST_AUTO_TEST_CASE(random_bytes_pass_only_once_the_peer_is_known) {
  std::mt19937_64 random{seed()};
  const std::string handshake = client_handshake(some_node()), staying = client_handshake(some_node(), stays);
  const auto piece = [&]() -> std::string {
    const std::string& known = random() % 2 == 0 ? handshake : staying;
    if (random() % 2 == 0) return random() % 2 == 0 ? known.substr(0, header_size) : known.substr(header_size);
    std::string bytes(random() % 2 == 0 ? header_size : random() % 64, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 16 == 0 ? random() : random() % 3);
    return bytes;
  };
  uint32_t known_ones = 0;
  for (int round = 0; round < 50000; ++round) {
    basp_watch watch{connection_side::accepted, 1000};
    bool is_known = false;
    for (int i = 0; i < 6; ++i) {
      const auto seen = take(watch, piece());
      is_known = is_known || watch.introduced();
      if ((seen == verdict::pass || seen == verdict::release) && !is_known) BOOST_ERROR("something got past");
      if (seen == verdict::oversized || seen == verdict::not_basp) break;
    }
    known_ones += is_known ? 1 : 0;
  }
  BOOST_TEST(known_ones > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

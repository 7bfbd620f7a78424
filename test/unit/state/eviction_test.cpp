// Who makes room when connections or bytes run out.
#include <boost/test/unit_test.hpp>

#include <vector>

#include "actors/state/backlog_ruler.hpp"
#include "actors/state/eviction.hpp"
#include "actors/state/peer_counts.hpp"
#include "actors/state/stats_rounds.hpp"
#include "actors/state/turn_budget.hpp"

#include <arpa/inet.h>

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(eviction_test)

namespace {

using kind = standing::kind;

std::optional<size_t> victim_of(const std::vector<standing>& all, eviction::want what = eviction::want::connection) {
  eviction choice{what};
  for (size_t i = 0; i < all.size(); ++i) choice.look(all[i], i);
  return choice.victim();
}

std::optional<peer_key> peer(const char* address) {
  sockaddr_storage storage{};
  auto* const six = reinterpret_cast<sockaddr_in6*>(&storage);
  auto* const four = reinterpret_cast<sockaddr_in*>(&storage);
  if (::inet_pton(AF_INET6, address, &six->sin6_addr) == 1)
    six->sin6_family = AF_INET6;
  else if (::inet_pton(AF_INET, address, &four->sin_addr) == 1)
    four->sin_family = AF_INET;
  return peer_of(storage);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_frame_that_trickles_goes_before_those_who_wait) {
  BOOST_TEST(*victim_of({{.at = kind::idle, .since = 100s},
                         {.at = kind::reading, .since = 1s, .bytes = 100},
                         {.at = kind::idle, .since = 100s, .served = true}})
             == 1u);
}

BOOST_AUTO_TEST_CASE(of_two_frames_the_slower_one_goes) {
  BOOST_TEST(
    *victim_of({{.at = kind::reading, .since = 1s, .bytes = 2000}, {.at = kind::reading, .since = 1s, .bytes = 100}})
    == 1u);
}

BOOST_AUTO_TEST_CASE(who_was_never_served_goes_before_who_was_and_of_the_idle_the_longest) {
  BOOST_TEST(*victim_of({{.at = kind::idle, .since = 100s, .served = true}, {.at = kind::idle, .since = 1s}}) == 1u);
  BOOST_TEST(
    *victim_of({{.at = kind::idle, .since = 100s, .served = true}, {.at = kind::idle, .since = 101s, .served = true}})
    == 1u);
}

BOOST_AUTO_TEST_CASE(newcomers_the_busy_and_the_quick_stay) {
  BOOST_TEST(!victim_of({{.at = kind::idle, .since = 1ms},
                         {.at = kind::idle, .since = 999ms, .served = true},
                         {.at = kind::reading, .since = 1ms},
                         {.at = kind::reading, .since = 1s, .bytes = 1 << 20},
                         {.at = kind::busy, .since = 1000s}}));
}

BOOST_AUTO_TEST_CASE(bytes_are_given_by_the_slowest_document_and_by_nobody_who_has_none) {
  const std::vector<standing> all{{.at = kind::reading, .since = 10s},
                                  {.at = kind::reading, .since = 1s, .bytes = 1 << 20, .gives_bytes = true},
                                  {.at = kind::reading, .since = 1s, .bytes = 1 << 10, .gives_bytes = true},
                                  {.at = kind::busy}};
  BOOST_TEST(*victim_of(all, eviction::want::bytes) == 2u);
  BOOST_TEST(!victim_of({all[0], all[3]}, eviction::want::bytes));
}

BOOST_AUTO_TEST_CASE(peers_are_told_apart_by_address_and_of_ipv6_by_network) {
  BOOST_TEST((peer("10.0.0.1") != peer("10.0.0.2")));
  BOOST_TEST((peer("10.0.0.1") == peer("::ffff:10.0.0.1")));
  BOOST_TEST((peer("2001:db8::1") == peer("2001:db8::2")));
  BOOST_TEST((peer("2001:db8::1") != peer("2001:db8:0:1::1")));
  for (const char* const own : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) BOOST_TEST(!peer(own));
  BOOST_TEST(!peer_of(sockaddr_storage{}));
}

BOOST_AUTO_TEST_CASE(a_peer_is_full_at_its_limit_and_has_room_once_one_is_gone) {
  peer_counts counts{2};
  const peer_key one = *peer("10.0.0.1");
  counts.add(one);
  BOOST_TEST(!counts.full(one));
  counts.add(one);
  BOOST_TEST(counts.full(one));
  BOOST_TEST(!counts.full(*peer("10.0.0.2")));
  counts.remove(one);
  BOOST_TEST(!counts.full(one));
  BOOST_TEST(!peer_counts{0}.full(one));
}

BOOST_AUTO_TEST_CASE(who_asks_for_stats_while_a_question_is_under_way_is_answered_by_the_next) {
  stats_rounds rounds{10ms};
  const instant start{};
  BOOST_TEST((rounds.due() == instant::max()));
  rounds.add({1});
  BOOST_TEST((rounds.due() <= start));
  rounds.begin({100}, start);
  rounds.add({2});
  rounds.add({3});
  BOOST_TEST((rounds.due() == instant::max()));
  BOOST_TEST(rounds.end({99}).empty());
  BOOST_TEST((rounds.end({100}) == std::vector<job_id>{{1}}));
  BOOST_TEST((rounds.due() == start + 10ms));
  rounds.begin({101}, start + 10ms);
  BOOST_TEST((rounds.end({101}) == std::vector<job_id>{{2}, {3}}));
  BOOST_TEST((rounds.due() == instant::max()));
}

BOOST_AUTO_TEST_CASE(a_connection_has_its_share_of_a_turn_and_all_together_have_theirs) {
  turn_budget turn;
  turn.begin();
  std::vector<turn_share> connections(10);
  size_t frames = 0;
  for (turn_share& each : connections)
    for (; each.left(turn); ++frames) each.charge(turn, turn_budget::frame_cost);
  BOOST_TEST(frames == turn_budget::turn_max / turn_budget::frame_cost);
  connections.back().guarantee(true);
  BOOST_TEST(connections.back().left(turn));
  turn.begin();
  BOOST_TEST(connections.front().left(turn));
}

BOOST_AUTO_TEST_CASE(bytes_that_lay_unread_have_waited_for_as_long_as_it_took_to_reach_them) {
  backlog_ruler ruler;
  const instant start{}, just_seen{1h};
  BOOST_TEST(ruler.wanted());
  ruler.lay(1000, start);
  ruler.read(600, start + 1ms);
  BOOST_TEST((ruler.arrived(start + 1ms, just_seen) == start)); // at the latest
  ruler.read(600, start + 5ms);
  BOOST_TEST((ruler.arrived(start + 6ms, just_seen) == start + 1ms));
  BOOST_TEST(ruler.wanted());
  ruler.emptied(start + 6ms);
  BOOST_TEST((ruler.arrived(start + 7ms, start + 7ms) == start + 7ms));
}

BOOST_AUTO_TEST_CASE(a_wait_that_grows_is_known_before_its_end_is_reached) {
  backlog_ruler ruler;
  const instant start{};
  ruler.lay(1000, start);
  ruler.read(1000, start + 2ms);
  ruler.lay(1000, start + 2ms);
  BOOST_TEST((ruler.arrived(start + 3ms, start + 3ms) == start + 1ms));
  BOOST_TEST((ruler.arrived(start + 30ms, start + 30ms) == start + 2ms));
}

BOOST_AUTO_TEST_CASE(nothing_has_waited_since_before_its_socket_was_found_empty_however_busy_others_keep_the_loop) {
  backlog_ruler ruler;
  const instant start{};
  BOOST_TEST((ruler.arrived(start + 9ms, start + 1ms) == start + 1ms));
  ruler.emptied(start + 8ms);
  BOOST_TEST((ruler.arrived(start + 9ms, start + 1ms) == start + 8ms));
}

BOOST_AUTO_TEST_CASE(of_a_peer_with_several_connections_those_that_stay_still_count) {
  peer_counts counts{2};
  const peer_key one = *peer("192.0.2.1");
  counts.add(one);
  counts.add(one);
  counts.remove(one);
  BOOST_TEST(!counts.full(one));
  counts.add(one);
  BOOST_TEST(counts.full(one));
  for (int i = 0; i < 3; ++i) counts.remove(one); // one too many
  counts.add(one);
  BOOST_TEST(!counts.full(one));
}

BOOST_AUTO_TEST_CASE(of_what_is_read_before_anything_is_known_of_it_nothing_is_concluded) {
  backlog_ruler ruler;
  ruler.read(1000, instant{5s});
  BOOST_TEST(ruler.wanted());
  BOOST_TEST((ruler.arrived(instant{6s}, instant{4s}) == instant{4s}));
}

BOOST_AUTO_TEST_SUITE_END()

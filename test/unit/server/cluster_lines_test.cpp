// What a stats response says of a cluster: nothing of none, and of each peer what is known.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <string>

#include "actors/server/cluster_lines.hpp"
#include "actors/server/stats_text.hpp"
#include "runtime/limits.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(cluster_lines_test)

namespace {

peer_report busy_peer() {
  peer_report made;
  made.name = "b";
  made.address = "10.0.0.2:7700";
  made.zone = "east";
  made.state = peer_state::active;
  made.attempts_in_flight = 3;
  made.attempts_granted = 8;
  made.capacity = 16;
  made.latency_us_per_kib = 12.5;
  made.ejections = 1;
  made.attempts_given = 1000;
  made.attempts_answered = 990;
  made.attempts_handed_back = 4;
  made.attempts_lost = 2;
  made.bytes_given = 65'536'000;
  made.connects = 5;
  return made;
}

cluster_report cluster_of(std::vector<peer_report> peers) {
  cluster_report made;
  made.node = "a";
  made.cluster = "texlex";
  made.peers = std::move(peers);
  return made;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

size_t lines_of(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

} // namespace

BOOST_AUTO_TEST_CASE(without_a_cluster_not_a_line_is_about_one) {
  BOOST_TEST(cluster_lines(nullptr) == "");
  const std::string text = stats_text({}, {});
  BOOST_TEST(text.find("texlexd_cluster") == std::string::npos);
  BOOST_TEST(text.find("texlexd_peer") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_node_that_knows_nobody_tells_of_itself) {
  cluster_report alone = cluster_of({});
  alone.draining = true;
  alone.lent_attempts_running = 2;
  alone.lent_attempts_answered = 70;
  BOOST_TEST(cluster_lines(&alone)
             == "texlexd_cluster_info{node=\"a\",cluster=\"texlex\"} 1\n"
                "texlexd_cluster_draining 1\n"
                "texlexd_cluster_lent_attempts_running 2\n"
                "texlexd_cluster_lent_attempts_answered_total 70\n"
                "texlexd_cluster_peers 0\n");
}

BOOST_AUTO_TEST_CASE(of_a_peer_each_figure_is_told) {
  const cluster_report cluster = cluster_of({busy_peer()});
  BOOST_TEST(cluster_lines(&cluster)
             == "texlexd_cluster_info{node=\"a\",cluster=\"texlex\"} 1\n"
                "texlexd_cluster_draining 0\n"
                "texlexd_cluster_lent_attempts_running 0\n"
                "texlexd_cluster_lent_attempts_answered_total 0\n"
                "texlexd_cluster_peers 1\n"
                "texlexd_peer_info{peer=\"b\",address=\"10.0.0.2:7700\",zone=\"east\"} 1\n"
                "texlexd_peer_state{peer=\"b\",state=\"joining\"} 0\n"
                "texlexd_peer_state{peer=\"b\",state=\"active\"} 1\n"
                "texlexd_peer_state{peer=\"b\",state=\"suspect\"} 0\n"
                "texlexd_peer_state{peer=\"b\",state=\"ejected\"} 0\n"
                "texlexd_peer_state{peer=\"b\",state=\"draining\"} 0\n"
                "texlexd_peer_state{peer=\"b\",state=\"down\"} 0\n"
                "texlexd_peer_state{peer=\"b\",state=\"refused\"} 0\n"
                "texlexd_peer_attempts_in_flight{peer=\"b\"} 3\n"
                "texlexd_peer_attempts_granted{peer=\"b\"} 8\n"
                "texlexd_peer_capacity{peer=\"b\"} 16\n"
                "texlexd_peer_latency_seconds_per_kib{peer=\"b\"} 1.25e-05\n"
                "texlexd_peer_ejections_total{peer=\"b\"} 1\n"
                "texlexd_peer_attempts_given_total{peer=\"b\"} 1000\n"
                "texlexd_peer_attempts_answered_total{peer=\"b\"} 990\n"
                "texlexd_peer_attempts_handed_back_total{peer=\"b\"} 4\n"
                "texlexd_peer_attempts_lost_total{peer=\"b\"} 2\n"
                "texlexd_peer_bytes_given_total{peer=\"b\"} 65536000\n"
                "texlexd_peer_connects_total{peer=\"b\"} 5\n");
}

BOOST_AUTO_TEST_CASE(a_peer_is_in_one_state_at_a_time) {
  for (size_t state = 0; state < peer_state_names.size(); ++state) {
    cluster_report cluster = cluster_of({busy_peer()});
    cluster.peers.front().state = static_cast<peer_state>(state);
    const std::string text = cluster_lines(&cluster);
    for (size_t other = 0; other < peer_state_names.size(); ++other)
      BOOST_TEST(has_line(text, fmt::format("texlexd_peer_state{{peer=\"b\",state=\"{}\"}} {}", peer_state_names[other],
                                            state == other ? 1 : 0)));
  }
  BOOST_TEST(name_of(static_cast<peer_state>(peer_state_names.size())) == "unknown");
}

BOOST_AUTO_TEST_CASE(why_a_peer_is_refused_is_told_of_no_other) {
  cluster_report cluster = cluster_of({busy_peer()});
  cluster.peers.front().reason = "another cluster";
  BOOST_TEST(cluster_lines(&cluster).find("reason") == std::string::npos);
  cluster.peers.front().state = peer_state::refused;
  BOOST_TEST(has_line(cluster_lines(&cluster), "texlexd_peer_refused_reason{peer=\"b\",reason=\"another cluster\"} 1"));
}

BOOST_AUTO_TEST_CASE(whatever_a_peer_says_of_itself_ends_neither_a_label_nor_a_line) {
  cluster_report cluster = cluster_of({busy_peer()});
  peer_report& odd = cluster.peers.front();
  odd.name = "b\"} 1";
  odd.zone = "a\\b";
  odd.state = peer_state::refused;
  odd.reason = "no\nwhere\x1b[2J";
  const std::string text = cluster_lines(&cluster);
  BOOST_TEST(lines_of(text) == 5u + 20u);
  BOOST_TEST(has_line(text, R"(texlexd_peer_info{peer="b\"} 1",address="10.0.0.2:7700",zone="a\\b"} 1)"));
  BOOST_TEST(has_line(text, R"(texlexd_peer_refused_reason{peer="b\"} 1",reason="no\\x0Awhere\\x1B[2J"} 1)"));
}

BOOST_AUTO_TEST_CASE(peers_follow_each_other_and_behind_all_else) {
  peer_report other = busy_peer();
  other.name = "c";
  metrics_report house;
  house.cluster = std::make_shared<cluster_report>(cluster_of({busy_peer(), other}));
  const std::string text = stats_text(house, {});
  BOOST_TEST(text.starts_with(stats_text({}, {})));
  BOOST_TEST(text.ends_with(cluster_lines(house.cluster.get())));
  BOOST_TEST(text.find("texlexd_peer_connects_total{peer=\"b\"}") < text.find("texlexd_peer_info{peer=\"c\","));
}

BOOST_AUTO_TEST_CASE(as_many_peers_as_there_may_be_with_long_names_fit_the_response) {
  peer_report longest = busy_peer();
  longest.name = std::string(limits::cluster_name_bytes_max, 'n');
  longest.zone = std::string(limits::cluster_name_bytes_max, 'z');
  longest.address = std::string(limits::address_bytes_max, '1');
  longest.state = peer_state::refused;
  longest.reason = std::string(1000, 'r');
  metrics_report house;
  house.cluster =
    std::make_shared<cluster_report>(cluster_of(std::vector<peer_report>(limits::cluster_peers_max, longest)));
  const std::string text = stats_text(house, {});
  BOOST_TEST(text.size() <= limits::stats_payload_bytes_max);
  BOOST_TEST(lines_of(text) == lines_of(stats_text({}, {})) + 5u + 20u * limits::cluster_peers_max);
}

BOOST_AUTO_TEST_CASE(peers_beyond_the_longest_response_are_counted_and_left_out_whole) {
  peer_report odd = busy_peer();
  odd.name = std::string(240, '\x01'); // of which each byte takes five in a label
  metrics_report house;
  house.cluster =
    std::make_shared<cluster_report>(cluster_of(std::vector<peer_report>(limits::cluster_peers_max, odd)));
  const std::string text = stats_text(house, {});
  BOOST_TEST(text.size() <= limits::stats_payload_bytes_max);
  BOOST_TEST(has_line(text, "texlexd_cluster_peers 256"));
  const size_t told = lines_of(text) - lines_of(stats_text({}, {})) - 5;
  BOOST_TEST(told % 19 == 0u);
  BOOST_TEST((told > 0u && told / 19 < limits::cluster_peers_max));
}

BOOST_AUTO_TEST_SUITE_END()

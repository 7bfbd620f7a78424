// A cluster's status: read from stats, written for people and for programs.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include "clients/cli/cluster_status.hpp"
#include "clients/cli/stats_lines.hpp"

using namespace texlex::cli;

BOOST_AUTO_TEST_SUITE(cluster_status_test)

namespace {

/// As texlexd tells it, with a line of a later version and some that are none.
const std::string told = R"(texlexd_requests_total 12
texlexd_outcomes_total{status="ok"} 12
texlexd_cluster_info{node="a",cluster="papers"} 1
texlexd_cluster_draining 1
texlexd_cluster_lent_attempts_running 1
texlexd_cluster_lent_attempts_answered_total 70
texlexd_cluster_peers 3
texlexd_peer_info{peer="b",address="10.0.0.2:7700",zone="east"} 1
texlexd_peer_state{peer="b",state="joining"} 0
texlexd_peer_state{peer="b",state="active"} 1
texlexd_peer_attempts_in_flight{peer="b"} 3
texlexd_peer_attempts_granted{peer="b"} 8
texlexd_peer_capacity{peer="b"} 16
texlexd_peer_latency_seconds_per_kib{peer="b"} 1.25e-05
texlexd_peer_ejections_total{peer="b"} 1
texlexd_peer_attempts_given_total{peer="b"} 1000
texlexd_peer_attempts_answered_total{peer="b"} 990
texlexd_peer_attempts_handed_back_total{peer="b"} 4
texlexd_peer_attempts_lost_total{peer="b"} 2
texlexd_peer_bytes_given_total{peer="b"} 65536000
texlexd_peer_connects_total{peer="b"} 5
texlexd_peer_dreams_total{peer="b"} 9
texlexd_peer_connects_total 6
texlexd_peer_state{peer="b
nonsense

texlexd_peer_info{peer="10.0.0.3:7700",address="10.0.0.3:7700",zone=""} 1
texlexd_peer_state{peer="10.0.0.3:7700",state="refused"} 1
texlexd_peer_refused_reason{peer="10.0.0.3:7700",reason="it calls its cluster \"b\\c\""} 1
texlexd_peer_attempts_given_total{peer="10.0.0.3:7700"} x
)";

} // namespace

BOOST_AUTO_TEST_CASE(stats_without_lines_about_a_cluster_are_those_of_a_texlexd_without_one) {
  BOOST_TEST(!read_cluster_status(""));
  BOOST_TEST(!read_cluster_status("texlexd_requests_total 12\ntexlexd_outcomes_total{status=\"ok\"} 12\n"));
}

BOOST_AUTO_TEST_CASE(each_figure_is_read) {
  const auto cluster = read_cluster_status(told);
  BOOST_REQUIRE(cluster);
  BOOST_TEST(cluster->node == "a");
  BOOST_TEST(cluster->cluster == "papers");
  BOOST_TEST(cluster->draining);
  BOOST_TEST(cluster->lent_attempts_running == 1u);
  BOOST_TEST(cluster->lent_attempts_answered == 70u);
  BOOST_TEST(cluster->peers_known == 3u);
  BOOST_REQUIRE(cluster->peers.size() == 2u);
  const peer_status& peer = cluster->peers.front();
  BOOST_TEST(peer.name == "b");
  BOOST_TEST(peer.address == "10.0.0.2:7700");
  BOOST_TEST(peer.zone == "east");
  BOOST_TEST(peer.state == "active");
  BOOST_TEST(peer.reason == "");
  BOOST_TEST(peer.attempts_in_flight == 3u);
  BOOST_TEST(peer.attempts_granted == 8u);
  BOOST_TEST(peer.capacity == 16u);
  BOOST_TEST(peer.latency_us_per_kib == 12.5, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(peer.ejections == 1u);
  BOOST_TEST(peer.attempts_given == 1000u);
  BOOST_TEST(peer.attempts_answered == 990u);
  BOOST_TEST(peer.attempts_handed_back == 4u);
  BOOST_TEST(peer.attempts_lost == 2u);
  BOOST_TEST(peer.bytes_given == 65'536'000u);
  BOOST_TEST(peer.connects == 5u);
  const peer_status& refused = cluster->peers.back();
  BOOST_TEST(refused.state == "refused");
  BOOST_TEST(refused.reason == "it calls its cluster \"b\\c\"");
  BOOST_TEST(refused.attempts_given == 0u);
}

BOOST_AUTO_TEST_CASE(for_people_columns_are_aligned) {
  BOOST_TEST(
    cluster_table(*read_cluster_status(told))
    == "node a of cluster papers, draining: 3 other nodes; runs 1 attempt for others, 70 answered\n"
       "NAME           ADDRESS        ZONE  STATE    IN FLIGHT  US/KIB  GIVEN  ANSWERED  HANDED BACK  LOST  EJECTIONS  "
       "REASON\n"
       "b              10.0.0.2:7700  east  active         3/8    12.5   1000       990            4     2          1  "
       "-\n"
       "10.0.0.3:7700  10.0.0.3:7700  -     refused        0/0       -      0         0            0     0          0  "
       "it calls its cluster \"b\\x5cc\"\n"
       "and 1 more, for which its answer had no room\n");
}

BOOST_AUTO_TEST_CASE(a_node_alone_is_a_line_and_no_table) {
  BOOST_TEST(cluster_table(*read_cluster_status("texlexd_cluster_info{node=\"a\",cluster=\"texlex\"} 1\n"))
             == "node a of cluster texlex: 0 other nodes; runs 0 attempts for others, 0 answered\n");
}

BOOST_AUTO_TEST_CASE(a_line_of_the_table_stays_one_whatever_a_peer_is_called) {
  const std::string table =
    cluster_table(*read_cluster_status("texlexd_cluster_info{node=\"a\",cluster=\"\"} 1\n"
                                       "texlexd_peer_info{peer=\"b\\nc\x1b[2J\",address=\"é:1\",zone=\"\"} 1\n"));
  BOOST_TEST(std::count(table.begin(), table.end(), '\n') == 3);
  BOOST_TEST(table.find("\nb\\x0ac\\x1b[2J  é:1      -     -") != std::string::npos, table);
}

BOOST_AUTO_TEST_CASE(for_programs_it_is_one_json_object_on_a_line) {
  BOOST_TEST(
    cluster_json(*read_cluster_status(told))
    == R"({"node":"a","cluster":"papers","draining":true,"lent_attempts_running":1,"lent_attempts_answered":70,)"
       R"("peers_known":3,"peers":[{"name":"b","address":"10.0.0.2:7700","zone":"east","state":"active","reason":"",)"
       R"("attempts_in_flight":3,"attempts_granted":8,"capacity":16,"latency_us_per_kib":12.500,"attempts_given":1000,)"
       R"("attempts_answered":990,"attempts_handed_back":4,"attempts_lost":2,"ejections":1,"bytes_given":65536000,)"
       R"("connects":5},{"name":"10.0.0.3:7700","address":"10.0.0.3:7700","zone":"","state":"refused",)"
       R"("reason":"it calls its cluster \"b\\c\"","attempts_in_flight":0,"attempts_granted":0,"capacity":0,)"
       R"("latency_us_per_kib":0.000,"attempts_given":0,"attempts_answered":0,"attempts_handed_back":0,)"
       R"("attempts_lost":0,"ejections":0,"bytes_given":0,"connects":0}]})"
       "\n");
}

BOOST_AUTO_TEST_CASE(a_line_of_stats_is_a_name_labels_and_a_value) {
  const auto line = read_stats_line(R"(name{a="1",b="x \"y\" \\ \n}"} 2.5)");
  BOOST_REQUIRE(line);
  BOOST_TEST(line->name == "name");
  BOOST_TEST(line->label("a") == "1");
  BOOST_TEST(line->label("b") == "x \"y\" \\ \n}");
  BOOST_TEST(line->label("c") == "");
  BOOST_TEST(line->value == "2.5");
  BOOST_TEST(read_stats_line("name{} 1")->labels.empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_line_of_stats_is_none) {
  for (const std::string text :
       {"", "name", "name ", " 1", "# HELP name", "name{", "name{}", "name{} ", "name{a=1} 1", "name{=\"1\"} 1",
        "name{a=\"1} 1", "name{a=\"1\\", "name{a=\"1\"", "name{a=\"1\"}1", "name{a=\"1\" 1"})
    BOOST_TEST(!read_stats_line(text), text);
}

BOOST_AUTO_TEST_SUITE_END()

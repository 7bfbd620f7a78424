// A server's figures: its text as numbers, and what a run added to them.
#include <boost/test/unit_test.hpp>

#include "clients/cli/bench/server_figures.hpp"

using namespace texlex::load;

BOOST_AUTO_TEST_SUITE(server_figures_test)

BOOST_AUTO_TEST_CASE(a_line_is_a_name_and_a_value) {
  const server_figures figures{"texlexd_requests_total 12\ntexlexd_queue_seconds_sum 1.5e-3\n"};
  BOOST_TEST(*figures.find("texlexd_requests_total") == 12);
  BOOST_TEST(*figures.find("texlexd_queue_seconds_sum") == 0.0015);
  BOOST_TEST(!figures.find("texlexd_rotations_total").has_value());
}

BOOST_AUTO_TEST_CASE(labels_belong_to_the_name) {
  const server_figures figures{"texlexd_queue_seconds{quantile=\"0.5\", lane=\"a b\"} 3\n"};
  BOOST_TEST(*figures.find("texlexd_queue_seconds{quantile=\"0.5\", lane=\"a b\"}") == 3);
}

BOOST_AUTO_TEST_CASE(what_is_no_pair_is_passed_over) {
  const server_figures figures{"# TYPE a counter\n\nalone\na x\n b\na 1 \nlast 7"};
  BOOST_TEST(!figures.find("a").has_value());
  BOOST_TEST(!figures.find("# TYPE a").has_value());
  BOOST_TEST(*figures.find("last") == 7);
}

BOOST_AUTO_TEST_CASE(a_run_is_told_by_what_it_added) {
  const figures_of_run run{server_figures{"a 5\nq_sum 1\nq_count 10\n"}, server_figures{"a 7\nq_sum 4\nq_count 16\n"}};
  BOOST_TEST(*run.growth("a") == 2);
  BOOST_TEST(*run.mean("q") == 0.5);
  BOOST_TEST(*run.last("a") == 7);
}

BOOST_AUTO_TEST_CASE(what_was_not_told_is_nothing_and_not_zero) {
  const figures_of_run silent;
  BOOST_TEST(!silent.growth("a").has_value());
  BOOST_TEST(!silent.mean("q").has_value());
  const figures_of_run idle{server_figures{"q_sum 1\nq_count 10\n"}, server_figures{"q_sum 1\nq_count 10\n"}};
  BOOST_TEST(!idle.mean("q").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

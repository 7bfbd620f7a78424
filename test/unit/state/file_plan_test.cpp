// The files a process may open, shared out: what is planned fits, whatever the numbers are.
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "actors/state/file_plan.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(file_plan_test)

namespace {

file_needs usual(bool shared) {
  return {.connections_max = 1024,
          .requests_max = 4096,
          .requests_per_connection_max = 64,
          .workers = 2,
          .shared_documents = shared};
}

} // namespace

BOOST_AUTO_TEST_CASE(with_files_enough_all_is_as_asked) {
  for (const bool shared : {false, true}) {
    const file_plan plan = share_files(20'000, usual(shared));
    BOOST_TEST(plan.enough);
    BOOST_TEST(plan.connections_max == 1024u);
    BOOST_TEST(plan.requests_max == 4096u);
    BOOST_TEST(plan.requests_per_connection_max == 64u);
    BOOST_TEST(share_files(plan.needed, usual(shared)).enough);
    BOOST_TEST(!share_files(plan.needed - 1, usual(shared)).enough);
  }
}

BOOST_AUTO_TEST_CASE(documents_in_flight_are_files_only_if_other_processes_map_them) {
  BOOST_TEST(share_files(0, usual(false)).needed < 1200u);
  BOOST_TEST(share_files(0, usual(true)).needed > 1024u + 4096u);
  BOOST_TEST(share_files(256, usual(false)).requests_max == 4096u);
}

BOOST_AUTO_TEST_CASE(with_few_files_connections_leave_room_for_documents) {
  const file_plan plan = share_files(256, usual(true));
  BOOST_TEST(!plan.enough);
  BOOST_TEST(plan.enough_at_all);
  BOOST_TEST(plan.connections_max >= 64u);
  BOOST_TEST(plan.requests_max >= 56u);
  BOOST_TEST(plan.requests_per_connection_max >= 8u);
  BOOST_TEST(plan.requests_per_connection_max * 4 <= plan.requests_max);
}

BOOST_AUTO_TEST_CASE(what_is_planned_fits_and_never_exceeds_what_was_asked) {
  for (const bool shared : {false, true})
    for (uint64_t workers : {1u, 2u, 64u, 256u})
      for (uint64_t connections : {1u, 10u, 1024u, 65'000u})
        for (uint64_t requests : {1u, 16u, 4096u, 1'000'000u})
          for (uint64_t files = 1; files < 200'000; files += std::max<uint64_t>(1, files / 7)) {
            const file_needs needs{connections, requests, 64, workers, shared};
            const file_plan plan = share_files(files, needs);
            BOOST_REQUIRE(plan.needed_least <= plan.needed);
            if (!plan.enough_at_all) continue;
            BOOST_REQUIRE(plan.connections_max >= 1u);
            BOOST_REQUIRE(plan.requests_max >= 1u);
            BOOST_REQUIRE(plan.requests_per_connection_max >= 1u);
            BOOST_REQUIRE(plan.connections_max <= connections);
            BOOST_REQUIRE(plan.requests_max <= requests);
            file_needs planned = needs;
            planned.connections_max = plan.connections_max;
            planned.requests_max = plan.requests_max;
            BOOST_REQUIRE(share_files(files, planned).enough);
          }
}

BOOST_AUTO_TEST_SUITE_END()

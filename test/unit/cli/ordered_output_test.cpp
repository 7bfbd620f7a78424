// Pieces come out in their order, whoever brings them when, and no more wait than there is room for.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "clients/cli/ordered_output.hpp"

using namespace texlex::cli;

BOOST_AUTO_TEST_SUITE(ordered_output_test)

namespace {

output_piece piece(std::string_view text, bool last) {
  output_piece made;
  made.text.append(text);
  made.last = last;
  return made;
}

} // namespace

BOOST_AUTO_TEST_CASE(pieces_that_come_too_early_wait_for_their_turn) {
  std::string written;
  ordered_output output{[&](output_piece& each) {
                          written += each.text.view();
                          return true;
                        },
                        1000};
  BOOST_TEST(output.put({1, 0}, piece("d", true)));
  BOOST_TEST(output.put({0, 1}, piece("b", false)));
  BOOST_TEST(written.empty());
  BOOST_TEST(output.put({0, 0}, piece("a", false)));
  BOOST_TEST(written == "ab");
  BOOST_TEST(output.put({0, 2}, piece("c", true)));
  BOOST_TEST(written == "abcd");
}

BOOST_AUTO_TEST_CASE(many_threads_that_take_pieces_in_order_all_come_to_an_end_with_room_for_hardly_any) {
  constexpr uint64_t pieces = 5000;
  std::string written, expected;
  for (uint64_t i = 0; i < pieces; ++i) expected += std::to_string(i) + "\n";
  ordered_output output{[&](output_piece& each) {
                          written += each.text.view();
                          return true;
                        },
                        4};
  std::atomic<uint64_t> next = 0, refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i)
      threads.emplace_back([&] {
        for (uint64_t mine = next++; mine < pieces; mine = next++)
          if (!output.put({mine, 0}, piece(std::to_string(mine) + "\n", true))) ++refused;
      });
  }
  BOOST_TEST((written == expected));
  BOOST_TEST(refused == 0u);
}

BOOST_AUTO_TEST_CASE(whoever_waits_for_room_is_let_go_when_output_fails_or_is_stopped) {
  for (const bool fails : {true, false}) {
    ordered_output output{[](output_piece&) { return false; }, 1};
    BOOST_TEST(output.put({0, 1}, piece("bb", false)));
    std::atomic<bool> taken = true;
    std::jthread waits{[&] { taken = output.put({0, 2}, piece("c", true)); }};
    if (fails) {
      BOOST_TEST(!output.put({0, 0}, piece("a", false)));
    } else {
      output.stop();
    }
    waits.join();
    BOOST_TEST(!taken);
    BOOST_TEST(!output.put({0, 3}, piece("d", true)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

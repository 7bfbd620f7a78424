// Which files a shard has, what is left of them, when a part is full and what it is called.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "clients/cli/corpus/corpus_plan.hpp"

using namespace texlex::cli;

BOOST_AUTO_TEST_SUITE(corpus_plan_test)

BOOST_AUTO_TEST_CASE(every_name_is_in_one_shard_and_shards_are_about_equal) {
  constexpr uint32_t count = 8;
  std::vector<uint32_t> held(count);
  for (int i = 0; i < 8000; ++i) {
    const std::string name = "papers/" + std::to_string(i) + ".tex";
    uint32_t owners = 0;
    for (uint32_t number = 1; number <= count; ++number)
      if (corpus_shard{number, count}.has(name)) {
        ++owners;
        ++held[number - 1];
      }
    BOOST_TEST(owners == 1u, name);
  }
  for (const uint32_t each : held) BOOST_TEST((each > 800 && each < 1200), each);
}

BOOST_AUTO_TEST_CASE(a_shard_is_a_number_of_a_count) {
  BOOST_TEST((std::get<corpus_shard>(parse_shard("3/16")) == corpus_shard{3, 16}));
  for (const char* wrong : {"", "3", "0/4", "5/4", "/4", "1/", "1/0", "-1/4", "1/4 ", "a/b", "1/1000001", "1/4/4"})
    BOOST_TEST(std::holds_alternative<std::string>(parse_shard(wrong)), wrong);
}

BOOST_AUTO_TEST_CASE(what_is_left_begins_behind_what_was_come_to) {
  const std::vector<std::string> names{"a", "b", "c"};
  journal_state state;
  BOOST_TEST(plan_tasks(state, names, {}, false).size() == 3u);
  state.next = {1, 2};
  state.files[1] = {5, 6};
  const auto tasks = plan_tasks(state, names, {}, false);
  BOOST_REQUIRE(tasks.size() == 2u);
  BOOST_TEST((tasks[0].first == document_place{1, 2}));
  BOOST_TEST((tasks[0].unchanged == file_stamp{5, 6}));
  BOOST_TEST((tasks[1].first == document_place{2, 0}));
  BOOST_TEST(!tasks[1].unchanged.has_value());
  state.next = {3, 0};
  BOOST_TEST(plan_tasks(state, names, {}, false).empty());
}

BOOST_AUTO_TEST_CASE(what_failed_is_tried_first_if_it_is_asked_for) {
  const std::vector<std::string> names{"a", "b"};
  journal_state state;
  state.next = {1, 0};
  state.failed[{0, 0}] = {{0, 0}, true, {1, 1}, "a", ""};
  state.failed[{0, 7}] = {{0, 7}, false, {1, 1}, "a/m", ""};
  BOOST_TEST(plan_tasks(state, names, {}, false).size() == 1u);
  const auto tasks = plan_tasks(state, names, {}, true);
  BOOST_REQUIRE(tasks.size() == 3u);
  BOOST_TEST((tasks[0].again && !tasks[0].alone && !tasks[0].unchanged));
  BOOST_TEST((tasks[1].again && tasks[1].alone && tasks[1].unchanged == file_stamp{1, 1}));
  BOOST_TEST((!tasks[2].again && tasks[2].first == document_place{1, 0}));
}

BOOST_AUTO_TEST_CASE(a_part_is_full_by_any_of_its_limits) {
  const part_limits limits{1000};
  BOOST_TEST(!limits.is_full(999, 1, 1));
  BOOST_TEST(limits.is_full(1000, 1, 1));
  BOOST_TEST(limits.is_full(0, part_limits::documents_max, 0));
  BOOST_TEST(limits.is_full(0, 1, part_limits::document_bytes_max));
}

BOOST_AUTO_TEST_CASE(names_of_parts_are_told_from_those_of_other_shards) {
  const part_names alone{{1, 1}, ".arrow"};
  const part_names third{{3, 16}, ".arrow"};
  BOOST_TEST(alone.of(7) == "part-000007.arrow");
  BOOST_TEST(third.of(7) == "part-03-of-16-000007.arrow");
  BOOST_TEST((alone.number_of(alone.of(7)) == 7u));
  BOOST_TEST((third.number_of(third.unfinished(7)) == 7u));
  BOOST_TEST((third.number_of(third.of(1234567)) == 1234567u));
  for (const auto& other : {third.of(7), std::string{"part-000007.jsonl"}, std::string{"part-7.arrow"},
                            std::string{"xpart-000007.arrow"}, std::string{"notes"}})
    BOOST_TEST(!alone.number_of(other), other);
  BOOST_TEST(!third.number_of(alone.of(7)));
}

BOOST_AUTO_TEST_SUITE_END()

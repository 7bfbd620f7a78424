#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include "actors/gateway/incoming_columns.hpp"
#include "kernels/column_deriver.hpp"
#include "test/unit/actors/column_jobs.hpp"
#include "test/unit/gateway/town.hpp"

using namespace texlex;
using verdict = incoming_columns::verdict;

BOOST_AUTO_TEST_SUITE(incoming_columns_test)

namespace {

/// An answer as a worker made it, to be sent to somebody with memory of their own.
struct sent_answer {
  explicit sent_answer(uint32_t columns = all_columns, token_view view = token_view::tex, size_t bytes = 3000)
    : job(test::town_job(1, test::long_text(bytes), instant{}, columns, view)), answer(test::answer_in_process(*job)) {
    for (const column_bytes& each : answer->columns)
      text.append(reinterpret_cast<const char*>(each.bytes.data()), each.bytes.size());
    counts.name_bytes = answer->column(column_id::name_byte).size();
    counts.tokens = answer->column(column_id::kind).size();
    counts.issues = answer->column(column_id::issue_kind).size();
  }

  [[nodiscard]] uint64_t document_bytes() const { return job->document.size(); }

  job_ptr job;
  column_answer_ptr answer;
  std::string text; ///< all columns, one behind the other
  column_counts counts;
};

} // namespace

BOOST_AUTO_TEST_CASE(columns_in_pieces_of_any_length_are_put_together) {
  for (const size_t length : {1u, 7u, 64u, 1000u, 1u << 20}) {
    const sent_answer sent;
    incoming_columns columns;
    BOOST_TEST((columns.begin(*sent.job->order, sent.document_bytes(), sent.counts) == verdict::ready));
    for (size_t at = 0; at < sent.text.size(); at += length)
      BOOST_REQUIRE(columns.put(at, std::string_view{sent.text}.substr(at, length)));
    const auto found = columns.finish();
    BOOST_REQUIRE(found);
    BOOST_TEST(test::same_columns(*found, *sent.answer));
    BOOST_TEST(found->memory != sent.answer->memory);
  }
}

BOOST_AUTO_TEST_CASE(the_pieces_of_an_answer_one_behind_the_other_are_all_of_it) {
  for (const uint64_t length : {uint64_t{1}, uint64_t{100}, UINT64_MAX}) {
    const sent_answer sent;
    std::string text;
    while (text.size() < bytes_of(*sent.answer)) {
      const std::string_view piece = piece_of(*sent.answer, text.size(), length);
      BOOST_REQUIRE((!piece.empty() && piece.size() <= length));
      text += piece;
    }
    BOOST_TEST((text == sent.text));
    BOOST_TEST(piece_of(*sent.answer, text.size(), length).empty());
    BOOST_TEST(piece_of(*sent.answer, UINT64_MAX, length).empty());
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_whole_is_nothing) {
  const sent_answer sent;
  incoming_columns columns;
  BOOST_TEST(!columns.finish());
  BOOST_TEST((columns.begin(*sent.job->order, sent.document_bytes(), sent.counts) == verdict::ready));
  BOOST_TEST(!columns.finish());
  BOOST_TEST(columns.put(0, std::string_view{sent.text}.substr(1)));
  BOOST_TEST(!columns.finish());
  BOOST_TEST(columns.put(sent.text.size() - 1, "x"));
  BOOST_TEST(columns.finish());
  BOOST_TEST(!columns.finish()); // it is with whoever took it
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_the_next_ones_are_not_put) {
  const sent_answer sent;
  incoming_columns columns;
  BOOST_TEST(!columns.put(0, "before it begins"));
  BOOST_TEST((columns.begin(*sent.job->order, sent.document_bytes(), sent.counts) == verdict::ready));
  BOOST_TEST(columns.put(0, "abc"));
  for (const uint64_t offset : {uint64_t{0}, uint64_t{2}, uint64_t{4}, sent.text.size(), UINT64_MAX, UINT64_MAX - 2})
    BOOST_TEST(!columns.put(offset, "def"));
  BOOST_TEST(!columns.put(3, sent.text));
  BOOST_TEST(columns.put(3, std::string_view{sent.text}.substr(3)));
  BOOST_TEST(!columns.put(sent.text.size(), "x"));
}

BOOST_AUTO_TEST_CASE(counts_that_no_document_so_long_has_are_impossible) {
  const sent_answer sent;
  const auto begins = [&](const column_counts& counts) {
    incoming_columns columns;
    return columns.begin(*sent.job->order, sent.document_bytes(), counts);
  };
  const uint64_t bytes = sent.document_bytes();
  BOOST_TEST((begins({.tokens = tokens_max(bytes)}) == verdict::ready));
  BOOST_TEST((begins({.tokens = tokens_max(bytes) + 1}) == verdict::impossible));
  BOOST_TEST((begins({.issues = issues_max(bytes) + 1}) == verdict::impossible));
  BOOST_TEST((begins({.name_bytes = UINT64_MAX}) == verdict::impossible));
  BOOST_TEST((begins({UINT64_MAX, UINT64_MAX, UINT64_MAX}) == verdict::impossible));
}

BOOST_AUTO_TEST_CASE(names_that_nobody_wanted_are_impossible) {
  const sent_answer sent{static_cast<uint32_t>(column_set::kinds)};
  incoming_columns columns;
  BOOST_TEST(
    (columns.begin(*sent.job->order, sent.document_bytes(), {.tokens = 1, .name_bytes = 1}) == verdict::impossible));
}

BOOST_AUTO_TEST_CASE(all_that_is_possible_has_room) {
  const sent_answer sent{all_columns, token_view::source, 100};
  const column_counts most{tokens_max(100), issues_max(100), name_bytes_max(100)};
  incoming_columns columns;
  BOOST_TEST((columns.begin(*sent.job->order, 100, most) == verdict::ready));
  uint64_t at = 0;
  while (columns.put(at, "x")) ++at;
  const auto found = columns.finish();
  BOOST_REQUIRE(found);
  BOOST_TEST(bytes_of(*found) == at);
  for (const column_bytes& each : found->columns)
    BOOST_TEST((each.bytes.data() >= found->memory->data()
                && each.bytes.data() + each.bytes.size() <= found->memory->data() + found->memory->capacity()));
}

BOOST_AUTO_TEST_CASE(without_memory_bytes_are_passed_over_and_come_to_nothing) {
  const sent_answer sent;
  column_order order = *sent.job->order;
  const auto bytes = std::make_shared<quota>(100);
  order.memory.emplace(0, bytes);
  incoming_columns columns;
  BOOST_TEST((columns.begin(order, sent.document_bytes(), sent.counts) == verdict::no_memory));
  BOOST_TEST(columns.short_of_memory());
  BOOST_TEST(columns.put(0, sent.text));
  BOOST_TEST(columns.put(77, "whatever"));
  BOOST_TEST(!columns.finish());
  BOOST_TEST(bytes->taken() == 0u);
}

BOOST_AUTO_TEST_CASE(one_that_begins_again_begins_with_nothing) {
  const sent_answer sent;
  incoming_columns columns;
  BOOST_TEST((columns.begin(*sent.job->order, sent.document_bytes(), sent.counts) == verdict::ready));
  BOOST_TEST(columns.put(0, "abc"));
  BOOST_TEST((columns.begin(*sent.job->order, sent.document_bytes(), sent.counts) == verdict::ready));
  BOOST_TEST(!columns.put(3, "def"));
  BOOST_TEST(columns.put(0, sent.text));
  BOOST_TEST(test::same_columns(*columns.finish(), *sent.answer));
  BOOST_TEST((columns.begin(*sent.job->order, sent.document_bytes(), {.tokens = UINT64_MAX}) == verdict::impossible));
  BOOST_TEST(!columns.put(0, "abc"));
  BOOST_TEST(!columns.finish());
}

BOOST_AUTO_TEST_SUITE_END()

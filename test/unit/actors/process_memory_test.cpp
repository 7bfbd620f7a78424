// The memory of a worker process's attempts: what it writes is the answer, and whatever it says of it, an answer lies
// within memory that is its own.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <variant>

#include <unistd.h>

#include "actors/process_memory.hpp"
#include "runtime/memory.hpp"
#include "test/unit/actors/column_jobs.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::answer_in_process;
using test::column_house;
using test::same_columns;

BOOST_AUTO_TEST_SUITE(process_memory_test)

namespace {

/// What the process has mapped, as it does what it is told.
class obedient_process {
public:
  /// Scans as told, into what it was given.
  result_frame work(const attempt_packets& packets, const job& job) {
    take(packets);
    const attempt_frame& frame = packets.attempt;
    column_order order{.columns = frame.columns,
                       .view = static_cast<token_view>(frame.view),
                       .unit = static_cast<position_unit>(frame.unit),
                       .issues_told_max = frame.issues_told_max,
                       .memory = document_pool{0}};
    if (frame.columns != 0) {
      auto& memory = *columns_.at(frame.column_slot);
      order.place = std::make_shared<document_buffer>(std::span{memory.data(), memory.bytes()});
    }
    const scan_input input{job.document, job.regime, order.view};
    auto scan = column_scan::begin(order, input);
    BOOST_REQUIRE(scan.has_value());
    scan_cursor cursor;
    run_scan(*find_kernel("reference"), input, cursor, scan->output());
    const auto answer = scan->finish(cursor, job.stop.here());
    forget(frame.forget_after);
    return {.status = static_cast<uint32_t>(status::ok),
            .token_count = static_cast<uint32_t>(cursor.token_count),
            .issue_count = static_cast<uint32_t>(cursor.issue_count),
            .name_bytes = answer->column(column_id::name_byte).size()};
  }

  void take(const attempt_packets& packets) {
    if (packets.columns) {
      forget(packets.columns->forget);
      auto memory = common_memory::map(owned_fd{::dup(packets.columns_fd)}, packets.columns->memory_bytes);
      BOOST_REQUIRE(memory.has_value());
      columns_.at(packets.columns->slot).emplace(std::move(*memory));
    }
    forget(packets.attempt.forget);
  }

  [[nodiscard]] uint64_t mapped_for_columns() const {
    uint64_t bytes = 0;
    for (const auto& each : columns_)
      if (each) bytes += each->bytes();
    return bytes;
  }

private:
  void forget(uint64_t slots) {
    for (size_t i = 0; i < columns_.size(); ++i)
      if ((slots >> i & 1) != 0) columns_[i].reset();
  }

  std::array<std::optional<common_memory>, mapping_slots::slot_count> columns_;
};

attempt_packets begun(process_memory& memory, const job& job) {
  auto packets = memory.begin(job, now());
  BOOST_REQUIRE(std::holds_alternative<attempt_packets>(packets));
  return std::get<attempt_packets>(packets);
}

attempt_end ended(process_memory& memory, const job& job, const result_frame& result) {
  auto end = memory.end(job, result);
  BOOST_REQUIRE(end.has_value());
  return *end;
}

std::string text_of(size_t bytes) {
  const std::string piece = "\\name{\xC3\xA9 a} % b\n\x01";
  std::string text;
  while (text.size() < bytes) text += piece;
  text.resize(bytes);
  return text;
}

const std::string small = text_of(1000), large = text_of(50'000);

} // namespace

BOOST_FIXTURE_TEST_SUITE(of_a_house, column_house)

BOOST_AUTO_TEST_CASE(what_the_process_writes_is_what_would_be_written_here) {
  process_memory memory;
  obedient_process process;
  for (const std::string& text : {std::string{}, small, large, text_of(3), large, small})
    for (const uint32_t columns : {1u, 2u, 64u, 128u, all_columns}) {
      const job_ptr job = this->job(1, text, order(columns));
      const auto packets = begun(memory, *job);
      const auto end = ended(memory, *job, process.work(packets, *job));
      BOOST_REQUIRE(end.columns != nullptr);
      const auto expected = answer_in_process(*job);
      BOOST_TEST(end.result.status == status::ok);
      BOOST_TEST(same_columns(*end.columns, *expected));
      BOOST_TEST(end.columns->bytes == expected->bytes);
      BOOST_TEST(end.columns->lent().empty()); // no client is to map it
    }
}

BOOST_AUTO_TEST_CASE(small_columns_are_copied_out_and_large_ones_travel_in_the_memory_they_were_written_to) {
  process_memory memory;
  obedient_process process;
  for (const auto& [text, travels] : {std::pair{small, false}, {large, true}}) {
    const job_ptr job = this->job(1, text, order());
    const auto packets = begun(memory, *job);
    const auto end = ended(memory, *job, process.work(packets, *job));
    BOOST_TEST((end.columns->memory->common() != nullptr) == travels);
    BOOST_TEST(shared->files->taken() == (travels ? 1u : 0u));
  }
}

BOOST_AUTO_TEST_CASE(memory_counts_from_begin_to_the_end_of_the_answer) {
  for (const std::string& text : {small, large}) {
    process_memory memory;
    obedient_process process;
    const job_ptr job = this->job(1, text, order());
    const uint64_t expected = column_memory_bytes(*job->order, text.size());
    const auto packets = begun(memory, *job);
    BOOST_TEST(bytes->taken() == expected);
    {
      const auto end = ended(memory, *job, process.work(packets, *job));
      BOOST_TEST(bytes->taken() == expected);
    }
    BOOST_TEST(bytes->taken() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(memory_is_passed_once_and_written_again) {
  process_memory memory;
  obedient_process process;
  for (int round = 0; round < 10; ++round)
    for (const std::string& text : {small, large}) {
      const job_ptr job = this->job(1, text, order());
      const auto packets = begun(memory, *job);
      BOOST_TEST(packets.columns.has_value() == (round == 0));
      (void)ended(memory, *job, process.work(packets, *job));
    }
}

BOOST_AUTO_TEST_CASE(memory_of_an_attempt_that_is_not_answered_is_nobody_elses_until_its_keeper_is_gone) {
  auto memory = std::make_unique<process_memory>();
  process_memory other;
  const job_ptr job = this->job(1, large, order());
  const auto packets = begun(*memory, *job);
  obedient_process hanging;
  hanging.take(packets);
  obedient_process process;
  for (int i = 0; i < 10; ++i) {
    const auto others = begun(other, *job);
    BOOST_TEST(others.columns_fd != packets.columns_fd);
    const auto end = ended(other, *job, process.work(others, *job));
    (void)hanging.work(packets, *this->job(2, text_of(49'000), order())); // it writes on
    BOOST_TEST(same_columns(*end.columns, *answer_in_process(*job)));
  }
  BOOST_TEST(bytes->taken() == column_memory_bytes(*job->order, large.size()));
  memory.reset();
  BOOST_TEST(bytes->taken() == 0u);
}

BOOST_AUTO_TEST_CASE(what_a_process_has_written_once_is_never_written_by_another) {
  process_memory one, other;
  obedient_process first, second;
  const job_ptr job = this->job(1, large, order());
  const auto number_of = [&](process_memory& memory, obedient_process& process) {
    const auto packets = begun(memory, *job);
    return ended(memory, *job, process.work(packets, *job)).columns->memory->common()->number();
  };
  const uint64_t ones = number_of(one, first);
  BOOST_TEST(number_of(other, second) != ones);
  BOOST_TEST(number_of(one, first) == ones); // it has come back
}

BOOST_AUTO_TEST_CASE(behind_each_column_are_zeros_whatever_the_process_has_left_there) {
  process_memory memory;
  obedient_process process;
  for (const std::string& text : {small, large}) {
    const job_ptr job = this->job(1, text, order());
    const auto packets = begun(memory, *job);
    const result_frame result = process.work(packets, *job);
    const auto spoilt = common_memory::map(owned_fd{::dup(packets.columns_fd)}, packets.columns->memory_bytes);
    BOOST_REQUIRE(spoilt.has_value());
    std::memset(spoilt->data(), 0xEE, spoilt->bytes());
    const auto end = ended(memory, *job, result);
    for (const column_bytes& each : end.columns->columns)
      for (uint64_t i = each.bytes.size(); i < padded_to_column(each.bytes.size()); ++i)
        BOOST_REQUIRE(each.bytes.data()[i] == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_result_that_cannot_be_is_none) {
  process_memory memory;
  const auto is_none = [&](const job_ptr& job, const result_frame& result) {
    (void)begun(memory, *job);
    BOOST_TEST(!memory.end(*job, result).has_value());
  };
  const auto counts = [](uint64_t tokens, uint64_t issues, uint64_t name_bytes) {
    return result_frame{.token_count = static_cast<uint32_t>(tokens),
                        .issue_count = static_cast<uint32_t>(issues),
                        .name_bytes = name_bytes};
  };
  static_assert(static_cast<uint32_t>(status::ok) == 0);
  for (const std::string& text : {std::string{}, small, large}) {
    const uint64_t length = text.size();
    for (const uint32_t columns : {0u, 1u, 64u, all_columns}) {
      const job_ptr job = this->job(1, text, columns == 0 ? std::nullopt : std::optional{order(columns)});
      is_none(job, counts(tokens_max(length) + 1, 0, 0));
      is_none(job, counts(UINT32_MAX, 0, 0));
      is_none(job, counts(0, issues_max(length) + 1, 0));
      is_none(job, counts(1, 0, 3 * length + 1));
      is_none(job, counts(1, 0, UINT64_MAX));
      if ((columns & 64) == 0) is_none(job, counts(1, 0, 1)); // names nobody asked for
    }
  }
  BOOST_TEST(bytes->taken() == 0u);
}

BOOST_AUTO_TEST_CASE(whatever_a_process_says_an_answer_lies_in_its_memory_and_holds_what_was_wanted) {
  const uint64_t seed = test::seed();
  BOOST_TEST_CONTEXT("seed " << seed) {
    std::mt19937_64 random{seed};
    process_memory memory;
    uint64_t taken = 0;
    for (int i = 0; i < 2000; ++i) {
      const std::string text = text_of(random() % 3 == 0 ? 15'000 + random() % 10'000 : random() % 100);
      const auto wanted = static_cast<uint32_t>(1 + random() % all_columns);
      const job_ptr job = this->job(1, text, order(wanted));
      (void)begun(memory, *job);
      const auto about = [&](uint64_t most) { return random() % (most + 1 + most / 50); };
      const auto end = memory.end(*job, {.token_count = static_cast<uint32_t>(about(tokens_max(text.size()))),
                                         .issue_count = static_cast<uint32_t>(about(issues_max(text.size()))),
                                         .name_bytes = (wanted & 64) != 0 ? about(3 * text.size()) : 0});
      if (!end) continue;
      ++taken;
      const uint8_t* at = end->columns->memory->data();
      const uint8_t* const last = at + column_memory_bytes(*job->order, text.size());
      auto id = column_id{0};
      for (const column_bytes& each : end->columns->columns) {
        BOOST_REQUIRE(id < each.id);
        id = each.id;
        BOOST_REQUIRE((each.bytes.data() - end->columns->memory->data()) % 64 == 0);
        const auto begin = each.bytes.data(), behind = begin + padded_to_column(each.bytes.size());
        BOOST_REQUIRE((begin >= end->columns->memory->data() && behind <= last));
        for (const column_bytes& other : end->columns->columns)
          BOOST_REQUIRE((other.id == each.id || each.bytes.empty() || other.bytes.data() >= behind
                         || other.bytes.data() + other.bytes.size() <= begin));
      }
      const auto expected = answer_in_process(*job);
      BOOST_REQUIRE(
        std::ranges::equal(end->columns->columns, expected->columns, {}, &column_bytes::id, &column_bytes::id));
    }
    BOOST_TEST(taken > 400u);
  }
}

BOOST_AUTO_TEST_CASE(without_a_file_left_large_columns_are_copied_out_of_memory_that_is_mapped_for_them_alone) {
  process_memory memory;
  obedient_process process;
  std::vector<attempt_end> held; // by clients that do not read
  for (int i = 0; i < 12; ++i) {
    const job_ptr job = this->job(1, large, order());
    const auto packets = begun(memory, *job);
    held.push_back(ended(memory, *job, process.work(packets, *job)));
    BOOST_TEST(same_columns(*held.back().columns, *answer_in_process(*job)));
    BOOST_TEST((held.back().columns->memory->common() != nullptr) == (i < 8));
    if (i >= 8) BOOST_TEST((packets.attempt.forget_after >> packets.attempt.column_slot & 1) == 1u);
  }
  BOOST_TEST(bytes->taken() == 12 * column_memory_bytes(order(), large.size()));
  held.clear();
  BOOST_TEST(bytes->taken() == 0u);
}

BOOST_AUTO_TEST_CASE(without_memory_left_an_attempt_is_not_begun) {
  process_memory memory;
  for (const std::string& text : {small, large}) {
    const job_ptr job = this->job(1, text, order());
    const quota_share others{bytes, bytes->max() - column_memory_bytes(*job->order, text.size()) + 1};
    BOOST_REQUIRE(others.held());
    const auto begin = memory.begin(*job, now());
    BOOST_REQUIRE(std::holds_alternative<status>(begin));
    BOOST_TEST(std::get<status>(begin) == status::overload);
    const job_ptr counts = this->job(2, text, std::nullopt); // takes none of it
    (void)begun(memory, *counts);
  }
}

BOOST_AUTO_TEST_CASE(a_document_that_is_not_shared_is_an_error_of_ours) {
  process_memory memory;
  const auto begin = memory.begin(*test::make_job(1, "abc"), now());
  BOOST_REQUIRE(std::holds_alternative<status>(begin));
  BOOST_TEST(std::get<status>(begin) == status::internal_error);
}

BOOST_AUTO_TEST_CASE(memory_the_process_had_no_room_to_map_is_passed_anew) {
  process_memory memory;
  obedient_process process;
  for (const std::string& text : {small, large}) {
    const job_ptr job = this->job(1, text, order());
    BOOST_TEST(begun(memory, *job).columns.has_value());
    const auto refused = ended(memory, *job, {.status = static_cast<uint32_t>(status::overload), .token_count = 9});
    BOOST_TEST((refused.result == outcome{.status = status::overload}));
    BOOST_TEST(refused.columns == nullptr);
    const auto packets = begun(memory, *job);
    BOOST_TEST(packets.columns.has_value());
    BOOST_TEST((ended(memory, *job, process.work(packets, *job)).columns != nullptr));
  }
}

BOOST_AUTO_TEST_CASE(an_attempt_that_was_stopped_has_no_columns_and_its_memory_is_written_again) {
  process_memory memory;
  const job_ptr job = this->job(1, large, order());
  const auto first = begun(memory, *job);
  const auto stopped = ended(memory, *job, {.status = static_cast<uint32_t>(status::cancelled), .token_count = 9});
  BOOST_TEST((stopped.result == outcome{.status = status::cancelled}));
  BOOST_TEST(stopped.columns == nullptr);
  BOOST_TEST(bytes->taken() == 0u);
  const auto second = begun(memory, *job);
  BOOST_TEST(!second.columns.has_value());
  BOOST_TEST(second.attempt.column_slot == first.attempt.column_slot);
}

BOOST_AUTO_TEST_CASE(between_attempts_no_more_is_mapped_than_the_bound) {
  process_memory memory;
  obedient_process process;
  for (const size_t length : {1000u, 3'000'000u, 50'000u, 5'000'000u, 1000u}) {
    const job_ptr job = this->job(1, text_of(length), order());
    const auto packets = begun(memory, *job);
    (void)ended(memory, *job, process.work(packets, *job));
    BOOST_TEST(memory.mapped_bytes() <= limits::mapped_documents_bytes_max);
    BOOST_TEST(process.mapped_for_columns() <= limits::mapped_documents_bytes_max);
  }
}

BOOST_AUTO_TEST_CASE(memory_that_is_not_written_for_a_while_is_given_back) {
  process_memory memory;
  obedient_process process;
  const job_ptr job = this->job(1, large, order());
  const auto packets = begun(memory, *job);
  (void)ended(memory, *job, process.work(packets, *job));
  memory.cool_down(now());
  BOOST_TEST(shared->files->taken() == 1u);
  memory.cool_down(now() + 10s);
  BOOST_TEST(shared->files->taken() == 0u);
  BOOST_TEST(begun(memory, *job).columns.has_value());
}

BOOST_AUTO_TEST_CASE(who_wants_counts_only_is_asked_for_nothing_else) {
  process_memory memory;
  obedient_process process;
  column_order source_counts = order(0);
  source_counts.view = token_view::source;
  const job_ptr job = this->job(1, small, source_counts);
  const auto packets = begun(memory, *job);
  BOOST_TEST(!packets.columns.has_value());
  BOOST_TEST(packets.attempt.view == static_cast<uint32_t>(token_view::source));
  BOOST_TEST(packets.attempt.columns == 0u);
  BOOST_TEST(bytes->taken() == 0u);
  const auto end = ended(memory, *job, {.token_count = 5});
  BOOST_TEST(end.result.token_count == 5u);
  BOOST_TEST(end.columns == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

// What a worker's process and its lane say to each other: each packet is taken for what it is, or for nothing.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <random>

#include "actors/process_frames.hpp"
#include "actors/state/mapping_slots.hpp"
#include "runtime/document.hpp"
#include "runtime/limits.hpp"
#include "runtime/tokenize_frame.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(process_frames_test)

namespace {

attempt_frame some_attempt() {
  return {.slot = 3,
          .number = 9,
          .memory_bytes = 8192,
          .document_offset = sizeof(shared_document_header) + 4,
          .document_bytes = 1000,
          .fresh = 1,
          .columns = all_columns,
          .column_slot = 4,
          .view = 1,
          .unit = 2,
          .issues_told_max = 77,
          .regime = packet_name{"latex"}};
}

template <class Frame>
std::optional<Frame> there_and_back(const Frame& frame) {
  return from_packet<Frame>(to_packet(frame));
}

template <class Frame>
void expect_flag(Frame frame, uint32_t Frame::*flag) {
  for (const uint32_t value : {0u, 1u}) {
    frame.*flag = value;
    BOOST_TEST(there_and_back(frame).has_value());
  }
  for (const uint32_t value : {2u, 256u, UINT32_MAX}) {
    frame.*flag = value;
    BOOST_TEST(!there_and_back(frame).has_value());
  }
}

/// A text of so many bytes, its end among them.
template <class Frame>
void expect_text_to_end(const Frame& frame, size_t offset, size_t bytes) {
  auto packet = to_packet(frame);
  const auto text = std::span{packet}.subspan(offset, bytes);
  std::fill(text.begin(), text.end() - 1, uint8_t{'x'});
  BOOST_TEST(from_packet<Frame>(packet).has_value());
  text.back() = 'x';
  BOOST_TEST(!from_packet<Frame>(packet).has_value());
}

} // namespace

BOOST_AUTO_TEST_CASE(each_frame_arrives_as_it_was_sent) {
  start_frame start;
  start.core = 5;
  start.kernel = packet_name{"avx2"};
  BOOST_TEST(there_and_back(start)->core == 5u);
  BOOST_TEST(there_and_back(start)->kernel.view() == "avx2");
  ready_frame ready;
  ready.unpinned = packet_text<160>{"cannot run a thread on core 5"};
  BOOST_TEST(there_and_back(ready)->unpinned.view() == "cannot run a thread on core 5");
  const auto attempt = there_and_back(some_attempt());
  BOOST_REQUIRE(attempt.has_value());
  BOOST_TEST(attempt->number == 9u);
  BOOST_TEST(attempt->document_bytes == 1000u);
  BOOST_TEST(attempt->regime.view() == "latex");
  BOOST_TEST(attempt->columns == all_columns);
  BOOST_TEST(attempt->column_slot == 4u);
  BOOST_TEST(attempt->issues_told_max == 77u);
  const auto columns = there_and_back(columns_frame{.slot = 5, .forget = 3, .memory_bytes = 4096});
  BOOST_REQUIRE(columns.has_value());
  BOOST_TEST(columns->slot == 5u);
  BOOST_TEST(columns->memory_bytes == 4096u);
  const auto result = there_and_back(result_frame{.status = 7, .number = 9, .token_count = 70, .issue_count = 1});
  BOOST_REQUIRE(result.has_value());
  BOOST_TEST(result->token_count == 70u);
  BOOST_TEST(there_and_back(result_frame{.name_bytes = 12})->name_bytes == 12u);
}

BOOST_AUTO_TEST_CASE(a_text_too_long_is_cut) { BOOST_TEST(packet_text<8>{"0123456789"}.view() == "0123456"); }

BOOST_AUTO_TEST_CASE(a_packet_of_another_length_or_kind_is_nothing) {
  const auto packet = to_packet(some_attempt());
  for (size_t bytes = 0; bytes < packet.size(); ++bytes)
    BOOST_TEST(!from_packet<attempt_frame>(std::span{packet}.first(bytes)).has_value());
  auto other = packet;
  other[0] = result_frame::wanted_kind;
  BOOST_TEST(!from_packet<attempt_frame>(other).has_value());
}

BOOST_AUTO_TEST_CASE(an_attempt_that_reaches_beyond_its_memory_is_nothing) {
  attempt_frame frame = some_attempt();
  frame.document_bytes = frame.memory_bytes - frame.document_offset;
  BOOST_TEST(there_and_back(frame).has_value());
  ++frame.document_bytes;
  BOOST_TEST(!there_and_back(frame).has_value());
  frame = some_attempt();
  frame.document_offset = UINT64_MAX - 10;
  BOOST_TEST(!there_and_back(frame).has_value());
  frame = some_attempt();
  frame.document_offset = sizeof(shared_document_header) - 1; // within the header
  BOOST_TEST(!there_and_back(frame).has_value());
  frame = some_attempt();
  frame.slot = mapping_slots::slot_count;
  BOOST_TEST(!there_and_back(frame).has_value());
}

BOOST_AUTO_TEST_CASE(columns_views_units_and_slots_that_do_not_exist_are_nothing) {
  const auto is_nothing = [](auto change) {
    attempt_frame frame = some_attempt();
    change(frame);
    BOOST_TEST(!there_and_back(frame).has_value());
  };
  is_nothing([](attempt_frame& frame) { frame.columns = all_columns + 1; });
  is_nothing([](attempt_frame& frame) { frame.view = 2; });
  is_nothing([](attempt_frame& frame) { frame.unit = 3; });
  is_nothing([](attempt_frame& frame) { frame.column_slot = mapping_slots::slot_count; });
  is_nothing([](attempt_frame& frame) { frame.column_slot = frame.slot; });
  attempt_frame counts_only = some_attempt();
  counts_only.columns = counts_only.column_slot = counts_only.slot = 0;
  BOOST_TEST(there_and_back(counts_only).has_value());
  BOOST_TEST(!there_and_back(columns_frame{.slot = mapping_slots::slot_count, .memory_bytes = 4096}).has_value());
  BOOST_TEST(!there_and_back(columns_frame{.slot = 1}).has_value()); // of no bytes
}

BOOST_AUTO_TEST_CASE(a_flag_that_is_neither_set_nor_not_is_nothing) {
  for (uint32_t start_frame::*const flag :
       {&start_frame::lock_memory, &start_frame::stall_after, &start_frame::stall_deaf})
    expect_flag(start_frame{}, flag);
  expect_flag(ready_frame{}, &ready_frame::locked);
  expect_flag(some_attempt(), &attempt_frame::fresh);
  expect_flag(some_attempt(), &attempt_frame::crash);
}

BOOST_AUTO_TEST_CASE(a_text_without_an_end_is_nothing) {
  expect_text_to_end(start_frame{}, offsetof(start_frame, kernel), sizeof(packet_name));
  expect_text_to_end(start_frame{}, offsetof(start_frame, regime), sizeof(packet_name));
  expect_text_to_end(ready_frame{}, offsetof(ready_frame, unpinned), sizeof(ready_frame::unpinned));
  expect_text_to_end(some_attempt(), offsetof(attempt_frame, regime), sizeof(packet_name));
}

BOOST_AUTO_TEST_CASE(a_start_for_documents_longer_than_any_can_be_is_nothing) {
  start_frame start;
  start.document_bytes_max = limits::scan_bytes_max;
  BOOST_TEST(there_and_back(start).has_value());
  ++start.document_bytes_max;
  BOOST_TEST(!there_and_back(start).has_value());
}

BOOST_AUTO_TEST_CASE(a_status_that_does_not_exist_is_nothing) {
  BOOST_TEST(there_and_back(result_frame{.status = status_count - 1}).has_value());
  BOOST_TEST(!there_and_back(result_frame{.status = status_count}).has_value());
}

BOOST_AUTO_TEST_CASE(whatever_bytes_come_a_frame_that_is_taken_is_valid) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  for (int i = 0; i < 100'000; ++i) {
    auto packet = to_packet(some_attempt());
    for (int changes = 0; changes < 3; ++changes) packet[random() % packet.size()] = static_cast<uint8_t>(random());
    const auto frame = from_packet<attempt_frame>(packet);
    if (!frame) continue;
    BOOST_REQUIRE_MESSAGE(frame->slot < mapping_slots::slot_count, "seed " << seed);
    BOOST_REQUIRE_MESSAGE(frame->column_slot < mapping_slots::slot_count, "seed " << seed);
    BOOST_REQUIRE_MESSAGE(frame->columns <= all_columns, "seed " << seed);
    BOOST_REQUIRE_MESSAGE(frame->document_offset + frame->document_bytes <= frame->memory_bytes, "seed " << seed);
    BOOST_REQUIRE_MESSAGE(frame->regime.view().size() < sizeof(packet_name), "seed " << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()

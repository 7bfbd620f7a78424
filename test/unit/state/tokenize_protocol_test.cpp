// What a connection may do with version 2 of the protocol, and what it hears, one rule a test. docs/protocol-2.md says
// the same in prose.
#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "test/support/frames.hpp"
#include "test/unit/state/scripted_connection.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(tokenize_protocol_test)

namespace {

bytes column_frame(uint64_t id, std::string_view document) {
  return test::tokenize_frame(id, document, {.columns = 3});
}

struct connected : connected_client {
  void greet(const hello& said = {1, 2, 0}) {
    client.send(hello_frame(1, said));
    BOOST_TEST(only().id == 1u);
  }
  job_id only_job() {
    BOOST_REQUIRE(client.jobs.size() == 1u);
    return {client.jobs.begin()->first};
  }
  void expect_refusal(uint64_t id, status wanted) {
    const response got = only();
    BOOST_TEST(got.id == id);
    BOOST_TEST(got.result.status == wanted);
    BOOST_TEST((got.form == response_form::tokenized));
    BOOST_TEST(!got.columns);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(hellos, connected)

BOOST_AUTO_TEST_CASE(a_hello_is_answered_under_its_id_with_what_the_server_can_do) {
  client.send(hello_frame(9, {1, 2, 0}));
  const response got = only();
  BOOST_TEST(got.id == 9u);
  BOOST_TEST((got.form == response_form::hello));
  BOOST_TEST(*got.text == "2");
}

BOOST_AUTO_TEST_CASE(features_that_the_server_does_not_know_are_not_in_its_answer) {
  client.send(hello_frame(9, {1, 2, 0xFFFFFFFF}));
  BOOST_TEST(*only().text == "2 all");
}

BOOST_AUTO_TEST_CASE(features_that_this_connection_cannot_have_are_not_in_its_answer_and_not_agreed_on) {
  client.features = static_cast<uint32_t>(hello_feature::going_away);
  client.send(hello_frame(9, {1, 2, all_features}));
  BOOST_TEST(*only().text == "2 going away");
  BOOST_TEST(client.protocol.features() == client.features);
}

BOOST_AUTO_TEST_CASE(only_who_has_agreed_on_descriptors_may_pass_or_wish_or_release_them) {
  greet();
  for (const bool passes : {true, false}) {
    client.send(frame(
      frame_type::tokenize, 2,
      encode_tokenize_head({.columns = 3, .document_by_descriptor = passes, .columns_by_descriptor = !passes}, 0)));
    expect_refusal(2, status::unsupported_option);
  }
  client.send(frame(frame_type::release, 2, {}));
  BOOST_TEST(only().result.status == status::unknown_type);
}

BOOST_AUTO_TEST_CASE(who_has_agreed_on_descriptors_passes_documents_whose_length_the_head_tells) {
  greet({1, 2, static_cast<uint32_t>(hello_feature::descriptors)});
  client.send(frame(frame_type::tokenize, 2, encode_tokenize_head({.document_by_descriptor = true}, 5)));
  BOOST_TEST(client.jobs.size() == 1u);
  client.send(frame(frame_type::tokenize, 3, encode_tokenize_head({.document_by_descriptor = true}, 1u << 31)));
  expect_refusal(3, status::document_too_large);
  client.send(frame(frame_type::tokenize, 4, encode_tokenize_head({.document_by_descriptor = true}, 5) + "12345"));
  expect_refusal(4, status::malformed_frame);
}

BOOST_AUTO_TEST_CASE(a_release_answers_nothing_and_holds_nothing) {
  greet({1, 2, static_cast<uint32_t>(hello_feature::descriptors)});
  client.send(frame(frame_type::release, 77, {}));
  client.send(frame(frame_type::release, 78, "what a later version may add"));
  BOOST_TEST(client.receive().empty());
  BOOST_TEST((client.released == std::vector<uint64_t>{77, 78}));
}

BOOST_AUTO_TEST_CASE(a_client_that_speaks_version_1_alone_hears_so_and_stays_with_it) {
  client.send(hello_frame(9, {1, 1, 0}));
  BOOST_TEST(*only().text == "1");
  client.send(column_frame(2, "abc"));
  BOOST_TEST(only().result.status == status::unknown_type);
}

BOOST_AUTO_TEST_CASE(a_client_whose_versions_do_not_hold_2_hears_so_and_stays_with_1) {
  client.send(hello_frame(9, {3, 5, 0}));
  BOOST_TEST(*only().text == "1");
  client.send(column_frame(2, "abc"));
  BOOST_TEST(only().result.status == status::unknown_type);
  BOOST_TEST(client.protocol.reading() == read_step::ended);
}

BOOST_AUTO_TEST_CASE(without_a_hello_its_frames_are_unknown_as_they_always_were) {
  client.send(column_frame(2, "abc"));
  const response got = only();
  BOOST_TEST(got.result.status == status::unknown_type);
  BOOST_TEST((got.form == response_form::counts));
}

BOOST_AUTO_TEST_CASE(frames_may_follow_a_hello_at_once) {
  bytes both = hello_frame(1, {2, 2, 0});
  const bytes behind = column_frame(2, "abc");
  both.insert(both.end(), behind.begin(), behind.end());
  client.send(both);
  BOOST_TEST(client.jobs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_second_hello_is_malformed_and_ends_the_connection) {
  greet();
  client.send(hello_frame(2, {1, 2, 0}));
  BOOST_TEST(only().result.status == status::malformed_frame);
  BOOST_TEST(client.protocol.reading() == read_step::ended);
}

BOOST_AUTO_TEST_CASE(so_is_one_that_is_too_short_too_long_or_no_hello) {
  for (const bytes& sent : {frame(frame_type::hello, 2, "TXLX"), frame(frame_type::hello, 2, std::string(4097, 'x')),
                            frame(frame_type::hello, 2, std::string(16, 'x'))}) {
    connected other;
    other.client.send(sent);
    BOOST_TEST(other.only().result.status == status::malformed_frame);
    BOOST_TEST(other.client.protocol.reading() == read_step::ended);
  }
}

BOOST_AUTO_TEST_CASE(one_that_is_cut_short_hears_so) {
  const bytes whole = hello_frame(2, {1, 2, 0});
  client.send({whole.begin(), whole.end() - 1});
  client.protocol.end_of_stream(client.time);
  BOOST_TEST(only().result.status == status::frame_cut_short);
}

BOOST_AUTO_TEST_CASE(one_that_does_not_come_to_its_end_in_time_ends_the_connection) {
  const bytes whole = hello_frame(2, {1, 2, 0});
  client.send({whole.begin(), whole.end() - 1});
  BOOST_TEST((client.protocol.tick(client.time + 20ms) == tick_verdict::reading_ended));
  BOOST_TEST(client.protocol.reading() == read_step::ended);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(requests, connected)

BOOST_AUTO_TEST_CASE(a_request_becomes_a_job_with_its_document) {
  greet();
  client.send(tokenize_frame(7, "abc", {.columns = 3, .regime = "plain"}));
  BOOST_TEST(client.jobs.at(only_job().value).document == "abc");
}

BOOST_AUTO_TEST_CASE(its_answer_goes_back_with_its_columns_and_what_it_was_asked_with) {
  greet();
  client.send(tokenize_frame(7, "abc", {.columns = 3, .view = token_view::source, .unit = position_unit::code_points}));
  const auto columns = columns_of(10);
  client.answer(only_job(), {status::ok, 3, 0, origin::primary}, columns);
  BOOST_TEST((only()
              == response{7,
                          {status::ok, 3, 0, origin::primary},
                          nullptr,
                          response_form::tokenized,
                          token_view::source,
                          position_unit::code_points,
                          columns}));
}

BOOST_AUTO_TEST_CASE(requests_of_both_versions_may_be_in_flight_together) {
  greet();
  client.send(column_frame(7, "abc"));
  client.send(request_frame(8, "de"));
  client.answer_all();
  const auto got = client.receive();
  BOOST_REQUIRE(got.size() == 2u);
  BOOST_TEST((got[0].form == response_form::tokenized));
  BOOST_TEST((got[1].form == response_form::counts));
}

BOOST_AUTO_TEST_CASE(a_refusal_has_the_form_of_its_version) {
  greet();
  client.send(column_frame(7, "abc"));
  client.send(column_frame(7, "abc"));
  expect_refusal(7, status::duplicate_id);
}

BOOST_AUTO_TEST_CASE(what_is_malformed_or_not_supported_is_refused_and_the_connection_goes_on) {
  greet();
  bytes malformed = column_frame(7, "abc");
  malformed[frame_header_bytes + 4] = 9; // bytes of the document
  client.send(malformed);
  expect_refusal(7, status::malformed_frame);
  bytes unsupported = column_frame(8, "abc");
  unsupported[frame_header_bytes + 12] = 2; // the view
  client.send(unsupported);
  expect_refusal(8, status::unsupported_option);
  client.send(column_frame(9, "abc"));
  BOOST_TEST(client.jobs.size() == 1u);
  BOOST_TEST(desk.requests_in_flight() == 1u);
}

BOOST_AUTO_TEST_CASE(a_document_a_byte_too_long_is_refused_whatever_options_stand_before_it) {
  greet();
  const std::string longest(small_limits.document_bytes_max, 'a');
  client.send(tokenize_frame(7, longest, {.regime = "latex-package"}));
  BOOST_TEST(client.jobs.size() == 1u);
  client.send(tokenize_frame(8, longest + "a", {.regime = "latex-package"}));
  expect_refusal(8, status::document_too_large);
}

BOOST_AUTO_TEST_CASE(one_that_is_far_too_long_is_refused_from_its_header) {
  greet();
  client.send(joined(encode(frame_header{8, 7, 5000}), ""));
  expect_refusal(7, status::document_too_large);
  BOOST_TEST(client.protocol.reading() == read_step::skip);
}

BOOST_AUTO_TEST_CASE(a_cancel_works_as_in_version_1) {
  greet();
  client.send(column_frame(7, "abc"));
  client.send(cancel_frame(7));
  BOOST_REQUIRE(client.cancelled.size() == 1u);
  client.answer(client.cancelled.front(), {status::cancelled, 0, 0, origin::none});
  expect_refusal(7, status::cancelled);
}

BOOST_AUTO_TEST_CASE(one_cut_short_or_abandoned_is_answered_in_its_form) {
  greet();
  const bytes whole = column_frame(7, "abc");
  client.send({whole.begin(), whole.end() - 1});
  client.protocol.end_of_stream(client.time);
  expect_refusal(7, status::frame_cut_short);

  connected other;
  other.greet();
  other.client.send(column_frame(8, "abc"));
  other.client.protocol.abandon();
  other.expect_refusal(8, status::shutting_down);
}

BOOST_AUTO_TEST_CASE(columns_that_are_expected_count_until_it_is_known_how_many_they_are) {
  greet();
  client.send(column_frame(7, "abc"));
  client.protocol.expect_columns(only_job(), 100);
  BOOST_TEST(client.protocol.reading() == read_step::pause);
  client.answer(only_job(), {status::ok, 3, 0, origin::primary}, columns_of(99));
  BOOST_TEST(client.protocol.reading() == read_step::header);
}

BOOST_AUTO_TEST_CASE(a_connection_whose_columns_are_not_written_is_not_read_until_they_are) {
  greet();
  client.send(column_frame(7, "abc"));
  client.answer(only_job(), {status::ok, 3, 0, origin::primary}, columns_of(100));
  BOOST_TEST(client.protocol.reading() == read_step::pause);
  const auto writing = client.protocol.begin_write(client.time);
  BOOST_TEST(writing.size() == 1u);
  BOOST_TEST(client.protocol.reading() == read_step::pause);
  client.protocol.written(client.time);
  BOOST_TEST(client.protocol.reading() == read_step::header);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(going_away_frames, connected)

namespace {

constexpr hello wants_to_know{1, 2, static_cast<uint32_t>(hello_feature::going_away)};

going_away told_by(const response& got) {
  BOOST_TEST(got.id == 0u);
  BOOST_REQUIRE((got.form == response_form::going_away));
  const auto said = decode_going_away({reinterpret_cast<const uint8_t*>(got.text->data()), got.text->size()});
  BOOST_REQUIRE(said.has_value());
  return *said;
}

} // namespace

BOOST_AUTO_TEST_CASE(who_has_asked_for_it_is_told_the_last_request_that_is_still_answered) {
  greet(wants_to_know);
  client.send(column_frame(7, "abc"));
  client.send(request(9, "abc"));
  client.protocol.drain();
  BOOST_TEST((told_by(only()) == going_away{2, 9}));
  client.send(column_frame(11, "abc"));
  expect_refusal(11, status::shutting_down);
  client.answer_all();
  BOOST_TEST(client.receive().size() == 2u);
  BOOST_TEST(client.protocol.drained());
}

BOOST_AUTO_TEST_CASE(a_request_that_was_refused_was_not_taken) {
  greet(wants_to_know);
  client.send(header(8, 7, limits::frame_payload_bytes_max));
  BOOST_TEST(only().result.status == status::document_too_large);
  client.protocol.drain();
  BOOST_TEST((told_by(only()) == going_away{0, 0}));
}

BOOST_AUTO_TEST_CASE(who_has_not_asked_for_it_is_not_told) {
  greet();
  client.protocol.drain();
  BOOST_TEST(client.protocol.drained());
}

BOOST_AUTO_TEST_CASE(who_asks_for_it_while_the_server_drains_is_told_behind_the_hello_response) {
  client.protocol.drain();
  client.send(hello_frame(1, wants_to_know));
  const auto got = client.receive();
  BOOST_REQUIRE(got.size() == 2u);
  BOOST_TEST((got[0].form == response_form::hello));
  BOOST_TEST((told_by(got[1]) == going_away{0, 0}));
}

BOOST_AUTO_TEST_CASE(it_is_told_once_and_beside_as_many_requests_as_a_connection_may_have) {
  greet(wants_to_know);
  uint64_t id = 1;
  while (client.protocol.reading() == read_step::header) client.send(column_frame(++id, "abc"));
  client.protocol.drain();
  client.protocol.drain();
  BOOST_TEST((told_by(only()) == going_away{id - 1, id}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

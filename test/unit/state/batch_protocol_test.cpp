// What becomes of frames with several documents on a connection, one rule a test. docs/protocol-2.md says the same in
// prose.
#include <boost/test/unit_test.hpp>

#include "test/support/frames.hpp"
#include "test/unit/state/scripted_connection.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(batch_protocol_test)

namespace {

constexpr outcome fine{status::ok, 1, 0, origin::primary};

struct greeted : connected_client {
  greeted() {
    client.send(hello_frame(1, {2, 2, 0}));
    (void)client.receive();
  }

  bytes batch(uint64_t id, const std::vector<std::string>& documents) {
    return batch_frame(id, documents, {.columns = 3, .view = token_view::source});
  }
  job_id job(size_t index) {
    BOOST_REQUIRE(index < client.jobs.size());
    return {std::next(client.jobs.begin(), static_cast<std::ptrdiff_t>(index))->first};
  }
  void expect_refusal(uint64_t id, status wanted) {
    const response got = only();
    BOOST_TEST(got.id == id);
    BOOST_TEST(got.result.status == wanted);
    BOOST_TEST((got.form == response_form::batch));
    BOOST_TEST(got.documents.empty());
    BOOST_TEST(client.jobs.empty());
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(without_a_hello_it_is_an_unknown_type) {
  admission desk{100, 1000};
  scripted_connection client{small_limits, desk};
  client.send(batch_frame(2, {"a"}, {}));
  const auto got = client.receive();
  BOOST_REQUIRE(got.size() == 1u);
  BOOST_TEST(got.front().result.status == status::unknown_type);
}

BOOST_FIXTURE_TEST_SUITE(batches, greeted)

BOOST_AUTO_TEST_CASE(each_document_becomes_a_job_of_its_own) {
  client.send(batch(7, {"ab", "", "c"}));
  BOOST_REQUIRE(client.jobs.size() == 3u);
  BOOST_TEST(client.jobs.at(job(0).value).document == "ab");
  BOOST_TEST(client.jobs.at(job(1).value).document == "");
  BOOST_TEST(client.jobs.at(job(2).value).document == "c");
}

BOOST_AUTO_TEST_CASE(the_response_comes_once_all_have_their_outcome_in_the_order_of_the_documents) {
  client.send(batch(7, {"ab", "", "c"}));
  const job_id first = job(0), second = job(1), third = job(2);
  client.answer(third, {status::ok, 3, 0, origin::hedge});
  client.answer(first, {status::ok, 2, 0, origin::primary});
  BOOST_TEST(client.receive().empty());
  client.answer(second, {status::overload, 50, 0, origin::none});
  const response got = only();
  BOOST_TEST(got.id == 7u);
  BOOST_TEST((got.form == response_form::batch));
  BOOST_TEST(got.result.status == status::ok);
  BOOST_REQUIRE(got.documents.size() == 3u);
  BOOST_TEST(got.documents[0].result.token_count == 2u);
  BOOST_TEST(got.documents[1].result.status == status::overload);
  BOOST_TEST((got.documents[2].result.origin == origin::hedge));
  for (const response& each : got.documents) {
    BOOST_TEST((each.form == response_form::tokenized));
    BOOST_TEST((each.view == token_view::source));
  }
}

BOOST_AUTO_TEST_CASE(a_second_outcome_of_a_document_is_late_and_changes_nothing) {
  client.send(batch(7, {"a", "b"}));
  const job_id first = job(0), second = job(1);
  BOOST_TEST(client.protocol.answered(first, fine, client.time));
  BOOST_TEST(!client.protocol.answered(first, {.status = status::worker_lost}, client.time));
  BOOST_TEST(client.protocol.answered(second, fine, client.time));
  BOOST_TEST(!client.protocol.answered(second, fine, client.time));
  BOOST_TEST(only().documents.front().result.status == status::ok);
  client.jobs.clear();
}

BOOST_AUTO_TEST_CASE(it_counts_as_one_request_of_its_connection) {
  client.send(batch(7, {"a", "b", "c", "d", "e"}));
  BOOST_TEST((client.protocol.reading() == read_step::header));
  client.send(batch(8, {"a", "b"}));
  client.send(batch(9, {"a"}));
  BOOST_TEST((client.protocol.reading() == read_step::pause));
  client.answer_all();
  BOOST_TEST(client.receive().size() == 3u);
}

BOOST_AUTO_TEST_CASE(other_frames_may_be_in_flight_with_it_and_are_not_kept_waiting) {
  client.send(batch(7, {"a", "b"}));
  client.send(request(8, "c"));
  client.answer(job(2));
  BOOST_TEST(only().id == 8u);
  client.answer_all();
  BOOST_TEST(only().id == 7u);
}

BOOST_AUTO_TEST_CASE(a_cancel_means_all_of_its_documents) {
  client.send(batch(7, {"a", "b", "c"}));
  const job_id first = job(0);
  client.send(cancel(7));
  BOOST_REQUIRE(client.cancelled.size() == 3u);
  BOOST_TEST((client.cancelled.front() == first));
  BOOST_TEST((client.cancelled.back() == job_id{first.value + 2}));
  client.answer_all();
}

BOOST_AUTO_TEST_CASE(what_is_malformed_or_not_supported_is_refused_as_a_whole_and_the_connection_goes_on) {
  std::string lies = batch_payload({"abc", "d"}, {});
  lies[32] = 2;
  client.send(frame(frame_type::batch, 7, lies));
  expect_refusal(7, status::malformed_frame);
  lies = batch_payload({"abc", "d"}, {});
  lies[12] = 9;
  client.send(frame(frame_type::batch, 8, lies));
  expect_refusal(8, status::unsupported_option);
  client.send(frame(frame_type::batch, 9, ""));
  expect_refusal(9, status::malformed_frame);
  client.send(request(10, "a"));
  BOOST_TEST(client.jobs.size() == 1u);
  client.answer_all();
}

BOOST_AUTO_TEST_CASE(documents_that_are_too_long_together_are_refused) {
  client.send(batch(7, {"12345", "12345"}));
  client.answer_all();
  BOOST_TEST(only().documents.size() == 2u);
  client.send(batch(8, {"12345", "123456"}));
  expect_refusal(8, status::document_too_large);
  client.send(header(static_cast<uint32_t>(frame_type::batch), 9, 1 << 20)); // from its header
  expect_refusal(9, status::document_too_large);
}

BOOST_AUTO_TEST_CASE(one_cut_short_is_refused_in_its_form) {
  const bytes whole = batch(7, {"a", "b"});
  client.send({whole.begin(), whole.end() - 1});
  client.protocol.end_of_stream(client.time);
  expect_refusal(7, status::frame_cut_short);
}

BOOST_AUTO_TEST_CASE(one_that_is_abandoned_tells_the_outcomes_that_were_there_already) {
  client.send(batch(7, {"a", "b", "c"}));
  client.answer(job(1), fine);
  BOOST_TEST(client.protocol.abandon() == 2u);
  const response got = only();
  BOOST_TEST((got.form == response_form::batch));
  BOOST_REQUIRE(got.documents.size() == 3u);
  BOOST_TEST(got.documents[0].result.status == status::shutting_down);
  BOOST_TEST(got.documents[1].result.status == status::ok);
  BOOST_TEST(got.documents[2].result.status == status::shutting_down);
  BOOST_TEST(client.protocol.done());
  client.jobs.clear();
}

BOOST_AUTO_TEST_CASE(columns_of_all_its_documents_count_until_they_are_written) {
  client.send(batch(7, {"a", "b"}));
  const job_id first = job(0), second = job(1);
  client.protocol.expect_columns(first, 60);
  BOOST_TEST((client.protocol.reading() == read_step::header));
  client.protocol.expect_columns(second, 60);
  BOOST_TEST((client.protocol.reading() == read_step::pause));
  client.answer(first, fine, columns_of(60));
  client.answer(second, fine, columns_of(50));
  BOOST_TEST((client.protocol.reading() == read_step::pause));
  BOOST_TEST(column_bytes_of(only()) == 110u);
  BOOST_TEST((client.protocol.reading() == read_step::header));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

// Each allocation of the client may fail: the call says so, and the same client serves the next one.
#include "test/client/played_server.hpp"
#include "test/support/scarce_memory.hpp"

using namespace texlex::test;

namespace {

// How often it failed for want of memory before it succeeded.
template <class Call>
int failures_before_success(Call call) {
  return failures_before<TEXLEX_CLIENT_OK, TEXLEX_CLIENT_NO_MEMORY>(call);
}

struct served {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  std::string url = url_of(server);
  texlex_client* client = nullptr;

  served() { BOOST_TEST_REQUIRE(open() == TEXLEX_CLIENT_OK); }
  ~served() { texlex_client_free(client); }

  texlex_client_status open() {
    texlex_client_free(client);
    client = nullptr;
    const char* const text = url.c_str();
    return texlex_client_open(&text, 1, nullptr, &client);
  }
};

texlex_client_request asking(std::string_view document) {
  texlex_client_request request = TEXLEX_CLIENT_REQUEST_INIT;
  request.document = document.data();
  request.document_bytes = document.size();
  return request;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(to_open_a_client_may_lack_memory_at_each_step, served) {
  BOOST_TEST(failures_before_success([&] { return open(); }) >= 3);
}

BOOST_FIXTURE_TEST_CASE(to_tokenize_may_lack_memory_at_each_step, served) {
  const auto request = asking("abc");
  for (const bool is_connected : {false, true}) {
    texlex_client_answer* answer = nullptr;
    const int failures = failures_before_success([&] {
      texlex_client_answer_free(answer);
      answer = nullptr;
      return texlex_client_tokenize(client, &request, &answer);
    });
    BOOST_TEST(failures >= 3, "connected: " << is_connected); // what is asked, the request, its answer
    BOOST_TEST(texlex_client_answer_count(answer) == 3u);
    texlex_client_answer_free(answer);
  }
}

BOOST_FIXTURE_TEST_CASE(to_tokenize_several_may_lack_memory_at_each_step, served) {
  const auto request = asking({});
  const texlex_client_document documents[] = {{"a", 1}, {"bc", 2}, {"def", 3}};
  texlex_client_answer* answers[3] = {};
  const int failures = failures_before_success([&] {
    for (texlex_client_answer*& each : answers) texlex_client_answer_free(std::exchange(each, nullptr));
    const auto status = texlex_client_tokenize_batch(client, &request, documents, 3, answers);
    if (status != TEXLEX_CLIENT_OK) return status;
    for (texlex_client_answer* each : answers)
      if (const auto ended = texlex_client_answer_status(each); ended != TEXLEX_CLIENT_OK) return ended;
    return status;
  });
  BOOST_TEST(failures >= 5);
  for (uint64_t i = 0; i < 3; ++i) {
    BOOST_TEST(texlex_client_answer_count(answers[i]) == i + 1);
    texlex_client_answer_free(answers[i]);
  }
}

BOOST_FIXTURE_TEST_CASE(to_cancel_may_lack_memory_at_each_step_and_ends_the_request_all_the_same, served) {
  const auto request = asking("abc");
  for (int has = 0; has < 30; ++has) {
    texlex_client_call* call = nullptr;
    BOOST_TEST_REQUIRE(texlex_client_submit(client, &request, nullptr, nullptr, &call) == TEXLEX_CLIENT_OK);
    allocations_left = has;
    texlex_client_call_free(call);
    allocations_left = -1;
  }
  texlex_client_answer* answer = nullptr;
  BOOST_TEST(texlex_client_tokenize(client, &request, &answer) == TEXLEX_CLIENT_OK);
  BOOST_TEST(texlex_client_answer_count(answer) == 3u);
  texlex_client_answer_free(answer);
}

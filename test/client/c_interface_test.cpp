// What the C interface promises whatever it is given.
#include <cstddef>
#include <cstring>

#include <poll.h>

#include "test/client/played_server.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(c_interface_test)

namespace {

texlex_client* opened(const std::string& url, const texlex_client_options* options = nullptr) {
  const char* const text = url.c_str();
  texlex_client* made = nullptr;
  BOOST_TEST_REQUIRE(texlex_client_open(&text, 1, options, &made) == TEXLEX_CLIENT_OK);
  return made;
}

texlex_client_request asking(std::string_view document) {
  texlex_client_request request = TEXLEX_CLIENT_REQUEST_INIT;
  request.document = document.data();
  request.document_bytes = document.size();
  return request;
}

byte_server::script letters_script() {
  return [](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  };
}

} // namespace

BOOST_AUTO_TEST_CASE(a_null_argument_is_an_error) {
  texlex_client* client = nullptr;
  const char* const url = "unix:/a";
  const char* const none = nullptr;
  BOOST_TEST(texlex_client_open(&url, 1, nullptr, nullptr) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_open(nullptr, 1, nullptr, &client) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_open(&none, 1, nullptr, &client) == TEXLEX_CLIENT_NULL_ARGUMENT);
  client = opened("unix:/a");
  texlex_client_answer* answer = nullptr;
  texlex_client_call* call = nullptr;
  const auto request = asking("a");
  BOOST_TEST(texlex_client_tokenize(nullptr, &request, &answer) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_tokenize(client, nullptr, &answer) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_tokenize(client, &request, nullptr) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_submit(client, &request, nullptr, nullptr, nullptr) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_wait(nullptr, &answer) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_take(call, &answer) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_tokenize_batch(client, &request, nullptr, 1, &answer) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_answer_status(nullptr) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(texlex_client_answer_count(nullptr) == 0u);
  BOOST_TEST((texlex_client_answer_kinds(nullptr) == nullptr));
  BOOST_TEST(std::strlen(texlex_client_answer_text(nullptr)) > 0u);
  BOOST_TEST(texlex_client_descriptor(nullptr) == -1);
  texlex_client_turn(nullptr);
  texlex_client_free(nullptr);
  texlex_client_answer_free(nullptr);
  texlex_client_call_free(nullptr);
  texlex_client_free(client);
}

BOOST_AUTO_TEST_CASE(an_option_there_is_not_is_refused) {
  const auto refused_options = [](auto change) {
    texlex_client_options options = TEXLEX_CLIENT_OPTIONS_INIT;
    change(options);
    const char* const url = "unix:/a";
    texlex_client* client = nullptr;
    const auto ended = texlex_client_open(&url, 1, &options, &client);
    BOOST_TEST((client == nullptr));
    return ended;
  };
  BOOST_TEST(refused_options([](auto& o) { o.struct_size = 3; }) == TEXLEX_CLIENT_UNSUPPORTED_STRUCT);
  BOOST_TEST(refused_options([](auto& o) { o.timeout_ms = 0; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_options([](auto& o) { o.connect_timeout_ms = UINT64_MAX; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_options([](auto& o) { o.attempts_max = 0; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_options([](auto& o) { o.unreachable_attempts_max = 1'000'000; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_options([](auto& o) { o.pending_max = 0; }) == TEXLEX_CLIENT_BAD_OPTION);

  texlex_client* const client = opened("unix:/a");
  const auto refused_request = [&](auto change) {
    auto request = asking("a");
    change(request);
    texlex_client_answer* answer = nullptr;
    const auto ended = texlex_client_tokenize(client, &request, &answer);
    BOOST_TEST((answer == nullptr));
    return ended;
  };
  BOOST_TEST(refused_request([](auto& r) { r.struct_size = 0; }) == TEXLEX_CLIENT_UNSUPPORTED_STRUCT);
  BOOST_TEST(refused_request([](auto& r) { r.view = 2; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_request([](auto& r) { r.column_unit = 3; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_request([](auto& r) { r.columns = 256; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_request([](auto& r) { r.flags = 2; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_request([](auto& r) { r.regime = ""; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_request([](auto& r) { r.priority = 3; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_request([](auto& r) { r.traceparent = "00-1-2-03"; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_request([](auto& r) { r.issues_max = UINT64_MAX; }) == TEXLEX_CLIENT_BAD_OPTION);
  BOOST_TEST(refused_request([](auto& r) { r.document = nullptr; }) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(refused_request([](auto& r) { r.document_bytes = size_t{1} << 32; }) == TEXLEX_CLIENT_DOCUMENT_TOO_LARGE);
  const std::string regime(65, 'x');
  BOOST_TEST(refused_request([&](auto& r) { r.regime = regime.c_str(); }) == TEXLEX_CLIENT_BAD_OPTION);
  texlex_client_free(client);
}

BOOST_AUTO_TEST_CASE(an_endpoint_there_cannot_be_is_refused) {
  texlex_client* client = nullptr;
  const std::vector<const char*> many(65, "unix:/a");
  BOOST_TEST(texlex_client_open(many.data(), 0, nullptr, &client) == TEXLEX_CLIENT_BAD_ENDPOINT);
  BOOST_TEST(texlex_client_open(many.data(), 65, nullptr, &client) == TEXLEX_CLIENT_BAD_ENDPOINT);
  const char* const wrong = "/a";
  BOOST_TEST(texlex_client_open(&wrong, 1, nullptr, &client) == TEXLEX_CLIENT_BAD_ENDPOINT);
  BOOST_TEST(texlex_client_open(many.data(), 64, nullptr, &client) == TEXLEX_CLIENT_OK);
  texlex_client_free(client);
}

// A caller of a later version, whose structure is longer: what it has set and we do not know is refused.
BOOST_AUTO_TEST_CASE(structures_of_later_versions_are_taken_unless_something_new_is_set) {
  struct later {
    texlex_client_options now = TEXLEX_CLIENT_OPTIONS_INIT;
    uint64_t next = 0;
  } options;
  options.now.struct_size = sizeof options;
  const char* const url = "unix:/a";
  texlex_client* client = nullptr;
  BOOST_TEST(texlex_client_open(&url, 1, &options.now, &client) == TEXLEX_CLIENT_OK);
  texlex_client_free(client);
  options.next = 1;
  BOOST_TEST(texlex_client_open(&url, 1, &options.now, &client) == TEXLEX_CLIENT_UNSUPPORTED_STRUCT);
  texlex_client_request request;
  BOOST_TEST(texlex_client_request_init(&request, sizeof request) == TEXLEX_CLIENT_OK);
  BOOST_TEST(request.document_descriptor == -1);
  BOOST_TEST(request.columns == 3u);
  BOOST_TEST(texlex_client_request_init(&request, 4) == TEXLEX_CLIENT_UNSUPPORTED_STRUCT);
  BOOST_TEST(texlex_client_options_init(&options.now, sizeof options.now) == TEXLEX_CLIENT_OK);
  BOOST_TEST(options.now.timeout_ms == 30000u);
}

BOOST_AUTO_TEST_CASE(a_caller_of_the_first_version_has_the_defaults_of_what_came_later) {
  texlex_client_options options = TEXLEX_CLIENT_OPTIONS_INIT;
  options.struct_size = offsetof(texlex_client_options, unreachable_attempts_max);
  options.unreachable_attempts_max = UINT64_MAX; // behind its structure, whatever that is
  const char* const url = "unix:/a";
  texlex_client* client = nullptr;
  BOOST_TEST(texlex_client_open(&url, 1, &options, &client) == TEXLEX_CLIENT_OK);
  texlex_client_free(client);
}

BOOST_AUTO_TEST_CASE(every_status_has_a_text) {
  for (int i = 0; i <= TEXLEX_CLIENT_UNDER_WAY; ++i)
    BOOST_TEST(std::string{texlex_client_status_text(static_cast<texlex_client_status>(i))}.back() == '.');
  BOOST_TEST(texlex_client_status_text(static_cast<texlex_client_status>(31))
             == std::string{"The status is not known to this version."});
  BOOST_TEST(texlex_client_server_status_name(6) == std::string{"overload"});
  BOOST_TEST(texlex_client_server_status_name(9999) == std::string{"unknown-status"});
  BOOST_TEST(texlex_client_abi_version() == static_cast<uint32_t>(TEXLEX_CLIENT_ABI_VERSION));
  BOOST_TEST(texlex_client_version() == std::string{TEXLEX_VERSION});
}

BOOST_AUTO_TEST_CASE(an_event_loop_waits_on_the_descriptor_and_is_told_once) {
  byte_server server{letters_script()};
  texlex_client* const client = opened(url_of(server));
  const auto request = asking("abc");
  int told = 0;
  texlex_client_call* call = nullptr;
  BOOST_TEST_REQUIRE(texlex_client_submit(
                       client, &request, [](void* count) { ++*static_cast<int*>(count); }, &told, &call)
                     == TEXLEX_CLIENT_OK);
  texlex_client_answer* answer = nullptr;
  while (told == 0) {
    BOOST_TEST(texlex_client_take(call, &answer) == TEXLEX_CLIENT_UNDER_WAY);
    pollfd watched{texlex_client_descriptor(client), POLLIN, 0};
    BOOST_TEST_REQUIRE(::poll(&watched, 1, 20'000) == 1);
    texlex_client_turn(client);
  }
  BOOST_TEST(texlex_client_take(call, &answer) == TEXLEX_CLIENT_OK);
  BOOST_TEST(texlex_client_answer_count(answer) == 3u);
  texlex_client_answer* again = nullptr;
  BOOST_TEST(texlex_client_take(call, &again) == TEXLEX_CLIENT_NULL_ARGUMENT);
  BOOST_TEST(told == 1);
  texlex_client_call_free(call);
  texlex_client_free(client);
  BOOST_TEST(texlex_client_answer_starts(answer)[2] == 2u); // it outlives the client
  texlex_client_answer_free(answer);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_client_ends_its_requests_and_tells) {
  byte_server silent{[](const byte_connection& to) { to.wait_for_end(); }};
  texlex_client* const client = opened(url_of(silent));
  const auto request = asking("abc");
  int told = 0;
  texlex_client_call* call = nullptr;
  BOOST_TEST_REQUIRE(texlex_client_submit(
                       client, &request, [](void* count) { ++*static_cast<int*>(count); }, &told, &call)
                     == TEXLEX_CLIENT_OK);
  texlex_client_free(client);
  BOOST_TEST(told == 1);
  texlex_client_answer* answer = nullptr;
  BOOST_TEST(texlex_client_wait(call, &answer) == TEXLEX_CLIENT_CANCELLED);
  texlex_client_answer_free(answer);
  texlex_client_call_free(call);
}

BOOST_AUTO_TEST_CASE(nobody_is_told_of_a_call_that_was_freed) {
  byte_server silent{[](const byte_connection& to) { to.wait_for_end(); }};
  texlex_client* const client = opened(url_of(silent));
  const auto request = asking("abc");
  int told = 0;
  texlex_client_call* call = nullptr;
  BOOST_TEST_REQUIRE(texlex_client_submit(
                       client, &request, [](void* count) { ++*static_cast<int*>(count); }, &told, &call)
                     == TEXLEX_CLIENT_OK);
  texlex_client_call_free(call);
  texlex_client_free(client);
  BOOST_TEST(told == 0);
}

BOOST_AUTO_TEST_CASE(more_requests_than_may_be_under_way_are_refused) {
  byte_server silent{[](const byte_connection& to) { to.wait_for_end(); }};
  texlex_client_options options = TEXLEX_CLIENT_OPTIONS_INIT;
  options.pending_max = 2;
  texlex_client* const client = opened(url_of(silent), &options);
  const auto request = asking("abc");
  std::array<texlex_client_call*, 3> calls{};
  BOOST_TEST(texlex_client_submit(client, &request, nullptr, nullptr, &calls[0]) == TEXLEX_CLIENT_OK);
  BOOST_TEST(texlex_client_submit(client, &request, nullptr, nullptr, &calls[1]) == TEXLEX_CLIENT_OK);
  BOOST_TEST(texlex_client_submit(client, &request, nullptr, nullptr, &calls[2]) == TEXLEX_CLIENT_TOO_MANY_REQUESTS);
  texlex_client_call_free(calls[0]);
  BOOST_TEST(texlex_client_submit(client, &request, nullptr, nullptr, &calls[2]) == TEXLEX_CLIENT_OK);
  texlex_client_call_free(calls[1]);
  texlex_client_call_free(calls[2]);
  texlex_client_free(client);
}

BOOST_AUTO_TEST_SUITE_END()

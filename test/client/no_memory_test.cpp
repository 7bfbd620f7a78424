// Each allocation of the client may fail: the call says so, and the same client serves the next one.
#include <cstdlib>
#include <new>

#include "test/client/played_server.hpp"

namespace {

thread_local int allocations_left = -1; ///< how many this thread has memory for; below 0: all

void* allocate(size_t bytes) {
  if (allocations_left == 0) throw std::bad_alloc{};
  if (allocations_left > 0) --allocations_left;
  if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc{};
}

// Not inlined: compilers think that what `new` gave must not be freed.
[[gnu::noinline]] void give_back(void* memory) noexcept { std::free(memory); }

} // namespace

void* operator new(size_t bytes) { return allocate(bytes); }
void* operator new[](size_t bytes) { return allocate(bytes); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, size_t) noexcept { give_back(memory); }

using namespace texlex::test;

namespace {

// Makes the call with memory for no allocation, for one, for two, until it succeeds. How often it failed.
template <class Call>
int failures_before_success(Call call) {
  for (int failures = 0;; ++failures) {
    BOOST_TEST_REQUIRE(failures < 10'000);
    allocations_left = failures;
    const texlex_client_status status = call();
    allocations_left = -1;
    if (status == TEXLEX_CLIENT_OK) return failures;
    BOOST_TEST_REQUIRE(status == TEXLEX_CLIENT_NO_MEMORY, "after " << failures << " allocations");
  }
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

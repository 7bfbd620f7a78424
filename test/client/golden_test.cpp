// The golden vectors, asked of a real texlexd: by the C++ client, waiting and not, by batches, and by the C client.
#include "test/golden/vectors.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "test/e2e/running_texlexd.hpp"
#include "texlex/async_client.hpp"
#include "texlex/client.h"
#include "texlex/client.hpp"

BOOST_AUTO_TEST_SUITE(golden_test)

namespace {

using namespace texlex::golden;
namespace remote = texlex::remote;
using texlex::test::running_texlexd;

std::string url_of(const running_texlexd& server) { return "unix:" + server.socket(); }

remote::question question_of(const golden_vector& vector) {
  remote::question how;
  how.regime = vector.regime;
  how.columns = TEXLEX_CLIENT_ALL_COLUMNS;
  how.view = view_of(vector);
  how.unit = unit_of(vector);
  how.issues_max = static_cast<uint32_t>(vector.issues_max);
  return how;
}

template <class Column>
numbers numbers_of(const Column& column) {
  return {column.begin(), column.end()};
}

told told_by(const remote::tokens& tokens) {
  told result{numbers_of(tokens.kinds()),
              numbers_of(tokens.starts()),
              numbers_of(tokens.ends()),
              numbers_of(tokens.codes()),
              numbers_of(tokens.lines()),
              numbers_of(tokens.columns()),
              {},
              tokens.issue_count(),
              numbers_of(tokens.issue_kinds()),
              numbers_of(tokens.issue_offsets())};
  for (size_t i = 0; i < tokens.size(); ++i) result.names.emplace_back(tokens.name(i));
  return result;
}

void check(const golden_vector& vector, const remote::result<remote::tokens>& got) {
  BOOST_TEST_CONTEXT(vector.name << " under " << vector.regime << ", " << vector.view << " view, in "
                                 << vector.column_unit) {
    BOOST_TEST_REQUIRE(static_cast<bool>(got), got.error().text);
    check_the_same(told_by(*got), vector.expected);
  }
}

remote::client opened(const std::string& url) {
  auto made = remote::client::open({url});
  BOOST_TEST_REQUIRE(static_cast<bool>(made));
  return std::move(*made);
}

told told_by_c(const texlex_client_answer* answer) {
  const uint64_t count = texlex_client_answer_count(answer);
  const auto of = [count](const auto* column) { return numbers(column, column + count); };
  told result{of(texlex_client_answer_kinds(answer)),
              of(texlex_client_answer_starts(answer)),
              of(texlex_client_answer_ends(answer)),
              of(texlex_client_answer_codes(answer)),
              of(texlex_client_answer_lines(answer)),
              of(texlex_client_answer_columns(answer)),
              {},
              texlex_client_answer_issue_count(answer),
              {},
              {}};
  const uint32_t* const offsets = texlex_client_answer_name_offsets(answer);
  for (uint64_t i = 0; i < count; ++i)
    result.names.emplace_back(texlex_client_answer_name_bytes(answer) + offsets[i], offsets[i + 1] - offsets[i]);
  for (uint64_t i = 0; i < texlex_client_answer_issues_told(answer); ++i) {
    result.issue_kinds.push_back(texlex_client_answer_issue_kinds(answer)[i]);
    result.issue_offsets.push_back(texlex_client_answer_issue_offsets(answer)[i]);
  }
  return result;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_client_that_waits_is_told_what_the_vectors_hold) {
  running_texlexd server;
  auto client = opened(url_of(server));
  for (const golden_vector& vector : vectors()) check(vector, client.tokenize(vector.document, question_of(vector)));
}

BOOST_AUTO_TEST_CASE(over_tcp_all_of_them_may_be_under_way_at_once) {
  running_texlexd server{{"--tcp-port", "0"}};
  const std::string ready = server.ready_line();
  const size_t at = ready.find("tcp ");
  BOOST_TEST_REQUIRE(at != ready.npos, ready);
  auto client = opened("tcp://" + ready.substr(at + 4, ready.find(' ', at + 4) - at - 4));
  std::vector<remote::call> calls;
  for (const golden_vector& vector : vectors()) {
    auto begun = client.submit(vector.document, question_of(vector));
    BOOST_TEST_REQUIRE(static_cast<bool>(begun));
    calls.push_back(std::move(*begun));
  }
  for (size_t i = 0; i < calls.size(); ++i) check(vectors()[i], calls[i].wait());
}

BOOST_AUTO_TEST_CASE(a_batch_of_all_documents_is_answered_as_each_of_them_is) {
  running_texlexd server;
  auto client = opened(url_of(server));
  std::vector<std::string_view> documents;
  for (const golden_vector& vector : vectors()) documents.emplace_back(vector.document);
  const auto how = question_of(vectors().front());
  const auto together = client.tokenize_batch(documents, how);
  BOOST_TEST_REQUIRE(static_cast<bool>(together));
  BOOST_TEST_REQUIRE(together->size() == documents.size());
  for (size_t i = 0; i < documents.size(); ++i) {
    const auto alone = client.tokenize(documents[i], how);
    BOOST_TEST_REQUIRE(static_cast<bool>(alone));
    BOOST_TEST_REQUIRE(static_cast<bool>((*together)[i]));
    check_the_same(told_by(*(*together)[i]), told_by(*alone));
  }
}

BOOST_AUTO_TEST_CASE(handlers_are_told_what_the_vectors_hold) {
  running_texlexd server;
  boost::asio::io_context context;
  auto client = remote::async_client<>::open(context.get_executor(), {url_of(server)});
  BOOST_TEST_REQUIRE(static_cast<bool>(client));
  size_t told_count = 0;
  for (const golden_vector& vector : vectors())
    client->async_tokenize(vector.document, question_of(vector), [&](const remote::result<remote::tokens>& got) {
      check(vector, got);
      ++told_count;
    });
  BOOST_TEST(told_count == 0u);
  context.run();
  BOOST_TEST(told_count == vectors().size());
}

#if defined(BOOST_ASIO_HAS_CO_AWAIT) // not with clang 14
BOOST_AUTO_TEST_CASE(a_coroutine_is_told_what_the_vectors_hold) {
  running_texlexd server;
  boost::asio::io_context context;
  auto client = remote::async_client<>::open(context.get_executor(), {url_of(server)});
  BOOST_TEST_REQUIRE(static_cast<bool>(client));
  size_t told_count = 0;
  const auto ask_all = [&]() -> boost::asio::awaitable<void> {
    for (const golden_vector& vector : vectors()) {
      check(vector, co_await client->async_tokenize(vector.document, question_of(vector), boost::asio::use_awaitable));
      ++told_count;
    }
  };
  boost::asio::co_spawn(context, ask_all(), boost::asio::detached);
  context.run();
  BOOST_TEST(told_count == vectors().size());
}
#endif

BOOST_AUTO_TEST_CASE(the_c_interface_tells_what_the_vectors_hold) {
  running_texlexd server;
  const std::string url = url_of(server);
  const char* const text = url.c_str();
  texlex_client* client = nullptr;
  BOOST_TEST_REQUIRE(texlex_client_open(&text, 1, nullptr, &client) == TEXLEX_CLIENT_OK);
  for (const golden_vector& vector : vectors()) {
    texlex_client_request request = TEXLEX_CLIENT_REQUEST_INIT;
    request.document = vector.document.data();
    request.document_bytes = vector.document.size();
    request.regime = vector.regime.c_str();
    request.columns = TEXLEX_CLIENT_ALL_COLUMNS;
    request.view = static_cast<uint32_t>(view_of(vector));
    request.column_unit = static_cast<uint32_t>(unit_of(vector));
    request.issues_max = vector.issues_max;
    texlex_client_answer* answer = nullptr;
    BOOST_TEST_REQUIRE(texlex_client_tokenize(client, &request, &answer) == TEXLEX_CLIENT_OK);
    BOOST_TEST_CONTEXT(vector.name << " under " << vector.regime) check_the_same(told_by_c(answer), vector.expected);
    texlex_client_answer_free(answer);
  }
  texlex_client_free(client);
}

BOOST_AUTO_TEST_CASE(what_passes_in_memory_both_ways_has_the_tokens_of_what_is_sent) {
  running_texlexd server;
  auto client = opened(url_of(server));
  std::string document; // of all of them: long enough for its columns to be lent
  while (document.size() < 100'000)
    for (const golden_vector& vector : vectors()) document += vector.document + "\n";
  remote::question how = question_of(vectors().front());
  const auto sent = client.tokenize(document, how);
  BOOST_TEST_REQUIRE(static_cast<bool>(sent));
  BOOST_TEST(!sent->is_mapped());
  const auto sealed = remote::sealed_document::make(document);
  BOOST_TEST_REQUIRE(static_cast<bool>(sealed));
  how.columns_by_descriptor = true;
  for (int round = 0; round < 30; ++round) { // more than may be lent at a time: all is given back
    const auto passed = client.tokenize(*sealed, how);
    BOOST_TEST_REQUIRE(static_cast<bool>(passed), passed.error().text);
    BOOST_TEST_REQUIRE(passed->is_mapped());
    check_the_same(told_by(*passed), told_by(*sent));
  }
}

// The server is ended while requests are under way; the other one answers all it did not.
BOOST_AUTO_TEST_CASE(a_server_that_drains_costs_no_answer) {
  running_texlexd first, second;
  auto made = remote::client::open({url_of(first), url_of(second)});
  BOOST_TEST_REQUIRE(static_cast<bool>(made));
  std::vector<remote::call> calls;
  for (int round = 0; round < 4; ++round) {
    if (round == 2) first.signal(SIGTERM);
    for (const golden_vector& vector : vectors()) {
      auto begun = made->submit(vector.document, question_of(vector));
      BOOST_TEST_REQUIRE(static_cast<bool>(begun));
      calls.push_back(std::move(*begun));
    }
  }
  for (size_t i = 0; i < calls.size(); ++i) check(vectors()[i % vectors().size()], calls[i].wait());
  BOOST_TEST(first.wait().exit_status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

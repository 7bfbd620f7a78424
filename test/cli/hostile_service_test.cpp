// `texlex tokens --socket` and `texlex verify` where a server means ill: how the program ends, and what a person reads.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include "runtime/tokenize_frame.hpp"
#include "test/cli/program_folder.hpp"
#include "test/support/byte_server.hpp"
#include "test/support/frames.hpp"
#include "test/unit/load/scripted_server.hpp"

using namespace texlex;
using test::byte_connection;
using test::byte_server;
using folder = texlex::test::program_folder;

BOOST_AUTO_TEST_SUITE(hostile_service_test)

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool greet(const byte_connection& client, const std::string& regime, uint32_t batch_documents_max = 0) {
  const auto hello = client.receive();
  const hello_response said{.columns = all_columns,
                            .document_bytes_max = 1000,
                            .requests_in_flight_max = 9,
                            .issues_told_max = 9,
                            .batch_documents_max = batch_documents_max,
                            .regimes = {regime}};
  return hello && client.send(test::frame(frame_type::hello_response, hello->header.id, encode_hello_response(said)));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_wrong_answer_ends_it_with_4_and_documents_not_yet_read_are_left_out) {
  const folder here;
  const byte_server server{[](const byte_connection& client) {
    if (!greet(client, "latex")) return;
    if (const auto frame = client.receive())
      (void)client.send(test::frame(frame_type::tokenize_response, frame->header.id, std::string(64, 'x')));
    client.wait_for_end();
  }};
  std::string files;
  for (const char* name : {"a.tex", "b.tex", "c.tex"}) files += " " + here.write(name, "abc");
  const auto result = here.run("tokens --jobs 1 --socket " + server.path() + files);
  BOOST_TEST(result.status == 4);
  BOOST_TEST(result.output.empty());
  BOOST_TEST(has(result.errors, (here / "a.tex") + ": texlexd's answer is malformed"), result.errors);
  BOOST_TEST(has(result.errors, "the documents behind these are left out"), result.errors);
  BOOST_TEST(!has(result.errors, "b.tex"), result.errors);
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(of_documents_that_were_asked_for_together_one_tells_what_was_wrong_and_how_many_there_are) {
  const folder here;
  const byte_server server{[](const byte_connection& client) {
    if (!greet(client, "latex", 2)) return;
    if (const auto frame = client.receive())
      (void)client.send(test::frame(frame_type::batch_response, frame->header.id, std::string(64, 'x')));
    client.wait_for_end();
  }};
  std::string files;
  for (const char* name : {"a.tex", "b.tex", "c.tex"}) files += " " + here.write(name, "abc");
  const auto result = here.run("tokens --jobs 1 --socket " + server.path() + files);
  BOOST_TEST(result.status == 4);
  BOOST_TEST(result.output.empty());
  BOOST_TEST(has(result.errors, (here / "a.tex") + ": texlexd's answer is malformed"), result.errors);
  BOOST_TEST(has(result.errors, "so it is with 1 documents behind it"), result.errors);
  BOOST_TEST(has(result.errors, "the documents behind these are left out"), result.errors);
  BOOST_TEST(std::ranges::count(result.errors, '\n') == 3, result.errors);
}

BOOST_AUTO_TEST_CASE(what_a_server_calls_its_regimes_cannot_write_to_a_terminal) {
  const folder here;
  const byte_server server{[](const byte_connection& client) {
    if (greet(client, "\x1b[2J\xC2\x85\xFFplain")) client.wait_for_end();
  }};
  const auto result = here.run("tokens --socket " + server.path() + " " + here.write("a.tex", "abc"));
  BOOST_TEST(result.status == 4);
  BOOST_TEST(has(result.errors, "\\x1b[2J\\xc2\\x85\\xffplain"), result.errors);
  BOOST_TEST(std::ranges::count(result.errors, '\n') == 1);
}

BOOST_AUTO_TEST_CASE(a_server_that_ends_every_connection_is_told_as_such) {
  const folder here;
  const byte_server server{[](const byte_connection&) {}};
  const auto result = here.run("tokens --socket " + server.path() + " " + here.write("a.tex", "abc"));
  BOOST_TEST(result.status == 4);
  BOOST_TEST(result.output.empty());
  BOOST_TEST(has(result.errors, "connection"), result.errors);
}

BOOST_AUTO_TEST_CASE(a_verification_counts_what_is_wrong_and_tells_the_first_such_answer) {
  const folder here;
  const test::scripted_server server{[](uint64_t number, size_t) {
    return test::scripted_answer{
      test::scripted_answer::kind::respond, {status::ok, number < 3 ? 2u : 7u, 1, origin::primary}, {}, {}};
  }};
  const auto result =
    here.run("verify --connections 1 --count 10 --socket " + server.path() + " " + here.write("a.tex", "a"));
  BOOST_TEST(result.status == 4);
  BOOST_TEST(has(result.output, "0 right, 10 wrong, 0 failed"), result.output);
  BOOST_TEST(has(result.errors, "2 tokens and 1 issues through the socket, 2 and 0 in process"), result.errors);
}

BOOST_AUTO_TEST_CASE(a_verification_takes_no_answer_to_another_request) {
  const folder here;
  const test::scripted_server server{[](uint64_t, size_t) {
    return test::scripted_answer{test::scripted_answer::kind::respond, {status::ok, 2, 0, origin::primary}, 99, {}};
  }};
  const auto result =
    here.run("verify --connections 1 --count 1 --socket " + server.path() + " " + here.write("a.tex", "a"));
  BOOST_TEST(result.status == 4);
  BOOST_TEST(has(result.output, "0 right, 0 wrong, 1 failed"), result.output);
  BOOST_TEST(has(result.errors, "texlexd answered request 99 instead of "), result.errors);
}

BOOST_AUTO_TEST_SUITE_END()

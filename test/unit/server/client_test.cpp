// The client against a server that a test plays byte by byte.
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "runtime/client.hpp"
#include "runtime/limits.hpp"
#include "test/support/frame_caller.hpp"
#include "test/support/frames.hpp"
#include "test/support/temporary_folder.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(client_test)

namespace {

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

template <class T, class Error>
T opened(std::variant<T, Error> made) {
  return std::move(std::get<T>(made));
}

struct played {
  temporary_folder folder;
  std::string path = folder / "played.sock";
  unix_listener listener = opened<unix_listener>(listen_unix(path, 0600));
  client one = opened<client>(client::connect(path, 5s));
  owned_fd server{::accept(listener.fd.get(), nullptr, nullptr)};

  // Boost.Test's checks are for the test's own thread, and these two run on others as well.
  void play(std::span<const uint8_t> bytes) {
    if (::send(server.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error{"cannot play"};
  }
  client_fault fault() {
    const auto got = one.receive();
    BOOST_REQUIRE(std::holds_alternative<client_error>(got));
    return std::get<client_error>(got).fault;
  }
  std::vector<uint8_t> heard(size_t bytes) {
    std::vector<uint8_t> all(bytes);
    if (::recv(server.get(), all.data(), bytes, MSG_WAITALL) != static_cast<ssize_t>(bytes)) all.clear();
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_client, played)

BOOST_AUTO_TEST_CASE(sends_a_request_as_the_protocol_has_it) {
  BOOST_TEST(!one.send_request(7, "abc").has_value());
  BOOST_TEST(
    (heard(23) == std::vector<uint8_t>{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0, 3, 'a', 'b', 'c'}));
}

BOOST_AUTO_TEST_CASE(sends_a_large_document_whole_to_a_slow_reader) {
  const std::string large(3'000'000, 'x');
  std::vector<uint8_t> got;
  std::jthread reader{[&] { got = heard(20 + large.size()); }};
  BOOST_TEST(!one.send_request(7, large).has_value());
  reader.join();
  BOOST_REQUIRE(got.size() == 20 + large.size());
  BOOST_TEST(std::equal(large.begin(), large.end(), got.begin() + 20));
}

BOOST_AUTO_TEST_CASE(sends_a_cancel_as_the_protocol_has_it) {
  BOOST_TEST(!one.send_cancel(0x0102030405060708).has_value());
  BOOST_TEST((heard(16) == std::vector<uint8_t>{0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(reads_responses_however_they_are_cut) {
  std::vector<uint8_t> stream;
  for (uint64_t id = 0; id < 500; ++id) {
    const auto frame = encode_response(id, {status::ok, static_cast<uint32_t>(id), 1, origin::hedge});
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  std::jthread player{[&] {
    for (size_t at = 0, step = 1; at < stream.size(); at += step, step = step % 97 + 1)
      play(std::span{stream}.subspan(at, std::min(step, stream.size() - at)));
  }};
  for (uint64_t id = 0; id < 500; ++id) {
    const auto got = one.receive();
    BOOST_REQUIRE(std::holds_alternative<client_response>(got));
    BOOST_TEST(std::get<client_response>(got).id == id);
    BOOST_TEST(
      (std::get<client_response>(got).result == outcome{status::ok, static_cast<uint32_t>(id), 1, origin::hedge}));
  }
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_ever) {
  one.set_timeout(20ms);
  BOOST_TEST(fault() == client_fault::timed_out);
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_timeout_in_the_middle_of_a_frame) {
  const auto frame = encode_response(7, {});
  play(std::span{frame}.first(20));
  one.set_timeout(20ms);
  BOOST_TEST(fault() == client_fault::timed_out);
  play(std::span{frame}.subspan(20));
  BOOST_TEST(std::get<client_response>(one.receive()).id == 7u);
}

BOOST_AUTO_TEST_CASE(does_not_send_for_ever_to_a_server_that_does_not_read) {
  one.set_timeout(20ms);
  const auto error = one.send_request(7, std::string(50'000'000, 'x'));
  BOOST_REQUIRE(error);
  BOOST_TEST(error->fault == client_fault::timed_out);
}

BOOST_AUTO_TEST_CASE(tells_an_end_between_frames_from_one_in_the_middle) {
  const auto frame = encode_response(7, {});
  play(frame);
  play(std::span{frame}.first(28));
  server.close();
  BOOST_TEST(std::holds_alternative<client_response>(one.receive()));
  BOOST_TEST(fault() == client_fault::broken);
}

BOOST_AUTO_TEST_CASE(sees_the_end) {
  server.close();
  BOOST_TEST(fault() == client_fault::closed);
}

BOOST_AUTO_TEST_CASE(says_so_when_it_cannot_send) {
  server.close();
  const auto error = one.send_request(7, "abc");
  BOOST_REQUIRE(error);
  BOOST_TEST(error->fault == client_fault::broken);
}

BOOST_AUTO_TEST_CASE(takes_nothing_but_responses_for_a_response) {
  play(encode(frame_header{1, 7, 13}));
  BOOST_TEST(fault() == client_fault::malformed);
}

BOOST_AUTO_TEST_CASE(asks_for_figures_as_the_protocol_has_it_and_reads_them_whole) {
  const std::string text = "texlexd_requests_total 12\n" + std::string(10'000, '#');
  std::vector<uint8_t> question;
  std::jthread player{[&] {
    question = heard(16);
    play(frame(frame_type::stats_response, 7, text));
  }};
  BOOST_TEST(std::get<std::string>(one.ask_stats(7)) == text);
  player.join();
  BOOST_TEST((question == std::vector<uint8_t>{0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(tells_a_server_that_knows_no_figures_from_one_that_makes_no_sense) {
  const auto fault_of = [&](std::span<const uint8_t> answer) {
    play(answer);
    return std::get<client_error>(one.ask_stats(7)).fault;
  };
  BOOST_TEST(fault_of(encode_response(7, {status::unknown_type, 0, 0, origin::none})) == client_fault::refused);
  BOOST_TEST(fault_of(encode(frame_header{5, 7, limits::stats_payload_bytes_max + 1})) == client_fault::malformed);
}

BOOST_AUTO_TEST_CASE(takes_no_figures_that_answer_another_question) {
  play(encode(frame_header{5, 8, 0}));
  BOOST_TEST((std::get<client_error>(one.ask_stats(7)).fault == client_fault::malformed));
}

BOOST_AUTO_TEST_CASE(sends_a_frame_of_any_type_in_one_piece) {
  BOOST_TEST(!one.send_frame(frame_type::tokenize, 7, "head", bytes_of("body")).has_value());
  BOOST_TEST((heard(24) == frame(frame_type::tokenize, 7, "headbody")));
  BOOST_TEST(!one.send_frame(frame_type::hello, 8, "").has_value());
  BOOST_TEST((heard(16) == frame(frame_type::hello, 8, "")));
}

BOOST_AUTO_TEST_CASE(sends_no_frame_that_no_server_would_take) {
  const std::string large(limits::frame_payload_bytes_max, 'x');
  const auto error = one.send_frame(frame_type::tokenize, 7, "h", bytes_of(large));
  BOOST_REQUIRE(error);
  BOOST_TEST(error->fault == client_fault::malformed);
}

BOOST_AUTO_TEST_CASE(receives_frames_of_any_type_and_length_one_after_the_other) {
  std::vector<uint8_t> stream;
  for (size_t length = 0; length < 20'000; length = 3 * length + 1) {
    const auto one_more = frame(frame_type::batch_response, length, std::string(length, static_cast<char>(length)));
    stream.insert(stream.end(), one_more.begin(), one_more.end());
  }
  std::jthread player{[&] {
    for (size_t at = 0, step = 1; at < stream.size(); at += step, step = step % 997 + 1)
      play(std::span{stream}.subspan(at, std::min(step, stream.size() - at)));
  }};
  for (size_t length = 0; length < 20'000; length = 3 * length + 1) {
    const auto got = one.receive_header();
    BOOST_REQUIRE(std::holds_alternative<frame_header>(got));
    BOOST_TEST((std::get<frame_header>(got) == frame_header{11, length, static_cast<uint32_t>(length)}));
    std::vector<uint8_t> payload(length);
    BOOST_TEST(!one.receive_payload(payload).has_value());
    BOOST_TEST((payload == std::vector<uint8_t>(length, static_cast<uint8_t>(length))));
  }
}

BOOST_AUTO_TEST_CASE(tells_a_payload_that_is_cut_short_or_does_not_come) {
  std::vector<uint8_t> payload(10);
  play(frame(frame_type::hello_response, 7, "ten bytes?"));
  BOOST_TEST(std::holds_alternative<frame_header>(one.receive_header()));
  BOOST_TEST(!one.receive_payload(payload).has_value());
  one.set_timeout(20ms);
  auto error = one.receive_payload(payload);
  BOOST_REQUIRE(error);
  BOOST_TEST(error->fault == client_fault::timed_out);
  server.close();
  error = one.receive_payload(payload);
  BOOST_REQUIRE(error);
  BOOST_TEST(error->fault == client_fault::broken);
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_the_rest_of_what_is_no_response) {
  play(encode(frame_header{2, 7, 0xFFFFFFFF}));
  BOOST_TEST(fault() == client_fault::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(an_address_is_a_path_with_a_slash_or_host_and_port) {
  for (const char* wrong : {"", "localhost", "localhost:", "localhost:0", "localhost:65536", "localhost:12x"}) {
    const auto made = client::connect(wrong, 1s);
    BOOST_REQUIRE(std::holds_alternative<client_error>(made));
    BOOST_TEST(std::get<client_error>(made).fault == client_fault::bad_address, wrong);
  }
  auto listening = listen_tcp("127.0.0.1", 0);
  const auto port = std::to_string(std::get<tcp_listener>(listening).port);
  BOOST_TEST(std::holds_alternative<client>(client::connect("127.0.0.1:" + port, 5s)));
  BOOST_TEST(std::holds_alternative<client>(client::connect("[127.0.0.1]:" + port, 5s)));
}

BOOST_AUTO_TEST_CASE(where_nobody_listens_the_error_names_the_place) {
  const temporary_folder folder;
  const auto made = client::connect(folder / "none.sock", 1s);
  BOOST_REQUIRE(std::holds_alternative<client_error>(made));
  BOOST_TEST(std::get<client_error>(made).fault == client_fault::no_server);
  BOOST_TEST(std::get<client_error>(made).sentence.find("none.sock") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

// Several documents at once, and requests from an event loop.
#include <atomic>
#include <thread>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "test/client/played_server.hpp"
#include "texlex/async_client.hpp"

using namespace texlex;
using namespace texlex::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(batch_and_async_test)

namespace {

std::vector<std::string> documents_of(size_t count) {
  std::vector<std::string> documents;
  for (size_t i = 0; i < count; ++i) documents.emplace_back(i % 7, 'x');
  return documents;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& documents) {
  return {documents.begin(), documents.end()};
}

using async_client = remote::async_client<boost::asio::io_context::executor_type>;

async_client async_client_of(boost::asio::io_context& context, const std::string& url,
                             const remote::client_options& how = {}) {
  auto made = async_client::open(context.get_executor(), {url}, how);
  BOOST_TEST_REQUIRE(static_cast<bool>(made));
  return *made;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_batch_is_as_many_frames_as_the_hello_asks_for) {
  std::atomic<int> frames{0};
  std::atomic<size_t> most{0};
  byte_server server{[&](const byte_connection& to) {
    auto offer = usual_offer();
    offer.batch_documents_max = 10;
    if (!greet(to, offer)) return;
    while (const auto asked = to.receive()) {
      ++frames;
      const auto taken = decode_batch(asked->payload);
      const auto* const batch = std::get_if<batch_request>(&taken);
      if (batch == nullptr) return;
      most = std::max<size_t>(most, batch->documents());
      std::string payload;
      std::vector<uint64_t> lengths;
      batch->for_each_document([&](auto document) {
        const std::string one = letters(document.size());
        payload += one;
        lengths.push_back(one.size());
      });
      to.send(frame(frame_type::batch_response, asked->header.id,
                    encode_batch_response_head({status::ok, 0, 0, origin::none}, lengths) + payload));
    }
  }};
  auto client = client_of({url_of(server)});
  const auto documents = documents_of(40);
  const auto got = client.tokenize_batch(views_of(documents));
  BOOST_TEST_REQUIRE(static_cast<bool>(got), got.error().text);
  BOOST_TEST_REQUIRE(got->size() == 40u);
  for (size_t i = 0; i < 40; ++i) check_letters((*got)[i], documents[i].size());
  BOOST_TEST(most.load() <= 10u);
  BOOST_TEST(frames.load() >= 4);
}

BOOST_AUTO_TEST_CASE(a_document_of_a_batch_that_is_refused_has_an_error_of_its_own) {
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    const auto asked = to.receive();
    if (!asked) return;
    const std::vector<std::string> responses{letters(1), refusal(status::worker_lost), letters(3)};
    std::string payload;
    std::vector<uint64_t> lengths;
    for (const std::string& each : responses) {
      payload += each;
      lengths.push_back(each.size());
    }
    to.send(frame(frame_type::batch_response, asked->header.id,
                  encode_batch_response_head({status::ok, 0, 0, origin::none}, lengths) + payload));
    to.wait_for_end();
  }};
  auto client = client_of({url_of(server)});
  const auto got = client.tokenize_batch({"a", "ab", "abc"});
  BOOST_TEST_REQUIRE(static_cast<bool>(got));
  check_letters((*got)[0], 1);
  check_fails((*got)[1], remote::status::refused, "worker-lost");
  check_letters((*got)[2], 3);
}

BOOST_AUTO_TEST_CASE(a_batch_refused_as_a_whole_is_tried_again) {
  std::atomic<int> asked_count{0};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    const auto first = to.receive();
    if (!first) return;
    ++asked_count;
    to.send(frame(frame_type::batch_response, first->header.id,
                  encode_batch_response_head({status::overload, 5, 0, origin::none}, {})));
    serve_letters(to);
  }};
  auto client = client_of({url_of(server)});
  const auto got = client.tokenize_batch({"a", "ab", "abc"});
  BOOST_TEST_REQUIRE(static_cast<bool>(got));
  for (size_t i = 0; i < 3; ++i) check_letters((*got)[i], i + 1);
}

// It has room for three at a time; of larger batches it takes so many, and of none all while another holds its places.
BOOST_AUTO_TEST_CASE(a_batch_for_which_there_is_not_room_enough_comes_in_smaller_ones_and_loses_nothing) {
  constexpr size_t places = 3;
  std::atomic<size_t> most{0}, frames{0};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    while (const auto asked = to.receive()) {
      ++frames;
      if (is(*asked, frame_type::tokenize)) {
        respond(to, *asked, letters(document_of(*asked).size()));
        continue;
      }
      const auto taken = decode_batch(asked->payload);
      size_t served = 0;
      std::string payload;
      std::vector<uint64_t> lengths;
      std::get<batch_request>(taken).for_each_document([&](auto document) {
        const std::string one = served++ < places ? letters(document.size()) : refusal(status::overload);
        payload += one;
        lengths.push_back(one.size());
      });
      most = std::max(most.load(), served);
      to.send(frame(frame_type::batch_response, asked->header.id,
                    encode_batch_response_head({status::ok, 0, 0, origin::none}, lengths) + payload));
    }
  }};
  remote::client_options how;
  how.attempts_max = 2;
  auto client = client_of({url_of(server)}, how);
  const auto documents = documents_of(60);
  const auto got = client.tokenize_batch(views_of(documents));
  BOOST_TEST_REQUIRE(static_cast<bool>(got), got.error().text);
  for (size_t i = 0; i < documents.size(); ++i) check_letters((*got)[i], documents[i].size());
  BOOST_TEST(most.load() == 60u);
  BOOST_TEST(frames.load() <= 40u); // each but a few has as many as there are places
}

BOOST_AUTO_TEST_CASE(a_batch_without_documents_asks_nobody) {
  auto client = client_of({"unix:/nowhere.sock"});
  const auto got = client.tokenize_batch({});
  BOOST_TEST_REQUIRE(static_cast<bool>(got));
  BOOST_TEST(got->empty());
}

BOOST_AUTO_TEST_CASE(more_documents_than_may_be_under_way_take_turns) {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  remote::client_options how;
  how.pending_max = 16;
  auto client = client_of({url_of(server)}, how);
  const auto documents = documents_of(1000);
  const auto got = client.tokenize_batch(views_of(documents));
  BOOST_TEST_REQUIRE(static_cast<bool>(got), got.error().text);
  for (size_t i = 0; i < documents.size(); ++i) check_letters((*got)[i], documents[i].size());
}

BOOST_AUTO_TEST_CASE(a_loop_with_nothing_under_way_ends_and_begins_again) {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  boost::asio::io_context context;
  auto client = async_client_of(context, url_of(server));
  int told = 0;
  for (int round = 0; round < 3; ++round) {
    client.async_tokenize("abc", {}, [&](const remote::result<remote::tokens>& got) {
      check_letters(got, 3);
      ++told;
    });
    context.restart();
    context.run();
    BOOST_TEST(told == round + 1);
  }
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_handler_runs_on_its_own_executor_and_may_be_moved_only) {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  boost::asio::io_context context, other;
  auto client = async_client_of(context, url_of(server));
  bool told = false;
  auto owned = std::make_unique<int>(7);
  client.async_tokenize("abc", {},
                        boost::asio::bind_executor(
                          other.get_executor(), [&told, owned = std::move(owned)](remote::result<remote::tokens> got) {
                            check_letters(got, 3);
                            told = *owned == 7;
                          }));
  context.run();
  BOOST_TEST(!told);
  other.run();
  BOOST_TEST(told);
}

BOOST_AUTO_TEST_CASE(a_request_that_cannot_be_begun_and_one_that_is_too_late_are_told_by_the_handler) {
  byte_server silent{[](const byte_connection& to) { to.wait_for_end(); }};
  boost::asio::io_context context;
  auto client = async_client_of(context, url_of(silent));
  remote::question wrong, late;
  wrong.columns = 1u << 20;
  late.timeout = milliseconds{20};
  int told = 0;
  client.async_tokenize("a", wrong, [&](const remote::result<remote::tokens>& got) {
    check_fails(got, remote::status::bad_option);
    ++told;
  });
  client.async_tokenize("a", late, [&](const remote::result<remote::tokens>& got) {
    check_fails(got, remote::status::timed_out);
    ++told;
  });
  BOOST_TEST(told == 0);
  context.run();
  BOOST_TEST(told == 2);
}

BOOST_AUTO_TEST_CASE(several_threads_may_run_the_loop_and_ask) {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  boost::asio::io_context context;
  auto client = async_client_of(context, url_of(server));
  std::atomic<int> right{0};
  struct chain {
    async_client& client;
    std::atomic<int>& right;
    int left;
    void operator()(const remote::result<remote::tokens>& got) {
      if (got && got->size() == 3) ++right;
      if (--left > 0) client.async_tokenize("abc", {}, *this);
    }
  };
  for (int i = 0; i < 8; ++i) client.async_tokenize("abc", {}, chain{client, right, 25});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { context.run(); });
  }
  BOOST_TEST(right.load() == 200);
}

BOOST_AUTO_TEST_CASE(a_future_is_a_way_to_wait) {
  byte_server server{[](const byte_connection& to) {
    if (greet(to)) serve_letters(to);
  }};
  boost::asio::io_context context;
  auto client = async_client_of(context, url_of(server));
  auto future = client.async_tokenize("abc", {}, boost::asio::use_future);
  context.run();
  check_letters(future.get(), 3);
}

BOOST_AUTO_TEST_SUITE_END()

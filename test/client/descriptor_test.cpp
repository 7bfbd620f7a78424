// Documents and columns that pass as descriptors, by a server that a test plays.
#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/endian/conversion.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/client/played_server.hpp"

using namespace texlex;
using namespace texlex::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(descriptor_test)

namespace {

constexpr uint32_t feature_descriptors = 2;
constexpr uint32_t frame_release = 13;
constexpr size_t kinds_at = 64, starts_at = 256;

hello_response offer_with_descriptors() {
  auto offer = usual_offer();
  offer.features |= feature_descriptors;
  return offer;
}

struct frame_with_descriptor {
  received_frame frame;
  owned_fd descriptor;
};

// A frame whose first byte may bring a descriptor.
std::optional<frame_with_descriptor> receive(const byte_connection& from) {
  frame_with_descriptor got;
  std::array<uint8_t, frame_header_bytes> head;
  iovec part{head.data(), head.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(from.descriptor(), &message, MSG_WAITALL | MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(head.size()))
    return std::nullopt;
  if (const cmsghdr* const first = CMSG_FIRSTHDR(&message)) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(first), sizeof descriptor);
    got.descriptor = owned_fd{descriptor};
  }
  got.frame.header = decode_header(head);
  got.frame.payload.resize(got.frame.header.payload_bytes);
  const ssize_t bytes = static_cast<ssize_t>(got.frame.payload.size());
  if (bytes > 0 && ::recv(from.descriptor(), got.frame.payload.data(), got.frame.payload.size(), MSG_WAITALL) != bytes)
    return std::nullopt;
  return got;
}

void send_with(const byte_connection& to, const std::vector<uint8_t>& bytes, const std::vector<int>& descriptors) {
  iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 2)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
  cmsghdr* const first = CMSG_FIRSTHDR(&message);
  first->cmsg_level = SOL_SOCKET;
  first->cmsg_type = SCM_RIGHTS;
  first->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
  std::memcpy(CMSG_DATA(first), descriptors.data(), sizeof(int) * descriptors.size());
  (void)::sendmsg(to.descriptor(), &message, MSG_NOSIGNAL);
}

// Memory with kinds and starts of as many letters.
owned_fd columns_of(size_t letters_count, int seals = F_SEAL_SHRINK | F_SEAL_GROW) {
  owned_fd made{::memfd_create("columns", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  std::vector<uint8_t> memory(starts_at + 4 * letters_count);
  for (size_t i = 0; i < letters_count; ++i) {
    memory[kinds_at + i] = 11;
    boost::endian::store_little_u32(memory.data() + starts_at + 4 * i, static_cast<uint32_t>(i));
  }
  (void)!::write(made.get(), memory.data(), memory.size());
  if (seals != 0) (void)::fcntl(made.get(), F_ADD_SEALS, seals);
  return made;
}

// The head and directory of such a response.
std::vector<uint8_t> announcement(uint64_t id, uint32_t letters_count, uint64_t mapped_bytes) {
  const std::vector<uint8_t> bytes(4 * letters_count);
  const std::array<column_bytes, 2> columns{
    {{column_id::kind, std::span{bytes}.first(letters_count)}, {column_id::start, bytes}}};
  tokenized_head head;
  head.result = {status::ok, letters_count, 0, origin::primary};
  head.unit = position_unit::code_points;
  std::string payload = encode_tokenized_head(head, columns);
  auto* const at = reinterpret_cast<uint8_t*>(payload.data());
  boost::endian::store_little_u64(at + 16, payload.size());
  at[39] = 1;
  boost::endian::store_little_u64(at + 40, mapped_bytes);
  boost::endian::store_little_u32(at + 64 + 4, kinds_at / 64);
  boost::endian::store_little_u32(at + 80 + 4, starts_at / 64);
  return frame(frame_type::tokenize_response, id, payload);
}

remote::question by_descriptor() {
  remote::question how;
  how.columns_by_descriptor = true;
  how.timeout = milliseconds{5000};
  return how;
}

// What becomes of a document of four letters whose answer is sent so.
template <class Answer>
remote::result<remote::tokens> answered(Answer answer, remote::question how = by_descriptor()) {
  byte_server server{[answer](const byte_connection& to) {
    if (!greet(to, offer_with_descriptors())) return;
    if (const auto asked = to.receive()) answer(to, asked->header.id);
    to.wait_for_end();
  }};
  remote::client_options options;
  options.attempts_max = 1;
  return client_of({url_of(server)}, options).tokenize("abcd", how);
}

} // namespace

BOOST_AUTO_TEST_CASE(columns_are_mapped_and_their_memory_is_given_back_by_id) {
  std::atomic<uint64_t> lent{0}, released{0};
  std::atomic<bool> early{false}, wished{false};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to, offer_with_descriptors())) return;
    const auto asked = to.receive();
    if (!asked) return;
    lent = asked->header.id;
    // Behind the regime, which was not given: option 3, without a value.
    wished = asked->payload.size() == 36 + 4 && asked->payload[32] == 3 && asked->payload[0] == 36;
    const owned_fd memory = columns_of(4);
    send_with(to, announcement(asked->header.id, 4, starts_at + 16), {memory.get()});
    while (const auto next = to.receive()) {
      if (next->header.type == frame_release)
        released = next->header.id;
      else
        respond(to, *next, letters(document_of(*next).size()));
    }
  }};
  auto client = client_of({url_of(server)});
  {
    const auto got = client.tokenize("abcd", by_descriptor());
    check_letters(got, 4);
    BOOST_TEST(got->is_mapped());
    check_letters(client.tokenize("ab"), 2);
    early = released != 0;
  }
  BOOST_TEST(!early.load());
  check_letters(client.tokenize("ab"), 2); // takes the release along
  check_letters(client.tokenize("ab"), 2);
  BOOST_TEST(released.load() == lent.load());
  BOOST_TEST(wished.load());
}

BOOST_AUTO_TEST_CASE(mapped_columns_stay_when_the_connection_and_the_client_have_ended) {
  std::optional<remote::tokens> kept;
  {
    auto got = answered([](const byte_connection& to, uint64_t id) {
      const owned_fd memory = columns_of(4);
      send_with(to, announcement(id, 4, starts_at + 16), {memory.get()});
    });
    check_letters(got, 4);
    kept = std::move(*got);
  }
  BOOST_TEST(kept->starts()[3] == 3u);
}

BOOST_AUTO_TEST_CASE(a_server_may_send_its_columns_all_the_same) {
  const auto got = answered(
    [](const byte_connection& to, uint64_t id) { to.send(frame(frame_type::tokenize_response, id, letters(4))); });
  check_letters(got, 4);
  BOOST_TEST(!got->is_mapped());
}

BOOST_AUTO_TEST_CASE(descriptors_that_are_not_as_told_are_found) {
  const auto is_found = [](auto answer, std::string_view text) {
    check_fails(answered(answer), remote::status::broken_protocol, text);
  };
  is_found([](const byte_connection& to, uint64_t id) { to.send(announcement(id, 4, starts_at + 16)); },
           "did not come");
  is_found(
    [](const byte_connection& to, uint64_t id) {
      const owned_fd memory = columns_of(4, 0);
      send_with(to, announcement(id, 4, starts_at + 16), {memory.get()});
    },
    "no sealed memory");
  is_found(
    [](const byte_connection& to, uint64_t id) {
      const owned_fd memory = columns_of(4);
      send_with(to, announcement(id, 4, starts_at + 17), {memory.get()});
    },
    "shorter than told");
  is_found(
    [](const byte_connection& to, uint64_t id) {
      const owned_fd memory = columns_of(4);
      send_with(to, announcement(id, 4, starts_at), {memory.get()});
    },
    "contradicts itself");
  is_found(
    [](const byte_connection& to, uint64_t id) {
      const owned_fd memory = columns_of(4);
      send_with(to, announcement(id, 4, uint64_t{1} << 40), {memory.get()});
    },
    "more bytes than its answer may");
  is_found(
    [](const byte_connection& to, uint64_t id) {
      const owned_fd memory = columns_of(4);
      send_with(to, announcement(id, 4, starts_at + 16), {memory.get(), memory.get()});
    },
    "a descriptor came where none may");
  is_found(
    [](const byte_connection& to, uint64_t id) {
      const owned_fd memory = columns_of(4);
      send_with(to, frame(frame_type::tokenize_response, id, letters(4)), {memory.get()});
    },
    "does not tell");
  is_found(
    [](const byte_connection& to, uint64_t id) {
      const owned_fd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
      send_with(to, announcement(id, 4, starts_at + 16), {null.get()});
    },
    "no sealed memory");
}

BOOST_AUTO_TEST_CASE(a_descriptor_nobody_asked_for_is_found) {
  remote::question plain;
  plain.timeout = milliseconds{5000};
  check_fails(answered(
                [](const byte_connection& to, uint64_t id) {
                  const owned_fd memory = columns_of(4);
                  send_with(to, announcement(id, 4, starts_at + 16), {memory.get()});
                },
                plain),
              remote::status::broken_protocol, "was not asked for");
}

// The process may open no more files: that answer is lost, with an error of its own, and the connection goes on.
BOOST_AUTO_TEST_CASE(a_descriptor_that_cannot_be_had_costs_its_answer_and_nothing_else) {
  std::atomic<bool> released{false};
  std::vector<owned_fd> all_others;
  std::mutex taking;
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to, offer_with_descriptors())) return;
    const auto asked = to.receive();
    if (!asked) return;
    {
      const std::scoped_lock lock{taking};
      const owned_fd memory = columns_of(4);
      for (;;) {
        owned_fd more{::fcntl(0, F_DUPFD_CLOEXEC, 3)};
        if (!more.is_open()) break;
        all_others.push_back(std::move(more));
      }
      send_with(to, announcement(asked->header.id, 4, starts_at + 16), {memory.get()});
      ::usleep(100'000); // until the client has read it: `memory` must not make room for its own copy
    }
    while (const auto next = to.receive()) {
      if (next->header.type == frame_release)
        released = true;
      else
        respond(to, *next, letters(2));
    }
  }};
  rlimit before{};
  BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit few = before;
  few.rlim_cur = 128;
  BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  {
    auto client = client_of({url_of(server)});
    const auto got = client.tokenize("abcd", by_descriptor());
    {
      const std::scoped_lock lock{taking};
      all_others.clear();
    }
    check_fails(got, remote::status::descriptor_lost, "raise its limit");
    check_letters(client.tokenize("ab"), 2);
    check_letters(client.tokenize("ab"), 2);
  }
  BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  BOOST_TEST(released.load());
  BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_sealed_document_passes_as_a_descriptor_with_the_first_byte_of_its_frame) {
  std::atomic<bool> right{false};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to, offer_with_descriptors())) return;
    for (int i = 0; i < 2; ++i) {
      const auto asked = receive(to);
      if (!asked) return;
      std::string text(5, '\0');
      const bool has_all = asked->descriptor.is_open()
                           && ::pread(asked->descriptor.get(), text.data(), text.size(), 0) == 5 && text == "hello";
      const int seals = ::fcntl(asked->descriptor.get(), F_GET_SEALS);
      right = has_all && seals == (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)
              && asked->frame.payload.size() == 36 && asked->frame.payload[32] == 2 && asked->frame.payload[4] == 5;
      respond(to, asked->frame, letters(5));
    }
    to.wait_for_end();
  }};
  auto client = client_of({url_of(server)});
  const auto document = remote::sealed_document::make("hello");
  BOOST_TEST_REQUIRE(static_cast<bool>(document));
  for (int i = 0; i < 2; ++i) check_letters(client.tokenize(*document), 5);
  BOOST_TEST(right.load());
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_no_descriptors_is_sent_the_bytes) {
  std::atomic<bool> right{false};
  byte_server server{[&](const byte_connection& to) {
    if (!greet(to)) return;
    const auto asked = receive(to);
    if (!asked) return;
    right = !asked->descriptor.is_open() && document_of(asked->frame) == "hello";
    respond(to, asked->frame, letters(5));
    to.wait_for_end();
  }};
  auto client = client_of({url_of(server)});
  auto how = by_descriptor();
  const auto document = remote::sealed_document::make("hello");
  BOOST_TEST_REQUIRE(static_cast<bool>(document));
  check_letters(client.tokenize(*document, how), 5);
  BOOST_TEST(right.load());
}

BOOST_AUTO_TEST_CASE(a_document_s_descriptor_must_be_sealed_memory_of_its_length) {
  const char* const url = "unix:/a";
  texlex_client* client = nullptr;
  BOOST_TEST_REQUIRE(texlex_client_open(&url, 1, nullptr, &client) == TEXLEX_CLIENT_OK);
  const auto asked = [&](int descriptor, size_t bytes) {
    texlex_client_request request = TEXLEX_CLIENT_REQUEST_INIT;
    request.document_descriptor = descriptor;
    request.document_bytes = bytes;
    texlex_client_answer* answer = nullptr;
    return texlex_client_tokenize(client, &request, &answer);
  };
  const owned_fd unsealed = columns_of(4, 0), null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  BOOST_TEST(asked(unsealed.get(), 4) == TEXLEX_CLIENT_BAD_DESCRIPTOR);
  BOOST_TEST(asked(null.get(), 0) == TEXLEX_CLIENT_BAD_DESCRIPTOR);
  BOOST_TEST(asked(9999, 4) == TEXLEX_CLIENT_BAD_DESCRIPTOR);
  int sealed = -1;
  BOOST_TEST(texlex_client_seal("abc", 3, &sealed) == TEXLEX_CLIENT_OK);
  BOOST_TEST(asked(sealed, 4) == TEXLEX_CLIENT_BAD_DESCRIPTOR);
  texlex_client_close_sealed(sealed);
  texlex_client_free(client);
}

BOOST_AUTO_TEST_SUITE_END()

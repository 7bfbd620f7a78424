// Whatever a server says, the client ends the request with an error, in bounded memory.
#include <random>

#include <boost/endian/conversion.hpp>

#include "test/client/played_server.hpp"

using namespace texlex;
using namespace texlex::test;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(hostile_server_test)

namespace {

constexpr std::string_view document = "abcdefgh";

// What the client makes of a server that answers the hello and then says this, made of the frame it was asked by.
template <class Say>
remote::result<remote::tokens> asked(Say say, remote::question how = {}) {
  byte_server server{[say](const byte_connection& to) {
    if (!greet(to)) return;
    const auto frame = to.receive();
    if (!frame) return;
    to.send(say(*frame));
    to.wait_for_end();
  }};
  remote::client_options options;
  options.attempts_max = 1;
  how.timeout = milliseconds{2000};
  return client_of({url_of(server)}, options).tokenize(document, how);
}

template <class Change>
auto changed(Change change) {
  return [change](const received_frame& asked) {
    std::string payload = letters(document.size());
    change(payload);
    return frame(frame_type::tokenize_response, asked.header.id, payload);
  };
}

void store_u32(std::string& payload, size_t at, uint32_t value) {
  boost::endian::store_little_u32(reinterpret_cast<uint8_t*>(payload.data()) + at, value);
}

constexpr size_t first_entry = 64, second_entry = 80, starts_at = 192;

} // namespace

BOOST_AUTO_TEST_CASE(the_unchanged_answer_is_taken) {
  check_letters(asked(changed([](std::string&) {})), document.size());
}

BOOST_AUTO_TEST_CASE(lengths_offsets_and_counts_that_are_wrong_are_found) {
  const auto is_found = [](auto change) {
    check_fails(asked(changed(change)), remote::status::broken_protocol, "broke the protocol");
  };
  is_found([](std::string& payload) { payload[0] = 'X'; });   // magic
  is_found([](std::string& payload) { payload[4] = 3; });     // version
  is_found([](std::string& payload) { payload.resize(10); }); // no head
  is_found([](std::string& payload) { payload.clear(); });
  is_found([](std::string& payload) { payload.resize(payload.size() - 64); }); // shorter than it says
  is_found([](std::string& payload) { store_u32(payload, 24, 9); });           // tokens
  is_found([](std::string& payload) { store_u32(payload, 24, 0xFFFFFFFF); });
  is_found([](std::string& payload) { store_u32(payload, 28, 0xFFFFFFFF); }); // issues
  is_found([](std::string& payload) { store_u32(payload, 32, 1); });          // told, not asked for
  is_found([](std::string& payload) { payload[37] = 1; });                    // another view
  is_found([](std::string& payload) { payload[38] = 0; });                    // another unit
  is_found([](std::string& payload) { payload[39] = 1; });                    // a descriptor nobody asked for
  is_found([](std::string& payload) { payload[6] = '\xFF'; });                // columns
  is_found([](std::string& payload) { store_u32(payload, first_entry + 4, 0xFFFFFFFF); });
  is_found([](std::string& payload) { store_u32(payload, first_entry + 8, 0xFFFFFFFF); });
  is_found([](std::string& payload) { store_u32(payload, first_entry + 12, 0xFFFFFFFF); });
  is_found([](std::string& payload) { payload[first_entry + 2] = 2; });          // its type
  is_found([](std::string& payload) { payload[second_entry] = 3; });             // another column
  is_found([](std::string& payload) { store_u32(payload, starts_at, 9); });      // does not go up
  is_found([](std::string& payload) { store_u32(payload, starts_at + 28, 9); }); // behind the document
}

BOOST_AUTO_TEST_CASE(frames_that_answer_nothing_are_found) {
  const auto is_found = [](auto say) {
    check_fails(asked(say), remote::status::broken_protocol, "broke the protocol");
  };
  is_found([](const received_frame& asked) {
    return frame(frame_type::tokenize_response, asked.header.id + 1, letters(document.size()));
  });
  is_found([](const received_frame& asked) { return frame(frame_type::batch_response, asked.header.id, letters(8)); });
  is_found([](const received_frame& asked) { return frame(frame_type::hello_response, asked.header.id, "TXLX"); });
  is_found([](const received_frame& asked) { return frame(frame_type{99}, asked.header.id, {}); });
  is_found([](const received_frame&) { return frame(frame_type::going_away, 0, "TXLX"); });
  is_found([](const received_frame&) {
    const auto said = encode_going_away({1, 1u << 30}); // a request that was never sent
    return frame(frame_type::going_away, 0, {reinterpret_cast<const char*>(said.data()), said.size()});
  });
  is_found([](const received_frame& asked) {
    const auto bytes = encode_response(asked.header.id, {status::ok, 1, 0, origin::primary});
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  });
}

// A header that claims 4 GiB gets no memory: the client knows how long an answer may be.
BOOST_AUTO_TEST_CASE(an_answer_longer_than_any_may_be_is_refused_by_its_header) {
  for (const uint32_t bytes : {0xFFFFFFFFu, 1u << 20})
    check_fails(asked([bytes](const received_frame& asked) {
                  const auto head =
                    encode(frame_header{static_cast<uint32_t>(frame_type::tokenize_response), asked.header.id, bytes});
                  return std::vector<uint8_t>(head.begin(), head.end());
                }),
                remote::status::broken_protocol, "which may have");
}

BOOST_AUTO_TEST_CASE(a_hello_that_is_none_is_found) {
  const auto is_found = [](const std::string& payload) {
    byte_server server{[&](const byte_connection& to) {
      const auto said = to.receive();
      if (said) to.send(frame(frame_type::hello_response, said->header.id, payload));
      to.wait_for_end();
    }};
    remote::client_options options;
    options.attempts_max = 1;
    check_fails(client_of({url_of(server)}, options).tokenize("a"), remote::status::broken_protocol, "hello response");
  };
  is_found("");
  is_found(std::string(64, '\0'));
  auto offer = usual_offer();
  offer.requests_in_flight_max = 0;
  is_found(encode_hello_response(offer));
  offer = usual_offer();
  offer.version = 7;
  is_found(encode_hello_response(offer));
  offer = usual_offer();
  is_found(encode_hello_response(offer) + "no line feed");
}

BOOST_AUTO_TEST_CASE(names_that_leave_their_bytes_or_are_no_utf_8_are_found) {
  const auto answered = [](std::vector<uint32_t> offsets, std::string names) {
    remote::question how;
    how.columns = TEXLEX_CLIENT_NAMES;
    return asked(
      [offsets, names](const received_frame& asked) {
        const std::array<column_bytes, 2> columns{
          {{column_id::name_offset, {reinterpret_cast<const uint8_t*>(offsets.data()), offsets.size() * 4}},
           {column_id::name_byte, {reinterpret_cast<const uint8_t*>(names.data()), names.size()}}}};
        tokenized_head head;
        head.result = {status::ok, static_cast<uint32_t>(offsets.size() - 1), 0, origin::primary};
        head.unit = position_unit::code_points;
        std::string payload = encode_tokenized_head(head, columns);
        payload.append(reinterpret_cast<const char*>(offsets.data()), offsets.size() * 4);
        payload.resize(padded_to_column(payload.size()));
        payload += names;
        payload.resize(padded_to_column(payload.size()));
        return frame(frame_type::tokenize_response, asked.header.id, payload);
      },
      how);
  };
  const auto right = answered({0, 2, 4}, "ab\xC3\xA9");
  BOOST_TEST_REQUIRE(static_cast<bool>(right), right.error().text);
  BOOST_TEST(right->name(0) == "ab");
  BOOST_TEST(right->name(1) == "\xC3\xA9");
  BOOST_TEST(right->name(2) == "");
  check_fails(answered({0, 2, 5}, "ab\xC3\xA9"), remote::status::broken_protocol, "leave their bytes");
  check_fails(answered({1, 2, 4}, "ab\xC3\xA9"), remote::status::broken_protocol, "leave their bytes");
  check_fails(answered({0, 5, 4}, "ab\xC3\xA9"), remote::status::broken_protocol, "leave their bytes");
  check_fails(answered({0, 3, 4}, "ab\xC3\xA9"), remote::status::broken_protocol, "inside a character");
  check_fails(answered({0, 2, 4}, "ab\xC3z"), remote::status::broken_protocol, "no UTF-8");
}

// Bytes changed at random: an answer is taken as it is checked, or refused; the seed replays it.
BOOST_AUTO_TEST_CASE(answers_changed_at_random_do_no_harm) {
  const char* const given = std::getenv("TEXLEX_SEED");
  const uint32_t seed = given != nullptr ? static_cast<uint32_t>(std::stoul(given)) : std::random_device{}();
  BOOST_TEST_MESSAGE("TEXLEX_SEED=" << seed);
  std::mt19937 chance{seed};
  for (int round = 0; round < 150; ++round) {
    const auto own_seed = static_cast<uint32_t>(chance());
    const auto got = asked(changed([own_seed](std::string& payload) {
      std::mt19937 own{own_seed};
      for (uint32_t i = own() % 4; i < 4; ++i) payload[own() % payload.size()] = static_cast<char>(own());
    }));
    if (!got) {
      BOOST_TEST((got.status() == remote::status::broken_protocol || got.status() == remote::status::refused),
                 got.error().text << " with TEXLEX_SEED=" << seed);
      continue;
    }
    for (const uint32_t start : got->starts()) BOOST_TEST(start <= document.size(), "TEXLEX_SEED=" << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()

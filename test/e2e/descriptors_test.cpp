// Documents and columns in memory that is passed, over texlexd as it is shipped: what is taken, what is refused, and
// that nothing stays open. docs/protocol-2.md says the same in prose.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include "kernels/regimes.hpp"
#include "runtime/time.hpp"
#include "test/e2e/running_texlexd.hpp"
#include "test/support/passing_caller.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(descriptors_test)

namespace {

constexpr uint32_t kinds_and_starts = 3;

const std::string& long_document() {
  static const std::string document = [] {
    std::string text;
    while (text.size() < 300'000)
      for (const std::string& sample : sample_documents()) text += sample;
    return text;
  }();
  return document;
}

struct passing_service {
  running_texlexd server{std::vector<std::string>{}};
  service_caller connection = server.connect();
  passing_caller caller{connection.connection().fd()};

  status refusal(std::span<const uint8_t> frame, const std::vector<int>& descriptors) {
    caller.send(frame, descriptors);
    const auto got = caller.receive();
    const auto said = decode_tokenized(got.payload);
    BOOST_REQUIRE(said);
    BOOST_TEST(!got.passed.is_open());
    return said->head.result.status;
  }
};

uint64_t stat_of(service_caller& asking, const std::string& name) {
  const auto told = asking.connection().ask_stats(1);
  BOOST_REQUIRE(std::holds_alternative<std::string>(told));
  const std::string& text = std::get<std::string>(told);
  const size_t at = text.find("\ntexlexd_" + name + " ");
  BOOST_REQUIRE(at != std::string::npos);
  return std::stoull(text.substr(at + name.size() + 10));
}

uint64_t stat_of(const running_texlexd& server, const std::string& name) {
  auto asking = server.connect();
  return stat_of(asking, name);
}

bool eventually(const auto& holds) {
  for (const instant until = now() + patience; now() < until; std::this_thread::sleep_for(10ms))
    if (holds()) return true;
  return holds();
}

/// With one connection, which asks for that.
size_t open_files(const running_texlexd& server) {
  auto asking = server.connect();
  BOOST_TEST(eventually([&] { return stat_of(asking, "connections_open") == 1; }));
  const std::filesystem::path folder{"/proc/" + std::to_string(server.pid()) + "/fd"};
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator{folder}, {}));
}

void check_tokens(const passing_caller::answer& got, std::string_view document) {
  const scanned expected = scan(document, *find_regime("latex"));
  BOOST_REQUIRE(got.said.head.result.status == status::ok);
  BOOST_REQUIRE(got.said.head.result.token_count == expected.kinds.size());
  const auto kinds = *got.said.column(column_id::kind), starts = *got.said.column(column_id::start);
  BOOST_TEST((std::memcmp(kinds.data(), expected.kinds.data(), kinds.size()) == 0));
  BOOST_TEST((std::memcmp(starts.data(), expected.starts.data(), starts.size()) == 0));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(passed, passing_service)

BOOST_AUTO_TEST_CASE(a_document_that_is_passed_has_the_tokens_of_one_in_the_frame) {
  uint64_t id = 0;
  for (const std::string& document : sample_documents()) {
    const owned_fd memory = memory_file(document);
    caller.send(passing_frame(++id, document.size(), {.columns = kinds_and_starts}), {memory.get()});
    check_tokens(caller.receive_answer(id), document);
  }
  BOOST_TEST(stat_of(server, "documents_passed_total") == id);
}

BOOST_AUTO_TEST_CASE(long_columns_come_in_memory_that_is_passed_and_stay_as_they_are_until_it_is_given_back) {
  const std::string& document = long_document();
  const tokenize_options options{.columns = kinds_and_starts, .columns_by_descriptor = true};
  caller.send(tokenize_frame(1, document, options));
  const auto first = caller.receive_answer(1);
  BOOST_REQUIRE(first.lent);
  check_tokens(first, document);
  const std::string other(document.size(), '%');
  caller.send(tokenize_frame(2, other, options));
  const auto second = caller.receive_answer(2);
  check_tokens(second, other);
  check_tokens(first, document);
  BOOST_TEST(stat_of(server, "lent_bytes") > 0u);
  caller.release(1);
  caller.release(2);
  BOOST_TEST(eventually([&] { return stat_of(server, "lent_bytes") == 0; }));
  caller.send(tokenize_frame(3, document, options));
  check_tokens(caller.receive_answer(3), document);
}

BOOST_AUTO_TEST_CASE(a_client_cannot_change_what_it_is_lent) {
  caller.send(tokenize_frame(1, long_document(), {.columns = kinds_and_starts, .columns_by_descriptor = true}));
  const auto got = caller.receive_answer(1);
  BOOST_REQUIRE(got.lent);
  const int fd = got.frame.passed.get();
  BOOST_TEST(::ftruncate(fd, 0) == -1);
  BOOST_TEST(::pwrite(fd, "x", 1, 0) == -1);
  BOOST_TEST((::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED));
}

BOOST_AUTO_TEST_CASE(short_columns_come_in_the_frame_whatever_was_wished) {
  caller.send(tokenize_frame(1, "abc", {.columns = kinds_and_starts, .columns_by_descriptor = true}));
  const auto got = caller.receive_answer(1);
  BOOST_TEST(!got.lent);
  check_tokens(got, "abc");
}

BOOST_AUTO_TEST_CASE(who_gives_nothing_back_gets_columns_in_the_frame_and_holds_nobody_up) {
  std::vector<passing_caller::answer> kept;
  for (uint64_t id = 1; id <= limits::lent_to_one_max + 4; ++id) {
    caller.send(tokenize_frame(id, long_document(), {.columns = kinds_and_starts, .columns_by_descriptor = true}));
    kept.push_back(caller.receive_answer(id));
  }
  const auto lent = std::ranges::count_if(kept, [](const auto& each) { return each.lent.has_value(); });
  BOOST_TEST(lent > 0);
  BOOST_TEST(lent <= static_cast<ptrdiff_t>(limits::lent_to_one_max));
  for (const auto& each : kept) check_tokens(each, long_document());
}

BOOST_AUTO_TEST_CASE(what_is_no_sealed_memory_with_the_whole_document_is_refused_and_the_connection_goes_on) {
  const std::string_view text = "some text";
  const auto frame = passing_frame(7, text.size(), {.columns = kinds_and_starts});
  const auto is_refused = [&](const owned_fd& memory) {
    BOOST_TEST(refusal(frame, {memory.get()}) == status::bad_descriptor);
  };
  is_refused(memory_file(text, F_SEAL_SEAL));
  is_refused(memory_file(text, F_SEAL_SHRINK));
  is_refused(memory_file(text, F_SEAL_SHRINK | F_SEAL_GROW));
  is_refused(memory_file(text, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE));
  is_refused(memory_file(text.substr(1)));
  is_refused(memory_file(""));
  owned_fd hole{::memfd_create("hole", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  BOOST_REQUIRE(::ftruncate(hole.get(), 1 << 20) == 0);
  BOOST_REQUIRE(::fcntl(hole.get(), F_ADD_SEALS, all_seals) == 0);
  is_refused(hole);
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  is_refused(owned_fd{ends[0]});
  is_refused(owned_fd{ends[1]});
  is_refused(owned_fd{::open("/", O_RDONLY | O_CLOEXEC)});
  is_refused(owned_fd{::open("/dev/zero", O_RDONLY | O_CLOEXEC)});
  is_refused(owned_fd{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)});
  is_refused(owned_fd{::dup(connection.connection().fd())});
  const owned_fd good = memory_file(text);
  BOOST_TEST(refusal(frame, {good.get(), good.get()}) == status::bad_descriptor);
  BOOST_TEST(refusal(frame, {good.get(), good.get(), good.get()}) == status::bad_descriptor);
  BOOST_TEST(refusal(frame, {}) == status::descriptor_lost);
  caller.send(frame, {good.get()});
  check_tokens(caller.receive_answer(7), text);
}

BOOST_AUTO_TEST_CASE(a_document_of_no_bytes_may_be_passed) {
  const owned_fd memory = memory_file("");
  caller.send(passing_frame(1, 0, {.columns = kinds_and_starts}), {memory.get()});
  check_tokens(caller.receive_answer(1), "");
}

BOOST_AUTO_TEST_CASE(a_frame_may_come_cut_behind_its_descriptor) {
  const std::string_view text = "some text";
  const owned_fd memory = memory_file(text);
  const auto frame = passing_frame(1, text.size(), {.columns = kinds_and_starts});
  for (size_t cut = 1; cut < frame.size(); ++cut) {
    caller.send(std::span{frame}.first(cut), {memory.get()});
    caller.send(std::span{frame}.subspan(cut));
    check_tokens(caller.receive_answer(1), text);
  }
}

BOOST_AUTO_TEST_CASE(frames_and_descriptors_stay_in_their_order_however_they_are_sent) {
  const std::vector<std::string> texts{"a", "bb", "\\ccc", "{dddd}"};
  std::vector<owned_fd> memory;
  for (const std::string& text : texts) memory.push_back(memory_file(text));
  uint64_t id = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    auto both = tokenize_frame(++id, texts[i], {.columns = kinds_and_starts}); // whose frames have no descriptor
    caller.send(both);
    caller.send(passing_frame(++id, texts[i].size(), {.columns = kinds_and_starts}), {memory[i].get()});
  }
  std::map<uint64_t, scanned> got;
  for (uint64_t answer = 1; answer <= id; ++answer) {
    const auto received = caller.receive();
    const auto said = decode_tokenized(received.payload);
    BOOST_REQUIRE(said);
    BOOST_TEST(said->head.result.status == status::ok);
    const auto& text = texts[static_cast<size_t>((received.header.id - 1) / 2)];
    BOOST_TEST(said->head.result.token_count == scan(text, *find_regime("latex")).kinds.size());
  }
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_nobody_asked_for_is_closed) {
  const owned_fd memory = memory_file("abc");
  const std::filesystem::path folder{"/proc/" + std::to_string(server.pid()) + "/fd"};
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator{folder}, {}); };
  (void)stat_of(server, "connections_open"); // to which end it opens one, for good
  const auto before = files();
  for (uint64_t id = 1; id <= 100; ++id) {
    caller.send(tokenize_frame(id, "abc", {.columns = kinds_and_starts}), {memory.get(), memory.get()});
    check_tokens(caller.receive_answer(id), "abc");
  }
  BOOST_TEST(eventually([&] { return files() <= before; }));
}

BOOST_AUTO_TEST_CASE(in_a_batch_nothing_is_passed) {
  caller.send(batch_frame(1, {"a", "b"}, {.columns = kinds_and_starts, .columns_by_descriptor = true}));
  const auto got = caller.receive();
  const auto said = decode_batch_response(got.payload);
  BOOST_REQUIRE(said);
  BOOST_TEST(said->whole.status == status::unsupported_option);
}

BOOST_AUTO_TEST_CASE(a_release_of_what_was_not_lent_is_let_be) {
  caller.release(42);
  caller.send(tokenize_frame(1, "abc", {.columns = kinds_and_starts}));
  check_tokens(caller.receive_answer(1), "abc");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(descriptors_are_offered_on_unix_sockets_to_who_asks_and_where_workers_are_threads) {
  running_texlexd server{std::vector<std::string>{"--tcp-port", "0"}};
  auto tcp = server.connect_tcp();
  const passing_caller by_tcp{tcp.connection().fd()};
  BOOST_TEST(by_tcp.hello.features == 0u);
  auto silent = server.connect();
  const passing_caller unasked{silent.connection().fd(), 0};
  BOOST_TEST(unasked.hello.features == 0u);
  const owned_fd memory = memory_file("abc");
  unasked.send(passing_frame(1, 3, {.columns = kinds_and_starts}), {memory.get()});
  BOOST_TEST(unasked.receive_answer(1).said.head.result.status == status::unsupported_option);
  unasked.release(1);
  const auto last = unasked.receive();
  BOOST_TEST(last.header.type == static_cast<uint32_t>(frame_type::response));
  server.stop();

  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--isolation", "process"}, std::vector<std::string>{"--descriptors-max", "0"}}) {
    running_texlexd without{flags};
    auto connection = without.connect();
    const passing_caller caller{connection.connection().fd()};
    BOOST_TEST(caller.hello.features == 0u);
    without.stop();
  }
}

BOOST_AUTO_TEST_CASE(what_a_client_holds_when_it_goes_is_given_back) {
  running_texlexd server{std::vector<std::string>{}};
  const size_t before = open_files(server);
  for (int round = 0; round < 20; ++round) {
    auto connection = server.connect();
    const passing_caller caller{connection.connection().fd()};
    for (uint64_t id = 1; id <= 3; ++id)
      caller.send(tokenize_frame(id, long_document(), {.columns = kinds_and_starts, .columns_by_descriptor = true}));
    if (round % 2 == 0) continue; // its answers unread
    const auto got = caller.receive();
    BOOST_TEST(!got.payload.empty());
  }
  BOOST_TEST(eventually([&] { return stat_of(server, "lent_bytes") == 0; }));
  BOOST_TEST(eventually([&] { return open_files(server) <= before; }));
  server.stop();
}

// TEXLEX_LEAK_ROUNDS: how many, where a longer run than usual is wanted; TEXLEX_SEED: of a run to be replayed.
BOOST_AUTO_TEST_CASE(after_many_hostile_rounds_as_many_files_are_open_and_as_much_memory_is_used_as_before) {
  const char* const wanted = std::getenv("TEXLEX_LEAK_ROUNDS");
  const char* const seeded = std::getenv("TEXLEX_SEED");
  const int rounds = wanted ? std::atoi(wanted) : 1500;
  const auto seed = seeded ? static_cast<uint32_t>(std::strtoul(seeded, nullptr, 10)) : std::random_device{}();
  BOOST_TEST_MESSAGE("TEXLEX_SEED=" << seed);
  std::mt19937 random{seed};
  running_texlexd server{std::vector<std::string>{}};
  const size_t files = open_files(server);
  const owned_fd good = memory_file(long_document()), unsealed = memory_file("abc", F_SEAL_SHRINK);
  uint64_t resident = 0;
  for (int round = 0; round < rounds; ++round) {
    if (round == rounds / 3) resident = server.resident_bytes(); // all arenas and pools have grown by then
    auto connection = server.connect();
    const passing_caller caller{connection.connection().fd()};
    const tokenize_options lent{.columns = kinds_and_starts, .columns_by_descriptor = true};
    switch (random() % 8) {
      case 0: caller.send(passing_frame(1, long_document().size(), lent), {good.get()}); break; // and is gone
      case 1:
        caller.send(passing_frame(1, long_document().size(), lent), {good.get()});
        (void)caller.receive(); // and goes with the lease
        break;
      case 2: caller.send(passing_frame(1, 3, lent), {unsealed.get()}); break;
      case 3: caller.send(passing_frame(1, 1u << 30, lent), {good.get()}); break;
      case 4: {
        const auto frame = passing_frame(1, 3, lent);
        caller.send(std::span{frame}.first(5), {good.get()});
        break;
      }
      case 5: {
        auto lying = tokenize_frame(1, "abc", lent);
        lying[frame_header_bytes + random() % 32] ^= static_cast<uint8_t>(1 + random() % 255);
        caller.send(lying, {good.get()});
        break;
      }
      case 6: {
        std::vector<uint8_t> noise(1 + random() % 100);
        for (auto& byte : noise) byte = static_cast<uint8_t>(random());
        caller.send(noise, {good.get(), good.get(), good.get()});
        break;
      }
      default:
        caller.send(tokenize_frame(1, long_document(), lent));
        caller.release(1);
        (void)caller.receive();
        break;
    }
  }
  BOOST_TEST(eventually([&] { return open_files(server) <= files; }), "TEXLEX_SEED=" << seed);
  BOOST_TEST(stat_of(server, "lent_bytes") == 0u);
  BOOST_TEST(server.resident_bytes() <= resident + (16u << 20), "TEXLEX_SEED=" << seed);
  server.stop();
}

BOOST_AUTO_TEST_SUITE_END()

// Columns by workers in processes of their own: byte for byte those of workers that are threads, while processes are
// killed and crash too, and each request is answered once.
#include "test/golden/vectors.hpp" // first: it settles how Boost's reader of JSON includes Boost

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>

#include "kernels/regimes.hpp"
#include "test/e2e/neighbour.hpp"
#include "test/e2e/token_caller.hpp"
#include "test/e2e/worker_processes.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(process_columns_test)

namespace {

std::vector<std::string> in_processes(const std::vector<std::string>& more = {}) {
  std::vector<std::string> flags{"--isolation", "process"};
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

uint32_t number_at(std::span<const uint8_t> column, size_t index) {
  uint32_t entry = 0;
  std::memcpy(&entry, column.data() + 4 * index, sizeof entry);
  return entry;
}

golden::numbers numbers_of(const tokenized& got, column_id id) {
  const auto column = got.column(id);
  BOOST_REQUIRE(column.has_value());
  golden::numbers all;
  for (size_t i = 0; i < column->size() / 4; ++i) all.push_back(number_at(*column, i));
  return all;
}

golden::numbers bytes_of(const tokenized& got, column_id id) {
  const auto column = got.column(id);
  BOOST_REQUIRE(column.has_value());
  return {column->begin(), column->end()};
}

golden::told told_by(const tokenized& got) {
  golden::told all{bytes_of(got, column_id::kind),
                   numbers_of(got, column_id::start),
                   numbers_of(got, column_id::end),
                   numbers_of(got, column_id::code),
                   numbers_of(got, column_id::line),
                   numbers_of(got, column_id::column),
                   {},
                   got.head.result.issue_count,
                   bytes_of(got, column_id::issue_kind),
                   numbers_of(got, column_id::issue_offset)};
  const auto offsets = numbers_of(got, column_id::name_offset);
  const auto names = *got.column(column_id::name_byte);
  for (size_t i = 0; i + 1 < offsets.size(); ++i)
    all.names.emplace_back(names.begin() + static_cast<std::ptrdiff_t>(offsets[i]),
                           names.begin() + static_cast<std::ptrdiff_t>(offsets[i + 1]));
  return all;
}

tokenize_options options_of(const golden::golden_vector& vector) {
  const std::map<std::string, position_unit> units{{"bytes", position_unit::bytes},
                                                   {"code_points", position_unit::code_points},
                                                   {"utf16", position_unit::utf16_units}};
  return {.columns = all_columns,
          .view = vector.view == "tex" ? token_view::tex : token_view::source,
          .unit = units.at(vector.column_unit),
          .issues_told_max = static_cast<uint32_t>(vector.issues_max),
          .regime = vector.regime};
}

// Documents whose columns are copied out of a worker's memory, and such as lie in memory that travels.
std::vector<std::string> documents_of_all_sizes() {
  std::vector<std::string> documents = sample_documents();
  documents.insert(documents.end(),
                   {"", "a", "\\TeX", std::string(8'000, '\\'), std::string(9'000, '\x01'), megabyte()});
  for (std::string text = "\\begin{a}% \xC3\xA9\n"; text.size() < 200'000; text += text) documents.push_back(text);
  return documents;
}

size_t open_files(const running_texlexd& server) {
  const std::filesystem::directory_iterator files{"/proc/" + std::to_string(server.pid()) + "/fd"};
  return static_cast<size_t>(std::distance(files, {}));
}

// What all columns of a document are, payload and all, by workers that are threads.
std::vector<uint8_t> payload_of(token_caller& caller, uint64_t id, std::string_view document) {
  caller.tokenize(id, document, {.columns = all_columns, .issues_told_max = 100});
  return caller.receive(frame_type::tokenize_response).second;
}

constexpr size_t origin_at = 36;

} // namespace

BOOST_AUTO_TEST_CASE(the_golden_vectors_come_as_in_process) {
  running_texlexd server{in_processes()};
  token_caller caller{server};
  uint64_t id = 0;
  for (const golden::golden_vector& vector : golden::vectors())
    BOOST_TEST_CONTEXT(vector.name << " under " << vector.regime << ", " << vector.view << " view, in "
                                   << vector.column_unit) {
      caller.tokenize(++id, vector.document, options_of(vector));
      const tokenized got = caller.response(id);
      BOOST_REQUIRE(got.head.result.status == status::ok);
      golden::check_the_same(told_by(got), vector.expected);
    }
  BOOST_TEST(eventually_none_in_flight(server));
  server.stop();
  BOOST_TEST(server.log().find("died") == std::string::npos, server.log());
}

BOOST_AUTO_TEST_CASE(payloads_are_those_of_workers_that_are_threads_byte_for_byte) {
  running_texlexd threads{{"--no-hedge"}}, processes{in_processes({"--no-hedge"})};
  token_caller by_threads{threads}, by_processes{processes};
  BOOST_TEST((by_threads.hello.columns == by_processes.hello.columns));
  BOOST_TEST((by_threads.hello.regimes == by_processes.hello.regimes));
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  const std::vector<std::string> documents = documents_of_all_sizes();
  const auto some_options = [&] {
    const auto& regime = by_threads.hello.regimes[random() % by_threads.hello.regimes.size()];
    const auto columns = static_cast<uint32_t>(random() % (all_columns + 1));
    const auto unit = (columns & static_cast<uint32_t>(column_set::columns)) != 0 ? random() % 3 : 0;
    return tokenize_options{.columns = columns,
                            .view = random() % 2 == 0 ? token_view::tex : token_view::source,
                            .unit = static_cast<position_unit>(unit),
                            .issues_told_max = static_cast<uint32_t>(random() % 3 * (random() % 50'000)),
                            .regime = regime};
  };
  BOOST_TEST_CONTEXT("seed " << seed) {
    for (uint64_t id = 1; id <= 400; ++id) {
      const std::string& document = documents[random() % documents.size()];
      const tokenize_options options = some_options();
      by_threads.tokenize(id, document, options);
      by_processes.tokenize(id, document, options);
      BOOST_REQUIRE(
        (by_processes.receive(frame_type::tokenize_response) == by_threads.receive(frame_type::tokenize_response)));
    }
    for (uint64_t id = 401; id <= 440; ++id) {
      std::vector<std::string> some;
      for (int i = 0; i < 20; ++i) some.push_back(documents[random() % documents.size()].substr(0, 60'000));
      const tokenize_options options = some_options();
      by_threads.tokenize_batch(id, some, options);
      by_processes.tokenize_batch(id, some, options);
      BOOST_REQUIRE(
        (by_processes.receive(frame_type::batch_response) == by_threads.receive(frame_type::batch_response)));
    }
  }
  BOOST_TEST(eventually_none_in_flight(processes));
  threads.stop();
  processes.stop();
}

BOOST_AUTO_TEST_CASE(documents_nobody_wants_columns_of_are_counted_in_the_view_and_regime_asked_for) {
  running_texlexd server{in_processes()};
  token_caller caller{server};
  const std::string document = sample_documents().front() + "% a comment\n \\a@b";
  uint64_t id = 0;
  for (const std::string& regime : caller.hello.regimes)
    for (const token_view view : {token_view::tex, token_view::source}) {
      caller.tokenize(++id, document, {.view = view, .regime = regime});
      const scanned expected = scan(document, *find_regime(regime), view);
      BOOST_TEST(caller.response(id).head.result.token_count == expected.kinds.size());
    }
  server.stop();
}

BOOST_AUTO_TEST_CASE(kill_9_of_processes_at_work_on_columns_costs_no_request_and_no_byte) {
  running_texlexd threads;
  token_caller by_threads{threads};
  std::vector<std::string> documents{sample_documents().front(), std::string(300'000, 'a'), megabyte()};
  std::vector<std::vector<uint8_t>> expected;
  for (const std::string& document : documents) expected.push_back(payload_of(by_threads, 1, document));
  threads.stop();

  running_texlexd server{in_processes({"--kernel", "reference", "--restarts-max", "1000"})};
  token_caller caller{server};
  constexpr uint64_t requests = 20; // of a round, in which a process dies now and then
  for (int round = 0; round < 4; ++round) {
    BOOST_REQUIRE(all_are_back(server));
    std::jthread sending{[&] {
      for (uint64_t id = 0; id < requests; ++id)
        caller.tokenize(id, documents[id % documents.size()], {.columns = all_columns, .issues_told_max = 100});
    }};
    std::vector<bool> answered(requests);
    for (uint64_t i = 0; i < requests; ++i) {
      auto [id, payload] = caller.receive(frame_type::tokenize_response);
      BOOST_REQUIRE(id < requests);
      BOOST_TEST(!answered[id], "request " << id << " is answered twice");
      answered[id] = true;
      const auto& right = expected[id % expected.size()];
      BOOST_REQUIRE(payload.size() == right.size());
      payload[origin_at] = right[origin_at];
      BOOST_TEST((payload == right));
      if (i % 6 != 2) continue;
      if (const auto children = children_of(server); !children.empty()) ::kill(children[i % children.size()], SIGKILL);
    }
  }
  BOOST_TEST(eventually_none_in_flight(server));
  BOOST_TEST(all_are_back(server));
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_document_its_process_crashes_on_has_its_columns_from_the_next_one) {
  running_texlexd server{in_processes({"--test-crash-marker", "%die", "--test-crash-count", "1"})};
  neighbour beside{server};
  token_caller caller{server};
  const std::string deadly = "%die\n" + std::string(100'000, 'a');
  caller.tokenize(1, deadly, {.columns = all_columns});
  caller.expect_tokens(1, scan(deadly, *find_regime("latex")));
  beside.expect_undisturbed();
  BOOST_TEST(eventually_none_in_flight(server));
  BOOST_TEST(all_are_back(server));
  server.stop();
  BOOST_TEST(server.log().find("died: its process was ended by signal 6 (Aborted)") != std::string::npos, server.log());
}

BOOST_AUTO_TEST_CASE(a_document_two_processes_crash_on_is_lost_and_leaves_no_memory_behind) {
  running_texlexd server{in_processes({"--test-crash-marker", "%die", "--test-crash-count", "2"})};
  token_caller caller{server};
  caller.tokenize(1, "%die\n" + std::string(100'000, 'a'), {.columns = all_columns});
  const tokenized lost = caller.response(1);
  BOOST_TEST(lost.head.result.status == status::worker_lost);
  BOOST_TEST(!lost.column(column_id::kind).has_value());
  BOOST_TEST(eventually_none_in_flight(server));
  server.stop();
}

BOOST_AUTO_TEST_CASE(with_no_or_few_files_for_shared_memory_columns_come_all_the_same) {
  const std::string document = megabyte();
  const scanned expected = scan(document, *find_regime("latex"));
  for (const char* files : {"0", "3"}) {
    running_texlexd server{in_processes({"--descriptors-max", files})};
    token_caller caller{server};
    const size_t before = open_files(server);
    for (uint64_t id = 1; id <= 10; ++id) caller.tokenize(id, document, {.columns = kinds_and_starts});
    caller.expect_tokens_of_all(10, expected);
    caller.tokenize(11, document, {.columns = all_columns, .issues_told_max = 100});
    caller.expect_tokens(11, expected);
    BOOST_TEST(eventually_none_in_flight(server));
    // Documents that are kept, memory to copy columns out of, and those that travel.
    BOOST_TEST(open_files(server) <= before + 10 + 2 * allowed_cores().size() + std::stoul(files));
    server.stop();
  }
}

BOOST_AUTO_TEST_CASE(what_a_client_does_not_read_holds_no_more_files_than_may_be_shared) {
  constexpr size_t files_max = 5;
  running_texlexd server{in_processes({"--descriptors-max", std::to_string(files_max)})};
  const std::string document(100'000, 'a');
  const scanned expected = scan(document, *find_regime("latex"));
  const size_t before = open_files(server);
  token_caller slow{server}, polite{server};
  constexpr uint64_t requests = 40;
  std::jthread sending{[&] {
    for (uint64_t id = 1; id <= requests; ++id) slow.tokenize(id, document, {.columns = kinds_and_starts});
  }};
  for (uint64_t id = 1; id <= 20; ++id) { // it gets on beside it
    polite.tokenize(id, "Hi \\TeX", {.columns = kinds_and_starts});
    polite.expect_tokens(id, scan("Hi \\TeX", *find_regime("latex")));
  }
  const size_t connections = 4, documents = requests, desks = 2 * allowed_cores().size();
  BOOST_TEST(open_files(server) <= before + connections + documents + desks + files_max);
  slow.expect_tokens_of_all(requests, expected);
  sending.join();
  BOOST_TEST(eventually_none_in_flight(server));
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_long_document_is_left_in_the_middle_of_its_columns_when_its_time_is_up_or_its_client_is_gone) {
  running_texlexd server{in_processes({"--kernel", "reference"})};
  const std::string document = megabyte();
  for (int round = 0; round < 10; ++round) {
    token_caller gone{server};
    gone.tokenize(1, document, {.columns = all_columns, .issues_told_max = 100});
    std::this_thread::sleep_for(std::chrono::milliseconds{round * 3});
  }
  BOOST_TEST(eventually_none_in_flight(server));
  token_caller caller{server};
  caller.tokenize(1, document, {.columns = kinds_and_starts});
  caller.expect_tokens(1, scan(document, *find_regime("latex")));
  server.stop();
  BOOST_TEST(server.log().find("died") == std::string::npos, server.log()); // each stopped when it was told to
}

BOOST_AUTO_TEST_CASE(columns_beyond_what_the_others_leave_are_refused_and_the_worker_lives) {
  running_texlexd server{in_processes({"--column-bytes-max", "1000000"})};
  token_caller caller{server};
  caller.tokenize(1, std::string(100'000, 'a'), {.columns = kinds_and_starts}); // 500 kB of it
  BOOST_TEST(caller.response(1).head.result.status == status::ok);
  caller.tokenize(2, std::string(300'000, 'a'), {.columns = kinds_and_starts});
  BOOST_TEST(caller.response(2).head.result.status == status::document_too_large);
  BOOST_TEST(eventually_none_in_flight(server));
  server.stop();
  BOOST_TEST(server.log().find("died") == std::string::npos, server.log());
}

BOOST_AUTO_TEST_SUITE_END()

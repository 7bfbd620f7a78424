// docs/protocol.md and protocol-2.md are the specification: their examples are sent to a server byte by byte, and their
// tables are held against the code.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <regex>

#include "config/schema.hpp"
#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"
#include "test/unit/server/serving.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(protocol_document_test)

namespace {

std::vector<std::string> document_lines() {
  std::vector<std::string> lines;
  for (const char* name : {"/docs/protocol.md", "/docs/protocol-2.md"}) {
    std::ifstream file{TEXLEX_SOURCE_DIR + std::string{name}};
    for (std::string line; std::getline(file, line);) lines.push_back(line);
  }
  BOOST_REQUIRE(!lines.empty());
  return lines;
}

/// The worker of an example: answers with the reference's counts, unless it pauses.
class paused_or_not final : public job_port {
public:
  void connect(request_server& server) { server_ = &server; }

  void submit(job_batch jobs) override {
    for (job_ptr& job : jobs) take(std::move(job));
  }

  void take(job_ptr job) {
    std::lock_guard guard{mutex_};
    waiting_.push_back(std::move(job));
    if (!paused_) work();
  }

  void cancel(job_id id) override {
    server_->deliver(id, {.status = status::cancelled});
    std::lock_guard guard{mutex_};
    std::erase_if(waiting_, [&](const job_ptr& job) { return job->id == id; });
  }

  void ask_stats(job_id number) override { server_->tell(number, {}); }

  void pause(bool paused) {
    std::lock_guard guard{mutex_};
    paused_ = paused;
    if (!paused) work();
  }

private:
  void work() {
    for (const job_ptr& job : waiting_) {
      if (job->order) {
        const auto [result, columns] = tokenize(*job);
        server_->deliver(job->id, result, columns);
        continue;
      }
      const scanned tokens =
        scan({reinterpret_cast<const char*>(job->document.data()), job->document.size()}, *job->regime);
      server_->deliver(job->id, {status::ok, static_cast<uint32_t>(tokens.kinds.size()),
                                 static_cast<uint32_t>(tokens.issue_count), origin::primary});
    }
    waiting_.clear();
  }

  static std::pair<outcome, column_answer_ptr> tokenize(const job& job) {
    const scan_input input{job.document, job.regime, job.order->view};
    auto columns = column_scan::begin(*job.order, input);
    // The server's thread comes here, and Boost.Test's checks belong to the test's own: the client sees the failure.
    if (!columns) return {{.status = status::internal_error}, nullptr};
    scan_cursor cursor;
    find_kernel("reference")->advance(input, UINT32_MAX, cursor, columns->output());
    return {{status::ok, static_cast<uint32_t>(cursor.token_count), static_cast<uint32_t>(cursor.issue_count),
             origin::primary},
            columns->finish(cursor, job.stop.here())};
  }

  request_server* server_ = nullptr;
  std::mutex mutex_;
  std::vector<job_ptr> waiting_;
  bool paused_ = false;
};

// The bytes of an example's line: groups of hexadecimal digits, up to two blanks and a remark.
std::vector<uint8_t> bytes_in(const std::string& line) {
  const std::string digits = std::regex_replace(line.substr(2, line.find("  ", 2) - 2), std::regex{" "}, "");
  BOOST_REQUIRE_MESSAGE(digits.size() % 2 == 0, "half a byte: " << line);
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < digits.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

struct example_server {
  example_server() {
    settings.unix_socket = folder / "texlex.sock";
    server.emplace(settings, limit_settings{}, find_regime("latex"), worker);
    worker.connect(*server);
    BOOST_REQUIRE(std::holds_alternative<server_endpoints>(server->start()));
  }

  void play(const std::string& line, frame_caller& one) {
    if (line == ". the workers pause") return worker.pause(true);
    if (line == ". the workers go on") return worker.pause(false);
    if (line == ". the connection is closed") return one.expect_end();
    BOOST_REQUIRE_MESSAGE((line.starts_with("> ") || line.starts_with("< ")), "not understood: " << line);
    const std::vector<uint8_t> bytes = bytes_in(line);
    if (line.starts_with("> ")) return one.raw(bytes);
    BOOST_TEST(one.receive_raw(bytes.size()) == bytes, boost::test_tools::per_element());
  }

  temporary_folder folder;
  server_settings settings;
  paused_or_not worker;
  std::optional<request_server> server;
};

bool is_setting(const std::string& section, const std::string& key) {
  return std::ranges::any_of(schema(), [&](const field& each) { return each.section == section && each.key == key; });
}

} // namespace

BOOST_AUTO_TEST_CASE(the_examples_are_what_a_server_says) {
  size_t examples = 0;
  bool inside = false;
  std::optional<example_server> server;
  std::optional<frame_caller> one;
  for (const std::string& line : document_lines()) {
    if (line == "```wire") {
      inside = true;
      ++examples;
      server.emplace();
      one.emplace(client::connect_unix(server->settings.unix_socket, patience));
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      BOOST_TEST_CONTEXT("example " << examples << ": " << line) { server->play(line, *one); }
    }
  }
  BOOST_TEST(examples >= 13u);
}

BOOST_AUTO_TEST_CASE(the_table_of_statuses_is_the_code_s) {
  static const std::regex row{R"(\| (\d+) \| ([a-z-]+) \| .*)"};
  uint32_t next = 0;
  bool inside = false;
  for (const std::string& line : document_lines()) {
    if (line.starts_with("## ")) inside = line == "## Statuses";
    std::smatch match;
    if (!inside || !std::regex_match(line, match, row)) continue;
    BOOST_TEST(std::stoul(match[1]) == next);
    BOOST_TEST(match[2].str() == name_of(static_cast<status>(next)));
    ++next;
  }
  BOOST_TEST(next == status_count);
}

BOOST_AUTO_TEST_CASE(the_settings_it_names_exist) {
  static const std::regex named{R"(`(server|limits)\.([a-z_]+)`)"};
  size_t found = 0;
  for (const std::string& line : document_lines())
    for (std::sregex_iterator match{line.begin(), line.end(), named}, end; match != end; ++match, ++found)
      BOOST_TEST(is_setting((*match)[1].str(), (*match)[2].str()), match->str() << " is no setting");
  BOOST_TEST(found >= 9u);
}

BOOST_AUTO_TEST_SUITE_END()

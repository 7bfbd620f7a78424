// What does one connection get of version 2: counts beside columns, and single documents beside batches? Asks a texlexd
// that runs already, one frame after the other, the ways in turns: what the machine does meanwhile meets them all.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/passing_connection.hpp"
#include "runtime/batch_frame.hpp"
#include "runtime/client.hpp"
#include "runtime/frame.hpp"
#include "runtime/time.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex::bench {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t batch_documents = 64;
constexpr uint32_t kinds_and_starts =
  static_cast<uint32_t>(column_set::kinds) | static_cast<uint32_t>(column_set::starts);

/// A frame.
struct question {
  frame_type type = frame_type::hello;
  std::string head, documents;
};

/// One way to ask, and how many documents each of its frames has.
struct way {
  std::string name;
  std::string beside; ///< the way it is compared with
  std::function<void()> ask;
  uint32_t documents = 1;
  std::vector<double> documents_per_s{}; ///< one a round
};

question single(const std::string& document, uint32_t columns) {
  return {frame_type::tokenize, encode_tokenize_head({.columns = columns}, static_cast<uint32_t>(document.size())),
          document};
}

question batch(const std::string& document, uint32_t columns) {
  const std::vector<uint32_t> lengths(batch_documents, static_cast<uint32_t>(document.size()));
  std::string documents;
  for (uint32_t i = 0; i < batch_documents; ++i) documents += document;
  return {frame_type::batch, encode_batch_head({.columns = columns}, lengths), documents};
}

class connection {
public:
  explicit connection(const std::string& address) : client_(opened(address)) {
    const auto hello = encode_hello({});
    ask({frame_type::hello, {hello.begin(), hello.end()}, {}});
  }

  /// Sends a frame and takes its answer in. Throws if there is none, or if it is not ok.
  void ask(const question& asked) {
    const std::string& body = asked.documents;
    check(client_.send_frame(asked.type, 1, asked.head, {reinterpret_cast<const uint8_t*>(body.data()), body.size()}));
    const auto came = client_.receive_header();
    if (const auto* error = std::get_if<client_error>(&came)) check(*error);
    const frame_header header = std::get<frame_header>(came);
    if (answer_.size() < header.payload_bytes) answer_.resize(header.payload_bytes);
    check(client_.receive_payload(std::span{answer_}.first(header.payload_bytes)));
    if (header.type == static_cast<uint32_t>(frame_type::response) || (is_answer(header.type) && !ok()))
      throw std::runtime_error{"the server refused what it was asked for"};
  }

private:
  static client opened(const std::string& address) {
    auto made = client::connect(address, 10s);
    if (const auto* error = std::get_if<client_error>(&made)) throw std::runtime_error{error->sentence};
    return std::move(std::get<client>(made));
  }

  static bool is_answer(uint32_t type) {
    return type == static_cast<uint32_t>(frame_type::tokenize_response)
           || type == static_cast<uint32_t>(frame_type::batch_response);
  }

  [[nodiscard]] bool ok() const {
    return std::all_of(answer_.begin() + 8, answer_.begin() + 12, [](uint8_t byte) { return byte == 0; });
  }

  static void check(const std::optional<client_error>& error) {
    if (error) throw std::runtime_error{error->sentence};
  }

  client client_;
  std::vector<uint8_t> answer_;
};

double measured(const way& one, duration length) {
  const instant begin = now();
  uint64_t frames = 0;
  do {
    one.ask();
    ++frames;
  } while (now() - begin < length);
  return static_cast<double>(frames * one.documents) / std::chrono::duration<double>(now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double median_ratio(const way& one, const way& other) {
  std::vector<double> ratios;
  for (size_t i = 0; i < one.documents_per_s.size(); ++i)
    ratios.push_back(one.documents_per_s[i] / other.documents_per_s[i]);
  return median(std::move(ratios));
}

std::string text_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot read " + path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void print(const std::vector<way>& ways) {
  for (const way& one : ways) {
    const auto beside =
      std::find_if(ways.begin(), ways.end(), [&](const way& other) { return other.name == one.beside; });
    fmt::print(R"({{"name": "{}", "documents_per_s": {:.1f}, "beside": "{}", "ratio": {:.3f}}})"
               "\n",
               one.name, median(one.documents_per_s), one.beside, median_ratio(one, *beside));
  }
}

void run(const std::string& address, const std::string& large, const std::string& small, int rounds, double seconds) {
  const std::string book = text_of(large), page = text_of(small);
  connection to{address};
  const auto asking = [&](question asked) { return [&to, asked = std::move(asked)] { to.ask(asked); }; };
  std::vector<way> ways{
    {"large, counts", "large, counts", asking(single(book, 0))},
    {"large, kinds and starts", "large, counts", asking(single(book, kinds_and_starts))},
    {"small, counts", "small, counts", asking(single(page, 0))},
    {"small, counts, batches of 64", "small, counts", asking(batch(page, 0)), batch_documents},
    {"small, kinds and starts", "small, kinds and starts", asking(single(page, kinds_and_starts))},
    {"small, kinds and starts, batches of 64", "small, kinds and starts", asking(batch(page, kinds_and_starts)),
     batch_documents},
  };
  std::optional<passing_connection> passing;
  const owned_fd passed = sealed(book);
  if (is_unix_address(address)) {
    passing.emplace(address);
    ways.push_back({"large, kinds and starts, lent", "large, counts", [&] { passing->ask(book, -1, true); }});
    ways.push_back({"large, counts, passed", "large, counts", [&] { passing->ask(book, passed.get(), false); }});
    ways.push_back(
      {"large, kinds and starts, passed and lent", "large, counts", [&] { passing->ask(book, passed.get(), true); }});
  }
  const auto length = std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
  for (way& one : ways) (void)measured(one, 50ms); // memory and delays that are learned
  for (int round = 0; round < rounds; ++round) {
    const auto measure = [&](way& one) { one.documents_per_s.push_back(measured(one, length)); };
    if (round % 2 == 0)
      std::for_each(ways.begin(), ways.end(), measure);
    else
      std::for_each(ways.rbegin(), ways.rend(), measure);
  }
  print(ways);
}

} // namespace
} // namespace texlex::bench

int main(int argc, char** argv) {
  CLI::App options{
    "Asks a texlexd by version 2 of its protocol, and prints a line of JSON for each way to ask: documents "
    "a second, and the median ratio to the way it is compared with."};
  std::string address, large, small;
  int rounds = 3;
  double seconds = 1;
  options.add_option("ADDRESS", address, "a Unix socket's path, or host:port")->required();
  options.add_option("LARGE", large, "a document of a megabyte or so")->required();
  options.add_option("SMALL", small, "one of a few kilobytes")->required();
  options.add_option("--rounds", rounds, "how often each way is measured")->check(CLI::Range(1, 1000));
  options.add_option("--seconds", seconds, "of each measurement")->check(CLI::Range(0.01, 60.0));
  CLI11_PARSE(options, argc, argv);
  try {
    texlex::bench::run(address, large, small, rounds, seconds);
  } catch (const std::exception& error) {
    fmt::print(stderr, "columns_bench: {}\n", error.what());
    return 1;
  }
}

// What does the protocol cost by itself, without sockets: encoding and decoding frames, and one request through a
// session's protocol, from its header to its written response?
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "actors/state/admission.hpp"
#include "actors/state/gate.hpp"
#include "actors/state/session_protocol.hpp"
#include "bench/row_reporter.hpp"
#include "runtime/frame.hpp"

namespace texlex::bench {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t document_bytes = 4096;
constexpr uint32_t in_flight_max = 64; ///< the default of limits.requests_per_connection_max
constexpr session_limits limits{document_bytes, in_flight_max, 300s, 10s, 10s};
constexpr outcome answer{status::ok, 1234, 5, origin::primary};

void encode_head(benchmark::State& state) {
  uint64_t id = 0;
  for (auto _ : state) benchmark::DoNotOptimize(encode_request_head(++id, document_bytes));
}

void decode_head(benchmark::State& state) {
  auto bytes = encode_request_head(1, document_bytes);
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
    benchmark::DoNotOptimize(decode_header(std::span{bytes}.first<frame_header_bytes>()));
  }
}

void encode_answer(benchmark::State& state) {
  uint64_t id = 0;
  for (auto _ : state) benchmark::DoNotOptimize(encode_response(++id, answer));
}

void decode_answer(benchmark::State& state) {
  auto bytes = encode_response(1, answer);
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
    benchmark::DoNotOptimize(decode_response(std::span{bytes}.last<response_payload_bytes>()));
  }
}

// One connection with a payload that is always the same, as nobody looks into it but for its length.
class connection {
public:
  connection() {
    const auto head = encode_request_head(0, document_bytes);
    std::ranges::copy(std::span{head}.subspan(frame_header_bytes), payload_.begin());
  }

  // True if the request was accepted.
  bool ask() {
    const frame_header header{static_cast<uint32_t>(frame_type::request), ++id_,
                              static_cast<uint32_t>(payload_.size())};
    protocol_.frame_begun(at_);
    if (protocol_.header_read(decode_header(encode(header)), at_).kind != header_kind::request) return false;
    auto accepted = protocol_.payload_read(payload_, job_id{id_}, at_);
    if (accepted) open_.push_back({job_id{id_}, std::move(accepted->place)});
    return accepted.has_value();
  }

  // Answers all that is open, oldest first, and writes.
  void answer_all() {
    for (open_job& each : open_) {
      each.place.give_back();
      protocol_.answered(each.id, answer, at_);
    }
    open_.clear();
    size_t written = 0;
    for (const response& each : protocol_.begin_write(at_)) {
      std::ranges::copy(encode_response(each.id, each.result), out_.begin() + static_cast<ptrdiff_t>(written));
      written += response_frame_bytes;
    }
    benchmark::DoNotOptimize(out_.data());
    protocol_.written(at_);
  }

private:
  struct open_job {
    job_id id;
    admission::place place;
  };

  instant at_ = now(); ///< the clock's cost is no part of the question
  admission admission_{in_flight_max, uint64_t{in_flight_max} * document_bytes};
  gate gate_{admission_, no_pressure};
  session_protocol protocol_{limits, gate_, at_};
  uint64_t id_ = 0;
  std::vector<uint8_t> payload_ = std::vector<uint8_t>(document_length_bytes + document_bytes);
  std::array<uint8_t, in_flight_max * response_frame_bytes> out_{};
  std::vector<open_job> open_;
};

void request(benchmark::State& state, uint32_t at_once) {
  connection with;
  for (auto _ : state) {
    for (uint32_t i = 0; i < at_once; ++i)
      if (!with.ask()) return state.SkipWithError("a request was refused");
    with.answer_all();
  }
  state.counters["ns_per_request"] =
    benchmark::Counter(at_once / 1e9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void add_all() {
  const auto add = [](const std::string& name, auto measure) { benchmark::RegisterBenchmark(name.c_str(), measure); };
  add("encode a request's head", encode_head);
  add("decode a header", decode_head);
  add("encode a response", encode_answer);
  add("decode a response", decode_answer);
  for (const uint32_t at_once : {1u, 16u, in_flight_max})
    add("session protocol: " + std::to_string(at_once) + " in flight",
        [=](benchmark::State& state) { request(state, at_once); });
}

} // namespace
} // namespace texlex::bench

int main(int argc, char** argv) {
  texlex::bench::add_all();
  return texlex::bench::run_row_bench(argc, argv, "Frames and the session protocol");
}

// A connection without a socket: what the client sends is fed to the protocol as a shell would, jobs are kept until the
// test answers them, and what would be written is collected. Knows nothing of Boost, so that fuzzers use it too.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/state/session_protocol.hpp"
#include "test/support/frames.hpp"

namespace texlex::test {

using bytes = std::vector<uint8_t>;

inline bytes header(uint32_t type, uint64_t id, uint32_t payload_bytes) {
  const auto raw = encode(frame_header{type, id, payload_bytes});
  return {raw.begin(), raw.end()};
}

inline bytes request(uint64_t id, std::string_view document) { return request_frame(id, document); }
inline bytes bare_request(uint64_t id, std::string_view document) { return bare_request_frame(id, document); }
inline bytes cancel(uint64_t id) { return cancel_frame(id); }
inline bytes stats(uint64_t id) { return header(static_cast<uint32_t>(frame_type::stats), id, 0); }

class scripted_connection {
public:
  struct job_at_work {
    std::string document;
    bool deprecated = false;
    admission::place place{};
    bool stats = false; ///< no job: what has happened was asked for
  };

  scripted_connection(const session_limits& limits, texlex::admission& desk, instant begin = instant{})
    : way_in(desk, pressure), protocol(limits, way_in, begin), time(begin) {}

  /// Returns how many bytes were taken; what is left would stay in the socket.
  size_t send(const bytes& sent) {
    size_t taken = 0;
    while (take_complete_parts(), wanted() > 0 && taken < sent.size()) {
      if (protocol.reading() == read_step::header && part_.empty()) protocol.frame_begun(time);
      const bool of_payload = protocol.reading() != read_step::header;
      part_.push_back(sent[taken++]);
      if (of_payload) protocol.payload_arrived(1, time);
      ++bytes_taken;
    }
    return taken;
  }

  void answer(job_id job, const outcome& result = {status::ok, 1, 0, origin::primary},
              const column_answer_ptr& columns = {}) {
    const bool stats = jobs.contains(job.value) && jobs.at(job.value).stats;
    jobs.erase(job.value);
    if (stats)
      protocol.told(job, std::make_shared<const std::string>("requests 1\n"), time);
    else
      protocol.answered(job, result, time, columns);
    protocol.go_on(time);
  }

  void answer_all() {
    while (!jobs.empty()) answer({jobs.begin()->first});
  }

  /// Writes all there is; the client has read it.
  std::vector<response> receive() {
    std::vector<response> got;
    for (auto batch = protocol.begin_write(time); !batch.empty(); batch = protocol.begin_write(time)) {
      got.insert(got.end(), batch.begin(), batch.end());
      protocol.written(time);
    }
    protocol.go_on(time);
    take_complete_parts();
    return got;
  }

  uint32_t features = all_features; ///< that its server can have with it
  hello_texts hellos{{std::make_shared<const std::string>("2"), std::make_shared<const std::string>("2 going away"),
                      std::make_shared<const std::string>("2 descriptors"),
                      std::make_shared<const std::string>("2 all")},
                     std::make_shared<const std::string>("1")};
  queue_pressure pressure; ///< none unless the test says so
  gate way_in;
  session_protocol protocol;
  instant time;
  std::map<uint64_t, job_at_work> jobs;
  std::vector<job_id> cancelled;
  std::vector<uint64_t> released;
  size_t unknown_cancels = 0;
  size_t requests = 0; ///< and stats frames: each is owed one response
  size_t bytes_taken = 0;

private:
  size_t wanted() const {
    switch (protocol.reading()) {
      case read_step::header: return frame_header_bytes - part_.size();
      case read_step::payload:
      case read_step::hello:
      case read_step::skip: return protocol.payload_bytes() - part_.size();
      case read_step::pause:
      case read_step::ended: return 0;
    }
    return 0;
  }

  void take_complete_parts() {
    while (wanted() == 0) {
      if (protocol.reading() == read_step::pause || protocol.reading() == read_step::ended) return;
      const bytes part = std::exchange(part_, {});
      switch (protocol.reading()) {
        case read_step::header: header_complete(part); break;
        case read_step::payload: payload_complete(part); break;
        case read_step::hello: protocol.hello_read(part, hellos, features, time); break;
        case read_step::skip: protocol.payload_skipped(time); break;
        case read_step::pause:
        case read_step::ended: return;
      }
    }
  }

  void header_complete(const bytes& part) {
    std::array<uint8_t, frame_header_bytes> raw;
    std::copy(part.begin(), part.end(), raw.begin());
    const header_verdict verdict = protocol.header_read(decode_header(raw), time);
    if (verdict.kind == header_kind::request || verdict.kind == header_kind::held_back) ++requests;
    if (verdict.kind == header_kind::stats_refused) ++requests;
    if (verdict.kind == header_kind::stats) {
      ++requests;
      const job_id number{++last_job_};
      protocol.stats_asked(number);
      jobs[number.value] = {.document = {}, .stats = true};
    }
    if (verdict.kind == header_kind::cancel)
      for (uint64_t i = 0; i < verdict.jobs; ++i) cancelled.push_back({verdict.to_cancel.value + i});
    if (verdict.kind == header_kind::cancel_of_unknown_id) ++unknown_cancels;
    if (verdict.kind == header_kind::release) released.push_back(verdict.id);
  }

  void payload_complete(const bytes& part) {
    const job_id job{++last_job_};
    auto accepted = protocol.payload_read(part, job, time);
    if (!accepted) return;
    if (accepted->batch) return batch_complete(job, *accepted);
    if (accepted->options && accepted->options->document_by_descriptor) {
      jobs[job.value] = {{}, false, std::move(accepted->place)};
      return;
    }
    const auto begin = part.begin() + static_cast<std::ptrdiff_t>(accepted->document.offset);
    jobs[job.value] = {std::string{begin, begin + static_cast<std::ptrdiff_t>(accepted->document.bytes)},
                       accepted->document.deprecated, std::move(accepted->place)};
  }

  void batch_complete(job_id first, submission& accepted) {
    last_job_ = first.value + accepted.batch->documents() - 1;
    uint64_t number = first.value;
    accepted.batch->for_each_document([&](std::span<const uint8_t> document) {
      jobs[number++] = {std::string{document.begin(), document.end()}, false, std::move(accepted.place)};
    });
  }

  bytes part_;
  uint64_t last_job_ = 100;
};

} // namespace texlex::test

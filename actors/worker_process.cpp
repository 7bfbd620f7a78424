#include "actors/worker_process.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <sys/resource.h>

#include "actors/attempt_runner.hpp"
#include "actors/process_frames.hpp"
#include "actors/state/mapping_slots.hpp"
#include "actors/state/worker_death.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/child_process.hpp"
#include "runtime/cpu.hpp"
#include "runtime/document.hpp"
#include "runtime/packet_socket.hpp"
#include "runtime/shared_memory.hpp"
#include "runtime/standard_streams.hpp"

namespace texlex {
namespace {

int complain(worker_exit status, const std::string& sentence) {
  last_words("texlexd worker: " + sentence);
  return status;
}

// As a fault in the kernel would end it: at once, and with nothing cleaned up. Nobody wants its core.
void die() {
  const rlimit none{};
  ::setrlimit(RLIMIT_CORE, &none);
  std::abort();
}

struct received_attempt {
  attempt_frame frame;
  owned_fd memory; ///< open if one came along
};

class worker_process {
public:
  worker_process(int socket, const start_frame& start, const kernel& kernel, shared_page page)
    : socket_(socket), unpinned_(pin_this_thread(start.core)), page_(std::move(page)),
      runner_({start.lane},
              {.document_bytes_max = start.document_bytes_max,
               .resident_bytes = start.resident_bytes,
               .lock = start.lock_memory != 0},
              kernel,
              {.ppm = start.stall_ppm,
               .length = duration{start.stall_ns},
               .after = start.stall_after != 0,
               .deaf = start.stall_deaf != 0,
               .seed = start.stall_seed},
              static_cast<scan_progress*>(page_.data())) {
    name_this_thread("texlex.w" + std::to_string(start.core));
  }

  int serve() {
    const ready_frame ready{.locked = runner_.locked(),
                            .resident_bytes = runner_.resident_bytes(),
                            .unpinned = packet_text<160>{unpinned_.value_or("")}};
    if (send_packet(socket_, to_packet(ready)) != 0) return parent_ended;
    std::array<uint8_t, sizeof(attempt_frame)> room;
    for (;;) {
      received_packet got = receive_packet(socket_, room);
      if (got.verdict == packet_verdict::closed) return parent_ended;
      if (got.verdict != packet_verdict::received) return complain(cannot_work, "cannot receive from its parent");
      const auto frame = from_packet<attempt_frame>({room.data(), got.bytes});
      if (!frame) return complain(cannot_work, "its parent sent what is no attempt");
      const shared_view* const memory = memory_of(*frame, got.passed);
      if (memory == nullptr) return complain(cannot_work, "cannot map the memory of a document");
      result_frame result;
      try {
        result = attempt(*frame, memory->bytes());
      } catch (const std::exception& error) {
        return complain(kernel_threw, error.what());
      }
      if (send_packet(socket_, to_packet(result)) != 0) return parent_ended;
    }
  }

private:
  const shared_view* memory_of(const attempt_frame& frame, const owned_fd& passed) {
    for (uint32_t i = 0; i < views_.size(); ++i)
      if ((frame.forget >> i & 1) != 0) views_[i].reset();
    auto& view = views_[frame.slot];
    if (frame.fresh != 0) view = shared_view::map(passed, frame.memory_bytes);
    return view && view->bytes().size() == frame.memory_bytes ? &*view : nullptr;
  }

  result_frame attempt(const attempt_frame& frame, std::span<const uint8_t> memory) {
    const auto& header = *reinterpret_cast<const shared_document_header*>(memory.data());
    const regime* const regime = find_regime(frame.regime.view());
    outcome result; // internal error
    const instant begun = now();
    if (regime != nullptr) {
      const auto document = memory.subspan(frame.document_offset, frame.document_bytes);
      result = runner_.run(document, *regime, nullptr, header.stop, frame.crash != 0 ? die : nullptr).result;
    }
    const arena_usage used = runner_.usage();
    return {.status = static_cast<uint32_t>(result.status),
            .number = frame.number,
            .token_count = result.token_count,
            .issue_count = result.issue_count,
            .bytes_handed_out = used.bytes_handed_out,
            .trims = used.trims,
            .interrupted = runner_.interrupted(now() - begun)};
  }

  int socket_;
  std::optional<std::string> unpinned_; ///< pinned first, so that the arenas' pages lie near the core
  shared_page page_;
  attempt_runner runner_;
  std::array<std::optional<shared_view>, mapping_slots::slot_count> views_;
};

} // namespace

int run_worker_process() try {
  end_with_parent(); // should it have ended already, its end of the socket is closed
  std::array<uint8_t, sizeof(start_frame)> room;
  const received_packet got = receive_packet(passed_descriptor, room);
  if (got.verdict == packet_verdict::closed) return parent_ended;
  const auto start = from_packet<start_frame>({room.data(), got.bytes});
  if (got.verdict != packet_verdict::received || !start)
    return complain(not_started_by_texlexd, "is started by texlexd itself; use texlexd serve --isolation process");
  const kernel* const kernel = find_kernel(start->kernel.view());
  if (kernel == nullptr) return complain(cannot_work, "there is no kernel " + std::string{start->kernel.view()});
  if (find_regime(start->regime.view()) == nullptr) // made here, before the first document
    return complain(cannot_work, "there is no regime " + std::string{start->regime.view()});
  auto page = shared_page::map(got.passed);
  if (!page) return complain(cannot_work, "cannot map the page its parent reads its progress in");
  return worker_process{passed_descriptor, *start, *kernel, std::move(*page)}.serve();
} catch (const std::exception& error) {
  return complain(cannot_work, error.what());
}

} // namespace texlex

#include "actors/worker_process.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>

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
#include "runtime/memory.hpp"
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

class worker_process {
public:
  worker_process(int socket, const start_frame& start, const kernel& kernel, common_memory page)
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
              reinterpret_cast<scan_progress*>(page_.data())) {
    name_this_thread("texlex.w" + std::to_string(start.core));
  }

  int serve() {
    const ready_frame ready{.locked = runner_.locked(),
                            .resident_bytes = runner_.resident_bytes(),
                            .unpinned = packet_text<160>{unpinned_.value_or("")}};
    if (send_packet(socket_, to_packet(ready)) != 0) return parent_ended;
    std::array<uint8_t, std::max(sizeof(attempt_frame), sizeof(columns_frame))> room;
    for (;;) {
      received_packet got = receive_packet(socket_, room);
      if (got.verdict == packet_verdict::closed) return parent_ended;
      if (got.verdict != packet_verdict::received) return complain(cannot_work, "cannot receive from its parent");
      const std::span<const uint8_t> packet{room.data(), got.bytes};
      if (const auto frame = from_packet<columns_frame>(packet)) {
        map_columns(*frame, got.passed);
        continue;
      }
      const auto frame = from_packet<attempt_frame>(packet);
      if (!frame) return complain(cannot_work, "its parent sent what is no attempt");
      const shared_view* const memory = memory_of(*frame, got.passed);
      if (memory == nullptr) return complain(cannot_work, "cannot map the memory of a document");
      result_frame result;
      try {
        result = attempt(*frame, memory->bytes());
      } catch (const std::exception& error) {
        return complain(kernel_threw, error.what());
      }
      forget(frame->forget_after);
      if (send_packet(socket_, to_packet(result)) != 0) return parent_ended;
    }
  }

private:
  using mapping = std::variant<std::monostate, shared_view, common_memory>;

  void forget(uint64_t slots) {
    if (slots == 0) return;
    for (uint32_t i = 0; i < mapped_.size(); ++i)
      if ((slots >> i & 1) != 0) mapped_[i].emplace<std::monostate>();
  }

  const shared_view* memory_of(const attempt_frame& frame, const owned_fd& passed) {
    forget(frame.forget);
    mapping& place = mapped_[frame.slot];
    if (frame.fresh != 0) {
      auto view = shared_view::map(passed, frame.memory_bytes);
      if (view) place.emplace<shared_view>(std::move(*view));
      if (!view) return nullptr;
    }
    const auto* const view = std::get_if<shared_view>(&place);
    return view != nullptr && view->bytes().size() == frame.memory_bytes ? view : nullptr;
  }

  // Without room for it there is none for the columns of the next attempt, which says so.
  void map_columns(const columns_frame& frame, const owned_fd& passed) {
    forget(frame.forget);
    mapping& place = mapped_[frame.slot];
    place.emplace<std::monostate>();
    if (auto memory = common_memory::map(passed, frame.memory_bytes)) place.emplace<common_memory>(std::move(*memory));
  }

  result_frame attempt(const attempt_frame& frame, std::span<const uint8_t> memory) {
    attempt_end end; // internal error
    const instant begun = now();
    try {
      end = carry_out(frame, memory);
    } catch (const std::bad_alloc&) {
      end = {{.status = status::overload}};
    }
    const arena_usage used = runner_.usage();
    return {.status = static_cast<uint32_t>(end.result.status),
            .number = frame.number,
            .token_count = end.result.token_count,
            .issue_count = end.result.issue_count,
            .name_bytes = end.columns ? end.columns->column(column_id::name_byte).size() : 0,
            .bytes_handed_out = used.bytes_handed_out,
            .trims = used.trims,
            .interrupted = runner_.interrupted(now() - begun)};
  }

  attempt_end carry_out(const attempt_frame& frame, std::span<const uint8_t> memory) {
    const auto& header = *reinterpret_cast<const shared_document_header*>(memory.data());
    const regime* const regime = find_regime(frame.regime.view());
    if (regime == nullptr) return {};
    column_order order{.columns = frame.columns,
                       .view = static_cast<token_view>(frame.view),
                       .unit = static_cast<position_unit>(frame.unit),
                       .issues_told_max = frame.issues_told_max,
                       .memory = std::nullopt};
    if (order.columns != 0) order.place = place_of(frame);
    if (order.columns != 0 && !order.place) return {{.status = status::overload}};
    return runner_.run(memory.subspan(frame.document_offset, frame.document_bytes), *regime, &order, header.stop,
                       frame.crash != 0 ? die : nullptr);
  }

  document_lease place_of(const attempt_frame& frame) {
    auto* const memory = std::get_if<common_memory>(&mapped_[frame.column_slot]);
    if (memory == nullptr) return nullptr;
    return std::make_shared<document_buffer>(std::span{memory->data(), memory->bytes()});
  }

  int socket_;
  std::optional<std::string> unpinned_; ///< pinned first, so that the arenas' pages lie near the core
  common_memory page_;
  attempt_runner runner_;
  std::array<mapping, mapping_slots::slot_count> mapped_;
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
  auto page = common_memory::map(got.passed, page_bytes());
  if (!page) return complain(cannot_work, "cannot map the page its parent reads its progress in");
  return worker_process{passed_descriptor, *start, *kernel, std::move(*page)}.serve();
} catch (const std::exception& error) {
  return complain(cannot_work, error.what());
}

} // namespace texlex

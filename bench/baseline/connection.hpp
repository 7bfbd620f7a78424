// One connection of the bare server: reads as much as there is into its own buffer, scans each document from where it
// lies in it, and writes the responses of all of them at once.
//
//   buffer_:  | done | header, document | header, docu....           room |
//                    begin_                            end_
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/scan.hpp"
#include "runtime/arena.hpp"
#include "runtime/frame.hpp"
#include "runtime/socket.hpp"

namespace texlex::bench {

/// What all connections share: who scans, by which rules, and where to. One is scanned at a time.
struct scanner {
  const texlex::kernel& kernel;
  const texlex::regime& regime;
  uint64_t document_bytes_max;
  arena columns;

  [[nodiscard]] outcome scan(std::span<const uint8_t> document);
};

/// What the socket has to be watched for next.
enum class connection_state : uint8_t { reading, writing, closed };

class connection {
public:
  connection(owned_fd fd, scanner& with);

  /// Goes on as far as the socket allows; to be called when it can be read, or written if that was waited for.
  [[nodiscard]] connection_state go_on();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
  [[nodiscard]] connection_state read_some();
  [[nodiscard]] connection_state write_on();
  void take_frames();
  bool take_frame(const frame_header& header);
  void make_room();
  void respond(uint64_t id, const outcome& result);
  void end_with(uint64_t id, status reason);

  owned_fd fd_;
  scanner& scanner_;
  std::unique_ptr<uint8_t[]> buffer_;
  size_t capacity_;
  size_t begin_ = 0;        ///< of what was read and not yet taken
  size_t end_ = 0;          ///< of what was read
  size_t frame_bytes_;      ///< of the frame at `begin_`, as far as known: no more has to fit
  uint64_t skip_bytes_ = 0; ///< of a payload that nobody wants, still to come
  bool ending_ = false;     ///< the last response is made: what comes is dropped
  std::vector<uint8_t> out_;
  size_t written_ = 0; ///< of `out_`
};

} // namespace texlex::bench

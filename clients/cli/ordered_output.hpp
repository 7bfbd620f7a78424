// Pieces of output that are made on several threads in any order and written in theirs.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/text_buffer.hpp"

namespace texlex::cli {

/// Where a piece belongs: documents in their order, and the pieces of each.
struct output_place {
  uint64_t document = 0;
  uint64_t piece = 0;

  friend auto operator<=>(const output_place&, const output_place&) = default;
};

struct output_piece {
  text_buffer text;       ///< for standard output
  text_buffer told;       ///< for standard error, before it
  bool told_must = false; ///< what is told was asked for: if it cannot be written, that is a failure
  bool last = false;      ///< of its document
};

class ordered_output {
public:
  /// Writes a piece; false if it could not be written. Called for one piece at a time, in order.
  using write_function = std::function<bool(const output_piece&)>;

  /// Pieces that are made too early are kept up to `waiting_bytes_max`.
  ordered_output(write_function write, uint64_t waiting_bytes_max)
    : write_(std::move(write)), waiting_bytes_max_(waiting_bytes_max) {}

  /// Takes the piece of that place, and writes it and those that waited for it if it is its turn; else it waits only if
  /// there is no room. False if there is no use in making any more.
  [[nodiscard]] bool put(output_place place, output_piece piece);

  /// An empty buffer, of a piece that was written if there is one: memory that was used before is faster than what the
  /// system has to clear first.
  [[nodiscard]] text_buffer spare_buffer();

  /// No piece is written any more, and nobody waits.
  void stop();

private:
  void advance(bool last) noexcept;
  void keep_spare(text_buffer buffer);

  write_function write_;
  uint64_t waiting_bytes_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  output_place turn_;
  std::map<output_place, output_piece> waiting_;
  uint64_t waiting_bytes_ = 0;
  std::vector<text_buffer> spare_;
  bool stopped_ = false;
};

} // namespace texlex::cli

// Pieces of output that are made on several threads in any order and written in theirs.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
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

/// A record batch in a piece's text.
struct output_batch {
  size_t body_at = 0; ///< where its body begins, with the indices of files if it has any
  uint64_t rows = 0;
  bool first = false; ///< of its document
  std::string file{}; ///< that one's name, of a first one
};

/// Why there is no output of a document, or not all of it.
enum class document_failure : uint8_t {
  none,
  unreadable,   ///< as it is
  refused,      ///< by the service
  service_gone, ///< nobody was left to be asked
};

struct output_piece {
  text_buffer text;       ///< for standard output
  text_buffer told;       ///< for standard error, before it
  bool told_must = false; ///< what is told was asked for: if it cannot be written, that is a failure
  bool last = false;      ///< of its document
  std::optional<output_batch> batch{};
  document_failure failure = document_failure::none;
  std::string reason{}; ///< of the failure, as a line of text holds it
};

class ordered_output {
public:
  /// Writes a piece; false if it could not be written. Called for one piece at a time, in order.
  using write_function = std::function<bool(output_piece&)>;

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

// The bytes of a file, decompressed if gzip has compressed it: by zlib, which holds them against their check sum and
// notices a missing end, what libarchive does not.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "clients/cli/input.hpp"

namespace texlex::cli {

class archive_stream {
public:
  /// `beginning` has been read of the file.
  archive_stream(input_file file, std::span<const uint8_t> beginning, std::atomic<uint64_t>& read_bytes);
  archive_stream(const archive_stream&) = delete;
  archive_stream& operator=(const archive_stream&) = delete;

  /// The next bytes; none at the end and after an error. They stay until the next call.
  [[nodiscard]] std::span<const uint8_t> next();

  /// Gives back what `next` said last, but its first bytes: `next` will say it again.
  void put_back(std::span<const uint8_t> rest) { again_ = rest; }

  /// Why there was nothing more; empty at the end of a sound file.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

  /// How many zeros it ended with, so far.
  [[nodiscard]] uint64_t zeros_last() const noexcept { return zeros_last_; }
  /// How many bytes it has had.
  [[nodiscard]] uint64_t bytes() const noexcept { return bytes_; }

private:
  // zlib's state, whatever its header looks like.
  struct inflation;
  struct inflation_end {
    void operator()(inflation* state) const noexcept;
  };

  [[nodiscard]] std::span<const uint8_t> next_of_file();
  [[nodiscard]] std::span<const uint8_t> next_decompressed();
  void inflate_some();
  void end_of_member();
  void count(std::span<const uint8_t> bytes) noexcept;

  input_file file_;
  std::atomic<uint64_t>& read_bytes_;
  std::vector<uint8_t> beginning_;
  std::vector<uint8_t> block_;
  std::span<const uint8_t> again_;
  std::unique_ptr<inflation, inflation_end> gzip_; ///< none if it is not compressed
  std::vector<uint8_t> decompressed_;
  std::string error_;
  uint64_t zeros_last_ = 0;
  uint64_t bytes_ = 0;
};

} // namespace texlex::cli

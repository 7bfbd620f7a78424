#include "clients/cli/archive_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <zlib.h>

namespace texlex::cli {
namespace {

constexpr size_t block_bytes = 256u << 10;
constexpr int gzip_only = 15 + 16; // the largest window, and a header of gzip's before it

bool is_gzip(std::span<const uint8_t> beginning) noexcept {
  return beginning.size() >= 3 && beginning[0] == 0x1f && beginning[1] == 0x8b && beginning[2] == 8;
}

} // namespace

struct archive_stream::inflation {
  z_stream stream{};
  bool within_member = true;
};

void archive_stream::inflation_end::operator()(inflation* state) const noexcept {
  inflateEnd(&state->stream);
  delete state;
}

archive_stream::archive_stream(input_file file, std::span<const uint8_t> beginning, std::atomic<uint64_t>& read_bytes)
  : file_(std::move(file)), read_bytes_(read_bytes), beginning_(beginning.begin(), beginning.end()) {
  if (!is_gzip(beginning)) return;
  auto state = std::make_unique<inflation>();
  if (inflateInit2(&state->stream, gzip_only) != Z_OK) throw std::bad_alloc{};
  gzip_.reset(state.release());
  decompressed_.resize(block_bytes);
}

std::span<const uint8_t> archive_stream::next_of_file() {
  if (!beginning_.empty()) {
    block_ = std::exchange(beginning_, {});
    return block_;
  }
  block_.resize(block_bytes);
  const ssize_t got = file_.read(block_);
  if (got < 0) error_ = std::strerror(errno);
  if (got <= 0) return {};
  read_bytes_ += static_cast<uint64_t>(got);
  return std::span{block_}.first(static_cast<size_t>(got));
}

// A full block unless the end comes first.
std::span<const uint8_t> archive_stream::next_decompressed() {
  z_stream& stream = gzip_->stream;
  stream.next_out = decompressed_.data();
  stream.avail_out = static_cast<uInt>(decompressed_.size());
  while (stream.avail_out > 0 && error_.empty()) {
    if (stream.avail_in == 0) {
      const auto more = next_of_file();
      if (more.empty()) {
        if (gzip_->within_member && error_.empty()) error_ = "its compressed bytes have no end";
        break;
      }
      stream.next_in = const_cast<Bytef*>(more.data()); // which zlib only reads
      stream.avail_in = static_cast<uInt>(more.size());
    }
    inflate_some();
  }
  return std::span{decompressed_}.first(decompressed_.size() - stream.avail_out);
}

void archive_stream::inflate_some() {
  z_stream& stream = gzip_->stream;
  if (!gzip_->within_member) return end_of_member();
  const int status = inflate(&stream, Z_NO_FLUSH);
  if (status == Z_STREAM_END) {
    gzip_->within_member = false;
  } else if (status == Z_MEM_ERROR) {
    throw std::bad_alloc{};
  } else if (status != Z_OK) {
    error_ = stream.msg != nullptr ? stream.msg : "its compressed bytes make no sense";
  }
}

// Another member may follow, as `cat a.gz b.gz` makes it; or zeros, as tapes do.
void archive_stream::end_of_member() {
  z_stream& stream = gzip_->stream;
  while (stream.avail_in > 0 && *stream.next_in == 0) {
    ++stream.next_in;
    --stream.avail_in;
  }
  if (stream.avail_in == 0) return;
  inflateReset(&stream);
  gzip_->within_member = true;
}

std::span<const uint8_t> archive_stream::next() {
  if (!again_.empty()) return std::exchange(again_, std::span<const uint8_t>{});
  if (!error_.empty()) return {};
  const auto bytes = gzip_ ? next_decompressed() : next_of_file();
  count(bytes);
  return bytes;
}

void archive_stream::count(std::span<const uint8_t> bytes) noexcept {
  bytes_ += bytes.size();
  const auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](uint8_t byte) { return byte != 0; });
  const auto zeros = static_cast<uint64_t>(last - bytes.rbegin());
  zeros_last_ = zeros == bytes.size() ? zeros_last_ + zeros : zeros;
}

} // namespace texlex::cli

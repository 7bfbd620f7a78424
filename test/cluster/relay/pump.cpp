#include "test/cluster/relay/pump.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstring>

namespace texlex::test {

namespace {

constexpr size_t piece_bytes_max = 256 << 10;
constexpr size_t piece_bytes_min = 1448; // a segment's
constexpr size_t queued_bytes_plain = 512 << 10;
constexpr size_t queued_bytes_delayed = 16 << 20; // what is under way: 300 MB/s for 50 ms
constexpr uint64_t pieces_per_second = 100;       // at least, where the rate is low
constexpr milliseconds slice{10};
constexpr milliseconds retransmission_first{200}; // Linux's least, doubled as it does
constexpr int retransmissions_max = 6;
constexpr size_t swapped_bytes_max = 16;

template <class Duration>
pump::clock::duration ticks(Duration time) {
  return std::chrono::duration_cast<pump::clock::duration>(time);
}

} // namespace

pump::pump(tcp::socket& from, tcp::socket& to, way& along, bool may_be_spoilt, uint64_t seed, ends on_end)
  : from_{from}, to_{to}, way_{along},
    may_be_spoilt_{may_be_spoilt}, ends_{std::move(on_end)}, dice_{seed}, timer_{from.get_executor()} {}

void pump::run(std::shared_ptr<void> owner) {
  owner_ = std::move(owner);
  read_on();
}

void pump::look_again() {
  if (!owner_) return;
  if (waiting_) {
    timer_.cancel();
    return;
  }
  write_on();
  read_on();
}

bool pump::insert(std::string_view bytes) {
  if (!owner_ || read_all_ || !may_be_spoilt_) return false;
  auto copy = std::make_unique<char[]>(bytes.size());
  std::memcpy(copy.get(), bytes.data(), bytes.size());
  ++way_.counts.inserted;
  queue(std::move(copy), bytes.size());
  return true;
}

void pump::stop() {
  timer_.cancel();
  queue_.clear();
  queued_bytes_ = 0;
  read_all_ = true;
  owner_.reset();
}

size_t pump::piece_bytes() const {
  const uint64_t rate = way_.now.bytes_per_second;
  return rate == 0 ? piece_bytes_max : std::clamp<size_t>(rate / pieces_per_second, piece_bytes_min, piece_bytes_max);
}

size_t pump::queued_bytes_max() const {
  return way_.now.delay == milliseconds{0} ? std::min(queued_bytes_plain, 2 * piece_bytes()) : queued_bytes_delayed;
}

void pump::read_on() {
  if (!owner_ || reading_ || read_all_ || queued_bytes_ >= queued_bytes_max()) return;
  reading_ = true;
  const size_t size = piece_bytes();
  if (!spare_ || spare_bytes_ < size) {
    spare_.reset(new char[size]);
    spare_bytes_ = size;
  }
  from_.async_read_some(boost::asio::buffer(spare_.get(), size),
                        [this, owner = owner_](const boost::system::error_code& error, size_t got) {
                          reading_ = false;
                          if (!owner_ || error == boost::asio::error::operation_aborted) return;
                          if (error) return take_end(error != boost::asio::error::eof);
                          take_piece(got);
                        });
}

void pump::take_piece(size_t size) {
  spoil(spare_.get(), size);
  // A small piece is copied, so that none holds memory for a large one while it waits.
  std::unique_ptr<char[]> bytes;
  if (2 * size < spare_bytes_) {
    bytes.reset(new char[size]);
    std::memcpy(bytes.get(), spare_.get(), size);
  } else {
    bytes = std::move(spare_);
  }
  queue(std::move(bytes), size);
  read_on();
}

void pump::take_end(bool was_reset) {
  read_all_ = true;
  if (way_.now.ends_swallowed) {
    ++way_.counts.ends_swallowed;
    return;
  }
  if (was_reset) return ends_.broken();
  queue(nullptr, 0);
}

void pump::queue(std::unique_ptr<char[]> bytes, size_t size) {
  latest_due_ = std::max(latest_due_, clock::now() + ticks(way_.now.delay));
  queue_.push_back({std::move(bytes), size, latest_due_});
  queued_bytes_ += size;
  write_on();
}

void pump::spoil(char* bytes, size_t size) {
  if (!may_be_spoilt_) return;
  if (way_.now.corrupt_left != 0) {
    --way_.now.corrupt_left;
    ++way_.counts.corrupted;
    const uint64_t at = dice_() % (8 * size);
    bytes[at / 8] = static_cast<char>(bytes[at / 8] ^ (1 << (at % 8)));
  }
  const size_t block = std::min(swapped_bytes_max, size / 2);
  if (way_.now.swap_left == 0 || block == 0) return;
  --way_.now.swap_left;
  ++way_.counts.swapped;
  const size_t first = dice_() % (size - 2 * block + 1);
  std::swap_ranges(bytes + first, bytes + first + block, bytes + first + block);
}

void pump::write_on() {
  if (!owner_ || writing_ || waiting_ || queue_.empty() || way_.now.held) return;
  const clock::time_point now = clock::now();
  const clock::time_point at = free_at(now);
  if (at > now) return wait_until(at);
  if (!queue_.front().bytes) return pass_end();
  send_front();
}

pump::clock::time_point pump::free_at(clock::time_point now) {
  const clock::time_point due = queue_.front().due;
  if (due > now) return due;
  draw_loss(now);
  return std::max(stalled_until_, rate_free_at_);
}

// What TCP makes of lost segments: nothing comes until one that is sent again is not lost, each later than the last.
void pump::draw_loss(clock::time_point now) {
  if (way_.now.loss_percent <= 0 || now < slice_end_ || now < stalled_until_) return;
  slice_end_ = now + ticks(slice);
  std::uniform_real_distribution<double> percent{0, 100};
  milliseconds again = retransmission_first;
  milliseconds stall{0};
  for (int i = 0; i < retransmissions_max && percent(dice_) < way_.now.loss_percent; ++i, again *= 2) stall += again;
  if (stall == milliseconds{0}) return;
  ++way_.counts.stalls;
  stalled_until_ = now + ticks(stall);
  slice_end_ = stalled_until_ + ticks(slice); // what is sent again has come through, or the loss would not end
}

void pump::wait_until(clock::time_point at) {
  waiting_ = true;
  timer_.expires_at(at);
  timer_.async_wait([this, owner = owner_](const boost::system::error_code&) {
    waiting_ = false;
    write_on();
    read_on();
  });
}

void pump::send_front() {
  writing_ = true;
  const parcel& front = queue_.front();
  if (const uint64_t rate = way_.now.bytes_per_second; rate != 0)
    rate_free_at_ = std::max(rate_free_at_, clock::now())
                    + ticks(std::chrono::duration<double>{static_cast<double>(front.size) / static_cast<double>(rate)});
  else
    rate_free_at_ = {};
  boost::asio::async_write(to_, boost::asio::buffer(front.bytes.get(), front.size),
                           [this, owner = owner_](const boost::system::error_code& error, size_t wrote) {
                             writing_ = false;
                             if (!owner_ || error == boost::asio::error::operation_aborted) return;
                             if (error) return ends_.broken();
                             way_.counts.bytes += wrote;
                             queued_bytes_ -= wrote;
                             if (!spare_ && !reading_) {
                               spare_ = std::move(queue_.front().bytes);
                               spare_bytes_ = queue_.front().size;
                             }
                             queue_.pop_front();
                             write_on();
                             read_on();
                           });
}

void pump::pass_end() {
  queue_.pop_front();
  boost::system::error_code ignored; // the other side may have gone, which its own pump sees
  to_.shutdown(tcp::socket::shutdown_send, ignored);
  ends_.passed();
}

} // namespace texlex::test

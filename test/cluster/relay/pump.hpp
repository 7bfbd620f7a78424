// Carries the bytes of one direction of a connection, with what is wrong with its way.
#pragma once

#include "test/cluster/relay/trouble.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string_view>

namespace texlex::test {

using tcp = boost::asio::ip::tcp;

/// Lives inside a connection, whose owner every handler keeps.
class pump {
public:
  using clock = std::chrono::steady_clock;

  struct ends {
    std::function<void()> passed; ///< the end went on to the other side
    std::function<void()> broken; ///< one of both sides was reset
  };

  pump(tcp::socket& from, tcp::socket& to, way& along, bool may_be_spoilt, uint64_t seed, ends on_end);

  void run(std::shared_ptr<void> owner);
  /// What is wrong with the way has changed.
  void look_again();
  /// Whether it was: nothing comes behind an end, and not every connection may be spoilt.
  bool insert(std::string_view bytes);
  void stop();

  const way& along() const { return way_; }

private:
  struct parcel {
    std::unique_ptr<char[]> bytes; ///< none: the end
    size_t size = 0;
    clock::time_point due;
  };

  size_t piece_bytes() const;
  size_t queued_bytes_max() const;
  void read_on();
  void take_piece(size_t size);
  void take_end(bool was_reset);
  void queue(std::unique_ptr<char[]> bytes, size_t size);
  void spoil(char* bytes, size_t size);
  void write_on();
  clock::time_point free_at(clock::time_point now);
  void draw_loss(clock::time_point now);
  void wait_until(clock::time_point at);
  void send_front();
  void pass_end();

  tcp::socket& from_;
  tcp::socket& to_;
  way& way_;
  bool may_be_spoilt_;
  ends ends_;
  std::mt19937_64 dice_;
  std::shared_ptr<void> owner_;
  boost::asio::steady_timer timer_;
  std::deque<parcel> queue_;
  size_t queued_bytes_ = 0;
  std::unique_ptr<char[]> spare_;
  size_t spare_bytes_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool waiting_ = false;
  bool read_all_ = false;
  clock::time_point latest_due_{};
  clock::time_point slice_end_{};
  clock::time_point stalled_until_{};
  clock::time_point rate_free_at_{};
};

} // namespace texlex::test

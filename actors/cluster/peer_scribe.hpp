// A connection as CAF has it: its scribe, with our socket below and a look at what arrives before CAF has it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/io/scribe.hpp>

#include "actors/cluster/basp_watch.hpp"
#include "actors/cluster/peer_socket.hpp"
#include "actors/cluster/transport_core.hpp"

namespace texlex {

class peer_scribe final : public caf::io::scribe {
public:
  peer_scribe(std::shared_ptr<transport_core> core, ready_socket socket);

  void configure_read(caf::io::receive_policy::config config) override;
  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  std::vector<char>& wr_buf() override { return stream_.wr_buf(); }
  std::vector<char>& rd_buf() override { return stream_.rd_buf(); }
  void flush() override { stream_.flush(this); }
  bool consume(caf::execution_unit* context, const void* bytes, size_t byte_count) override;
  void graceful_shutdown() override;
  std::string addr() const override;
  uint16_t port() const override;
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

private:
  [[nodiscard]] bool release(caf::execution_unit* context);

  const std::shared_ptr<transport_core> core_;
  basp_watch watch_;
  std::vector<std::vector<char>> withheld_; ///< three pieces at most
  bool is_launched_ = false;
  caf::io::network::stream_impl<peer_socket> stream_; ///< closes the socket
  connection_place place_;                            ///< gone before that
};

} // namespace texlex

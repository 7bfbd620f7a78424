#include "actors/cluster/basp_watch.hpp"

#include <algorithm>

#include <caf/binary_deserializer.hpp>
#include <caf/io/basp/header.hpp>

namespace texlex {
namespace {

// A node's id, and where it listens the texts of an actor's interface.
constexpr uint64_t introduction_bytes_max = 64 << 10;

} // namespace

basp_watch::verdict basp_watch::take(caf::execution_unit* context, const char* bytes, size_t byte_count) {
  introduced_.reset();
  if (payload_bytes_ == 0) return take_header(context, bytes, byte_count);
  payload_bytes_ = 0;
  return is_known_ ? verdict::pass : take_introduction(context, bytes, byte_count);
}

basp_watch::verdict basp_watch::take_header(caf::execution_unit* context, const char* bytes, size_t byte_count) {
  namespace basp = caf::io::basp;
  if (byte_count != basp::header_size) return verdict::not_basp;
  basp::header header{};
  caf::binary_deserializer source{context, bytes, byte_count};
  if (source(header) || !basp::valid(header)) return verdict::not_basp;
  const bool is_handshake = basp::is_handshake(header);
  if (is_handshake == is_known_) return verdict::not_basp;
  const auto expected =
    side_ == connection_side::accepted ? basp::message_type::client_handshake : basp::message_type::server_handshake;
  if (is_handshake && (header.operation != expected || header.payload_len == 0)) return verdict::not_basp;
  const uint64_t bytes_max = is_known_ ? frame_bytes_max_ : std::min(frame_bytes_max_, introduction_bytes_max);
  if (header.payload_len > bytes_max) return verdict::oversized;
  payload_bytes_ = header.payload_len;
  return verdict::pass;
}

// Both introductions begin with the node.
basp_watch::verdict basp_watch::take_introduction(caf::execution_unit* context, const char* bytes, size_t byte_count) {
  caf::node_id node;
  caf::binary_deserializer source{context, bytes, byte_count};
  if (source(node) || !node) return verdict::not_basp;
  is_known_ = true;
  introduced_ = std::move(node);
  return verdict::pass;
}

} // namespace texlex

#include "actors/cluster/basp_watch.hpp"

#include <algorithm>
#include <utility>

#include <caf/binary_deserializer.hpp>

namespace texlex {

namespace basp = caf::io::basp;

namespace {

// A node's id, and where it listens the texts of an actor's interface.
constexpr uint64_t introduction_bytes_max = 64 << 10;

} // namespace

basp_watch::verdict basp_watch::take(caf::execution_unit* context, const char* bytes, size_t byte_count) {
  introduced_.reset();
  next_bytes_ = basp::header_size;
  switch (std::exchange(expected_, piece::header)) {
    case piece::header: return take_header(context, bytes, byte_count);
    case piece::introduction: return take_introduction(context, bytes, byte_count);
    case piece::payload: break;
  }
  return verdict::pass;
}

basp_watch::verdict basp_watch::take_header(caf::execution_unit* context, const char* bytes, size_t byte_count) {
  if (byte_count != basp::header_size) return verdict::not_basp;
  basp::header header{};
  caf::binary_deserializer source{context, bytes, byte_count};
  if (source(header) || !basp::valid(header)) return verdict::not_basp;
  if (is_known_ ? basp::is_handshake(header) : !may_introduce(header)) return verdict::not_basp;
  const uint64_t bytes_max = is_known_ ? frame_bytes_max_ : std::min(frame_bytes_max_, introduction_bytes_max);
  if (header.payload_len > bytes_max) return verdict::oversized;
  if (header.payload_len == 0) return verdict::pass;
  expected_ = is_known_ ? piece::payload : piece::introduction;
  next_bytes_ = header.payload_len;
  stays_ = side_ == connection_side::dialed || header.has(basp::header::select_connection_flag);
  return is_known_ || side_ == connection_side::dialed ? verdict::pass : verdict::withhold;
}

bool basp_watch::may_introduce(const basp::header& header) const noexcept {
  if (header.payload_len == 0) return false;
  if (side_ == connection_side::dialed) return header.operation == basp::message_type::server_handshake;
  return header.operation == basp::message_type::client_handshake
         && (!node_ || header.has(basp::header::select_connection_flag));
}

// The introductions of both sides begin with the node.
basp_watch::verdict basp_watch::take_introduction(caf::execution_unit* context, const char* bytes, size_t byte_count) {
  caf::node_id node;
  caf::binary_deserializer source{context, bytes, byte_count};
  if (source(node) || !node || (node_ && node != *node_)) return verdict::not_basp;
  node_ = std::move(node);
  if (!stays_) return verdict::withhold;
  is_known_ = true;
  introduced_ = node_;
  return side_ == connection_side::dialed ? verdict::pass : verdict::release;
}

} // namespace texlex

#include "actors/server/outgoing.hpp"

#include <algorithm>

namespace texlex {

std::optional<int> outgoing::descriptor_due() const noexcept {
  for (const attached& each : attached_)
    if (each.at == written_) return each.fd;
  return std::nullopt;
}

size_t outgoing::rest(std::span<iovec> pieces, size_t bytes_max) const noexcept {
  for (const attached& each : attached_)
    if (each.at > written_) {
      bytes_max = std::min(bytes_max, each.at - written_);
      break;
    }
  size_t count = 0, passed = 0, taken = 0;
  const auto add = [&](std::span<const uint8_t> piece) {
    const size_t skipped = std::min(piece.size(), written_ - std::min(written_, passed));
    passed += piece.size();
    piece = piece.subspan(skipped);
    if (piece.empty() || count == pieces.size() || taken >= bytes_max) return;
    piece = piece.first(std::min(piece.size(), bytes_max - taken));
    taken += piece.size();
    pieces[count++] = {const_cast<uint8_t*>(piece.data()), piece.size()}; // sendmsg only reads
  };
  size_t own = 0;
  for (const referred& each : columns_) {
    add(std::span{own_}.subspan(own, each.behind - own));
    add(each.bytes);
    own = each.behind;
    if (count == pieces.size() || taken >= bytes_max) return count;
  }
  add(std::span{own_}.subspan(own));
  return count;
}

} // namespace texlex

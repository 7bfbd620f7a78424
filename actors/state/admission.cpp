// Counting only; that no place leaks is seen to by `place`.
#include "actors/state/admission.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"

namespace texlex {

admission::admission(uint32_t requests_max, uint64_t bytes_max) noexcept
  : requests_max_(requests_max), bytes_max_(bytes_max) {}

admission::~admission() {
  require(requests_ == 0 && bytes_ == 0, "every place is given back before its admission ends");
}

std::optional<admission::place> admission::admit(uint64_t bytes) noexcept {
  if (requests_ >= requests_max_ || bytes > bytes_max_ - whole_bytes_) return std::nullopt;
  ++requests_;
  return place{this, bytes};
}

void admission::place::arrived(uint64_t bytes) noexcept {
  const uint64_t counted = std::min(bytes, announced_ - arrived_);
  require(from_ != nullptr && counted <= from_->bytes_free(), "bytes arrive where there is room");
  arrived_ += counted;
  from_->bytes_ += counted;
}

void admission::place::whole() noexcept {
  require(from_ != nullptr && !whole_, "a document is whole once");
  whole_ = true;
  from_->whole_bytes_ += arrived_;
}

void admission::place::give_back() noexcept {
  admission* const from = std::exchange(from_, nullptr);
  if (!from) return;
  require(from->requests_ > 0 && from->bytes_ >= arrived_, "a place is given back once");
  --from->requests_;
  from->bytes_ -= arrived_;
  if (whole_) from->whole_bytes_ -= arrived_;
}

} // namespace texlex

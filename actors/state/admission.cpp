#include "actors/state/admission.hpp"

#include "actors/state/invariant.hpp"

namespace texlex {

admission::admission(uint32_t requests_max, uint64_t bytes_max) noexcept
  : requests_max_(requests_max), bytes_max_(bytes_max) {}

admission::~admission() {
  require(requests_ == 0 && bytes_ == 0, "every place is given back before its admission ends");
}

std::optional<admission::place> admission::admit(uint64_t bytes) noexcept {
  if (requests_ >= requests_max_ || bytes > bytes_max_ - bytes_) return std::nullopt;
  ++requests_;
  bytes_ += bytes;
  return place{this, bytes};
}

void admission::place::give_back() noexcept {
  admission* const from = std::exchange(from_, nullptr);
  if (!from) return;
  require(from->requests_ > 0 && from->bytes_ >= bytes_, "a place is given back once");
  --from->requests_;
  from->bytes_ -= bytes_;
}

} // namespace texlex

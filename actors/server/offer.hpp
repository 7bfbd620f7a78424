// What a server can do for requests of version 2, and how it says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/state/session_protocol.hpp"
#include "config/settings.hpp"
#include "kernels/regime.hpp"

namespace texlex {

class offer {
public:
  /// `rules`: the regime of requests that name none. Where workers are processes nothing is passed by descriptors.
  /// Throws std::bad_alloc.
  offer(const limit_settings& limits, const texlex::regime* rules, bool workers_are_processes);

  [[nodiscard]] uint32_t features() const noexcept { return features_; } ///< bits of `hello_feature`
  /// The regime of that name, null if it is not offered.
  [[nodiscard]] const texlex::regime* find(std::string_view name) const noexcept;

  /// For both versions. Throws std::bad_alloc.
  [[nodiscard]] hello_texts hellos() const;

private:
  limit_settings limits_;
  uint32_t features_;
  std::vector<std::pair<std::string_view, const texlex::regime*>> regimes_; ///< the default first
};

} // namespace texlex

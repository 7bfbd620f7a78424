#include "actors/server/offer.hpp"

#include <algorithm>
#include <memory>

#include "kernels/regimes.hpp"
#include "runtime/limits.hpp"
#include "runtime/shared_memory.hpp"

namespace texlex {

// Made here, all of them: a regime takes its time when it is first asked for.
offer::offer(const limit_settings& limits, const texlex::regime* rules, bool workers_are_processes)
  : limits_(limits), features_(all_features) {
  // Such workers map documents that lie behind a header of ours, and write columns where no client may look.
  if (workers_are_processes || limits.descriptors_max == 0 || !shared_memory_supported)
    features_ &= ~static_cast<uint32_t>(hello_feature::descriptors);
  for (const std::string_view name : regime_names()) {
    const texlex::regime* const found = find_regime(name);
    regimes_.insert(found == rules ? regimes_.begin() : regimes_.end(), {name, found});
  }
}

const texlex::regime* offer::find(std::string_view name) const noexcept {
  const auto found =
    std::find_if(regimes_.begin(), regimes_.end(), [&](const auto& each) { return each.first == name; });
  return found == regimes_.end() ? nullptr : found->second;
}

hello_texts offer::hellos() const {
  hello_response said{.columns = all_columns,
                      .document_bytes_max = limits_.document_bytes_max,
                      .requests_in_flight_max = limits_.requests_per_connection_max,
                      .issues_told_max = limits::issues_kept_max,
                      .regimes = {}};
  for (const auto& [name, regime] : regimes_) said.regimes.emplace_back(name);
  hello_texts texts;
  for (uint32_t features = 0; features < texts.version_2.size(); ++features) {
    said.features = features;
    texts.version_2[features] = std::make_shared<const std::string>(encode_hello_response(said));
  }
  said.features = 0;
  said.version = 1;
  texts.version_1 = std::make_shared<const std::string>(encode_hello_response(said));
  return texts;
}

} // namespace texlex

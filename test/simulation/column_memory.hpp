// Columns as the world knows them: what they hold of the memory for columns, and whose document they are of.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "kernels/column_answer.hpp"
#include "test/simulation/surroundings.hpp"

namespace texlex::simulation {

struct made_columns : column_answer {
  quota_share share; ///< given back with them
  bool lent = false;

  made_columns(quota_share held, uint32_t tokens, uint64_t size, bool is_lent) : share(std::move(held)), lent(is_lent) {
    issues_told = tokens; // tells which document's they are
    bytes = size;
  }
};

[[nodiscard]] inline std::shared_ptr<const column_order> order_for(uint32_t columns) {
  const auto made = std::make_shared<column_order>();
  made->columns = columns;
  return made;
}

/// Null if there is no memory for them. Where nothing more may be lent, they are sent.
[[nodiscard]] inline column_answer_ptr make_columns(const surroundings& around, uint32_t tokens, uint64_t bytes,
                                                    bool may_be_lent) {
  if (may_be_lent)
    if (quota_share share{around.lent_memory, bytes}; share.held())
      return std::make_shared<const made_columns>(std::move(share), tokens, bytes, true);
  quota_share share{around.column_memory, bytes};
  if (!share.held()) return nullptr;
  return std::make_shared<const made_columns>(std::move(share), tokens, bytes, false);
}

[[nodiscard]] inline bool are_lent(const column_answer_ptr& columns) noexcept {
  return columns && static_cast<const made_columns&>(*columns).lent;
}

} // namespace texlex::simulation

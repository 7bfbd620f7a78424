#include "actors/state/killer_memory.hpp"

#include <algorithm>
#include <iterator>

#include "runtime/invariant.hpp"

namespace texlex {

killer_memory::killer_memory(const killer_memory_options& options) : options_(options) {
  require(options.entries_max > 0, "a memory for killers has room for one");
  kills_.reserve(options.entries_max);
}

uint32_t killer_memory::killed(uint64_t document_hash, uint64_t bytes, instant now) {
  if (kills_.size() >= options_.entries_max && !kills_.contains(document_hash)) make_room(now);
  uint32_t& of_this_size = sizes_[bytes]; // first: there may be no memory for what follows
  const auto [known, fresh] = kills_.try_emplace(document_hash, entry{.bytes = bytes});
  of_this_size += fresh;
  entry& e = known->second;
  if (now - e.last >= options_.keep) e.times = 0;
  e.last = now;
  return ++e.times;
}

bool killer_memory::condemned(uint64_t document_hash, instant now) const {
  if (kills_.empty()) return false;
  const auto found = kills_.find(document_hash);
  if (found == kills_.end() || now - found->second.last >= options_.keep) return false;
  return found->second.times >= options_.kills_to_condemn;
}

killer_memory::map::iterator killer_memory::forget(map::iterator known) {
  const auto size = sizes_.find(known->second.bytes);
  if (--size->second == 0) sizes_.erase(size);
  return kills_.erase(known);
}

// Looks at all of them: a worker dies far less often than a thousand entries take to walk.
void killer_memory::make_room(instant now) {
  for (auto each = kills_.begin(); each != kills_.end();)
    each = now - each->second.last >= options_.keep ? forget(each) : std::next(each);
  if (kills_.size() < options_.entries_max) return;
  forget(std::min_element(kills_.begin(), kills_.end(),
                          [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
}

void killer_memory::check_invariants() const {
  require(kills_.size() <= options_.entries_max, "the memory for killers is bounded");
  uint64_t of_a_size = 0;
  for (const auto& [bytes, count] : sizes_) of_a_size += count;
  require(of_a_size == kills_.size(), "sizes are those of the documents remembered");
  for (const auto& [hash, e] : kills_) require(e.times > 0, "a remembered document has killed");
}

} // namespace texlex

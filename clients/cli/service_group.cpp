#include "clients/cli/service_group.hpp"

#include <algorithm>

namespace texlex::cli {

std::variant<token_columns, group_failure> service_group::tokenize(const scan_input& input) {
  std::string sentence = "there is no texlexd left to ask";
  while (member* const taken = take_least_busy()) {
    auto answered = taken->service->tokenize(input);
    auto* const why = std::get_if<std::string>(&answered);
    const bool lost = why != nullptr && taken->service->gave_up();
    give_back(*taken, lost ? why : nullptr);
    if (why == nullptr) return std::move(std::get<token_columns>(answered));
    sentence = std::move(*why);
    if (!lost) return group_failure{std::move(sentence), false};
  }
  return group_failure{std::move(sentence), true};
}

service_group::member* service_group::take_least_busy() {
  const std::scoped_lock lock{mutex_};
  member* best = nullptr;
  for (member& each : members_)
    if (!each.lost && (best == nullptr || each.asked < best->asked)) best = &each;
  if (best != nullptr) ++best->asked;
  return best;
}

void service_group::give_back(member& taken, const std::string* lost_by) {
  const std::scoped_lock lock{mutex_};
  --taken.asked;
  if (lost_by == nullptr || taken.lost) return;
  taken.lost = true;
  const bool others = std::any_of(members_.begin(), members_.end(), [](const member& each) { return !each.lost; });
  if (others) told_(*lost_by);
}

bool service_group::gave_up() const {
  const std::scoped_lock lock{mutex_};
  return std::all_of(members_.begin(), members_.end(), [](const member& each) { return each.lost; });
}

} // namespace texlex::cli

#include "test/simulation/world_counts.hpp"

#include <algorithm>
#include <functional>

namespace texlex::simulation {
namespace {

template <size_t Count>
void add_each(std::array<uint64_t, Count>& to, const std::array<uint64_t, Count>& from) noexcept {
  std::transform(to.begin(), to.end(), from.begin(), to.begin(), std::plus{});
}

} // namespace

std::string_view name_of(reached what) noexcept {
  static constexpr std::array<std::string_view, reached_count> names{"worlds",
                                                                     "requests",
                                                                     "events",
                                                                     "hedges fired",
                                                                     "hedges won",
                                                                     "lanes ejected",
                                                                     "workers rotated",
                                                                     "worlds without workers",
                                                                     "worlds overloaded",
                                                                     "orders sent again",
                                                                     "orders that came twice",
                                                                     "answers from elsewhere",
                                                                     "answers with columns",
                                                                     "answers that were lent"};
  return names[static_cast<size_t>(what)];
}

void world_counts::add(const world_counts& other) noexcept {
  add_each(faults, other.faults);
  add_each(answers, other.answers);
  add_each(states, other.states);
}

} // namespace texlex::simulation

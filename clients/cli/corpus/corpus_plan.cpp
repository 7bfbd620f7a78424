#include "clients/cli/corpus/corpus_plan.hpp"

#include <charconv>

#include <spdlog/fmt/fmt.h>

namespace texlex::cli {

std::vector<corpus_task> plan_tasks(const journal_state& state, const std::vector<std::string>& names,
                                    const corpus_shard& shard, bool retry_failed) {
  std::vector<corpus_task> tasks;
  if (retry_failed)
    for (const auto& [place, failed] : state.failed) {
      const bool by_number = place.document > 0 || !failed.rest;
      tasks.push_back({place, !failed.rest, true, by_number ? std::optional{failed.stamp} : std::nullopt});
    }
  for (uint64_t file = state.next.file; file < names.size(); ++file) {
    if (!shard.has(names[file])) continue;
    corpus_task task{{file, 0}};
    if (file == state.next.file && state.next.document > 0) {
      task.first.document = state.next.document;
      if (const auto stamp = state.files.find(file); stamp != state.files.end()) task.unchanged = stamp->second;
    }
    tasks.push_back(task);
  }
  return tasks;
}

part_names::part_names(const corpus_shard& shard, std::string suffix) : before_("part-"), suffix_(std::move(suffix)) {
  if (shard.count == 1) return;
  const auto digits = std::to_string(shard.count).size();
  before_ += fmt::format("{:0{}}-of-{}-", shard.number, digits, shard.count);
}

std::string part_names::of(uint64_t number) const { return fmt::format("{}{:06}{}", before_, number, suffix_); }

std::optional<uint64_t> part_names::number_of(std::string_view name) const {
  const size_t at = name.find(before_);
  if (at > 1) return std::nullopt;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + at + before_.size(), name.data() + name.size(), number);
  if (error != std::errc{} || (name != of(number) && name != unfinished(number))) return std::nullopt;
  return number;
}

} // namespace texlex::cli

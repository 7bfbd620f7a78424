#include "config/validate.hpp"

#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

#include "config/schema.hpp"
#include "config/shown_text.hpp"
#include "config/validate_cluster.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/limits.hpp"
#include "runtime/shared_memory.hpp"

namespace texlex {
namespace {

constexpr std::array<std::string_view, 6> log_levels{"trace", "debug", "info", "warn", "error", "off"};

class range_check {
public:
  range_check(const field& row, std::vector<std::string>& errors) : row_(row), errors_(errors) {}

  void operator()(const std::string& value) const {
    const auto length = static_cast<int64_t>(value.size());
    if (length < row_.lowest || length > row_.highest)
      complain(fmt::format("\"{}\" has {} characters", shown_text(value), length), " characters");
  }
  void operator()(bool) const {}
  void operator()(const std::vector<uint32_t>& values) const {
    for (const uint32_t value : values) (*this)(int64_t{value});
  }
  void operator()(const std::vector<std::string>& values) const {
    for (const std::string& value : values) (*this)(value);
  }
  void operator()(uint64_t value) const {
    if (value > static_cast<uint64_t>(row_.highest) || static_cast<int64_t>(value) < row_.lowest)
      complain(fmt::format("is {}", value), "");
  }
  void operator()(uint32_t value) const { (*this)(int64_t{value}); }
  void operator()(int32_t value) const { (*this)(int64_t{value}); }
  void operator()(int64_t value) const {
    if (value < row_.lowest || value > row_.highest)
      complain(row_.octal ? fmt::format("is {:#o}", value) : fmt::format("is {}", value), "");
  }

private:
  void complain(const std::string& what, std::string_view unit) const {
    const auto bound = [&](int64_t value) { return row_.octal ? fmt::format("{:#o}", value) : std::to_string(value); };
    errors_.push_back(fmt::format("{}.{} {}; it must be {} to {}{}.", row_.section, row_.key, what, bound(row_.lowest),
                                  bound(row_.highest), unit));
  }

  const field& row_;
  std::vector<std::string>& errors_;
};

void check_names(const settings& settings, std::vector<std::string>& errors) {
  const auto names = regime_names();
  if (std::find(names.begin(), names.end(), settings.workers.regime) == names.end())
    errors.push_back(fmt::format("workers.regime is \"{}\"; it must be one of: {}.",
                                 shown_text(settings.workers.regime), fmt::join(names, ", ")));
  if (find_kernel(settings.workers.kernel) == nullptr)
    errors.push_back(fmt::format("workers.kernel is \"{}\"; on this processor it must be one of: {}, {}.",
                                 shown_text(settings.workers.kernel), best_kernel_name,
                                 fmt::join(kernel_names(), ", ")));
  if (std::find(log_levels.begin(), log_levels.end(), settings.log.level) == log_levels.end())
    errors.push_back(fmt::format("log.level is \"{}\"; it must be one of: {}.", shown_text(settings.log.level),
                                 fmt::join(log_levels, ", ")));
}

void check_isolation(const settings& settings, std::vector<std::string>& errors) {
  const std::string& isolation = settings.workers.isolation;
  if (isolation != "thread" && isolation != "process")
    errors.push_back(fmt::format("workers.isolation is \"{}\"; it must be thread or process.", shown_text(isolation)));
  if (isolation == "process" && !shared_memory_supported)
    errors.push_back("workers.isolation is \"process\", which needs Linux; here it must be thread.");
}

// A path ends at a NUL: it would be another one, or none at all but a name without a file and its mode.
void check_socket(const settings& settings, std::vector<std::string>& errors) {
  if (settings.server.unix_socket.find('\0') != std::string::npos)
    errors.push_back(fmt::format("server.unix_socket is \"{}\"; it must be a path, which holds no NUL.",
                                 shown_text(settings.server.unix_socket)));
}

void check_injection(const settings& settings, std::vector<std::string>& errors) {
  if (settings.inject.stall_when != "before" && settings.inject.stall_when != "after")
    errors.push_back(
      fmt::format("inject.stall_when is \"{}\"; it must be before or after.", shown_text(settings.inject.stall_when)));
}

void check_together(const settings& settings, std::vector<std::string>& errors) {
  if (settings.queue.target_ms > settings.queue.interval_ms)
    errors.push_back(fmt::format("queue.target_ms is {}; it must be at most queue.interval_ms, {}.",
                                 settings.queue.target_ms, settings.queue.interval_ms));
  auto cores = settings.workers.cores;
  if (cores.size() > limits::workers_max)
    errors.push_back(
      fmt::format("workers.cores names {} cores; at most {} workers can run.", cores.size(), limits::workers_max));
  std::sort(cores.begin(), cores.end());
  if (const auto twice = std::adjacent_find(cores.begin(), cores.end()); twice != cores.end())
    errors.push_back(fmt::format("workers.cores names core {} twice; a core has one worker.", *twice));
  if (settings.limits.request_bytes_max < settings.limits.document_bytes_max)
    errors.push_back(fmt::format("limits.request_bytes_max is {}; it must be at least limits.document_bytes_max, {}.",
                                 settings.limits.request_bytes_max, settings.limits.document_bytes_max));
}

} // namespace

std::vector<std::string> check(const settings& settings) {
  std::vector<std::string> errors;
  // The table's accessors give writable fields; the copy is what they may write.
  auto copy = settings;
  for (const field& row : schema())
    std::visit([&](auto access) { range_check{row, errors}(access(copy)); }, row.access);
  check_names(settings, errors);
  check_isolation(settings, errors);
  check_socket(settings, errors);
  check_injection(settings, errors);
  check_together(settings, errors);
  check_cluster(settings, errors);
  return errors;
}

} // namespace texlex

#include "clients/cli/tokens_request.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "clients/cli/escaped_text.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/cpu.hpp"

namespace texlex::cli {
namespace {

/// More would only wait for whoever takes the output.
constexpr size_t usual_jobs_max = 16;

bool wants_color(const std::string& choice) {
  if (choice != "auto") return choice == "always";
  // https://no-color.org: any value but an empty one.
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

// A flag, or the environment, or the best. The flag's value has been checked.
std::variant<const kernel*, std::string> chosen_kernel(const tokens_options& options) {
  if (options.kernel) return find_kernel(*options.kernel);
  const char* const variable = std::getenv(kernel_environment_variable);
  const std::string name{variable == nullptr || *variable == '\0' ? best_kernel_name : variable};
  if (const kernel* found = find_kernel(name)) return found;
  return fmt::format("{} is {}, which is no kernel this processor can run; there are best, {}",
                     kernel_environment_variable, escape_file_name(name), fmt::join(kernel_names(), ", "));
}

} // namespace

std::variant<document_wishes, std::string> make_wishes(const tokens_options& options, bool scans) {
  if (auto why = contradiction(options); !why.empty()) return why;
  auto columns = chosen_columns(options);
  if (auto* why = std::get_if<std::string>(&columns)) return std::move(*why);
  document_wishes wishes;
  if (scans) {
    auto kernel = chosen_kernel(options);
    if (auto* why = std::get_if<std::string>(&kernel)) return std::move(*why);
    wishes.kernel = std::get<const texlex::kernel*>(kernel);
  }
  wishes.regime = find_regime(options.regime.value_or(std::string{default_regime_name}));
  wishes.view = options.view == "source" ? token_view::source : token_view::tex;
  wishes.counts = options.format == "counts";
  wishes.rows.format = options.format == "jsonl"   ? token_format::jsonl
                       : options.format == "arrow" ? token_format::arrow
                                                   : token_format::tsv;
  wishes.rows.columns = std::move(std::get<std::vector<column>>(columns));
  wishes.rows.color = options.format == "tsv" && wants_color(options.color.value_or("auto"));
  wishes.schema = {names_documents(options), wishes.rows.columns, std::string{wishes.regime->name},
                   options.view.value_or("tex")};
  wishes.issues = options.issues;
  wishes.issues_max = options.issues_max.value_or(issues_max_default);
  return wishes;
}

service_wishes make_service_wishes(const tokens_options& options, const document_wishes& wishes, std::string address) {
  return {.address = std::move(address),
          .regime = wishes.regime,
          .regime_was_given = options.regime.has_value(),
          .view = wishes.view,
          .format = options.format,
          .issues = wishes.issues,
          .issues_max = wishes.issues ? wishes.issues_max : 0,
          .priority = options.priority,
          .traceparent = options.traceparent};
}

file_names find_files(const tokens_options& options) {
  std::vector<std::string> given = options.files;
  if (options.files_from) {
    const input list = read_input(*options.files_from);
    if (!list.error.empty()) return {{}, {list.error}};
    const std::string called = *options.files_from;
    auto listed =
      split_list({reinterpret_cast<const char*>(list.bytes.data()), list.bytes.size()}, options.null, called);
    if (!listed.errors.empty()) return listed;
    if (called == "-" && std::find(listed.names.begin(), listed.names.end(), "-") != listed.names.end())
      return {{}, {cannot_read("-", "the list of files comes from there, and so cannot name it")}};
    given.insert(given.end(), listed.names.begin(), listed.names.end());
  } else if (given.empty()) {
    given.emplace_back("-");
  }
  return expand_folders(given);
}

bool names_documents(const tokens_options& options) {
  std::error_code ignored;
  return options.files.size() > 1 || options.files_from
         || (options.files.size() == 1 && std::filesystem::is_directory(options.files[0], ignored));
}

uint32_t jobs_of(const tokens_options& options) {
  return options.jobs.value_or(static_cast<uint32_t>(std::clamp(allowed_cores().size(), size_t{1}, usual_jobs_max)));
}

} // namespace texlex::cli

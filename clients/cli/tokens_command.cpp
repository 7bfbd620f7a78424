#include "clients/cli/tokens_command.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "clients/cli/arrow_stream.hpp"
#include "clients/cli/document_crew.hpp"
#include "clients/cli/document_source.hpp"
#include "clients/cli/escaped_text.hpp"
#include "clients/cli/file_names.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/progress.hpp"
#include "clients/cli/service_group.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/cpu.hpp"

namespace texlex::cli {
namespace {

/// More would only wait for whoever takes the output.
constexpr size_t usual_jobs_max = 16;
/// Text that was made before its turn.
constexpr uint64_t waiting_bytes_max = 32u << 20;
constexpr double bytes_per_mb = 1e6;
/// A healthy server answers within milliseconds; this is for one that is overloaded or gone.
constexpr std::chrono::milliseconds answer_timeout{30'000};

int complain(int exit_status, const std::string& sentence) {
  cli::complain(sentence);
  return exit_status;
}

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

// Whether there may be several documents, by what was given and not by how many it turns out to be.
bool names_documents(const tokens_options& options) {
  std::error_code ignored;
  return options.files.size() > 1 || options.files_from
         || (options.files.size() == 1 && std::filesystem::is_directory(options.files[0], ignored));
}

// What is wished for, or what is wrong with it.
std::variant<document_wishes, std::string> make_wishes(const tokens_options& options) {
  if (auto why = contradiction(options); !why.empty()) return why;
  auto columns = chosen_columns(options);
  if (auto* why = std::get_if<std::string>(&columns)) return std::move(*why);
  document_wishes wishes;
  if (!options.socket) {
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

service_wishes make_service_wishes(const tokens_options& options, const document_wishes& wishes) {
  return {.address = *options.socket,
          .regime = wishes.regime,
          .regime_was_given = options.regime.has_value(),
          .view = wishes.view,
          .format = options.format,
          .issues = wishes.issues,
          .issues_max = wishes.issues ? wishes.issues_max : 0};
}

// All names, folders walked; what could not be is complained of.
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

uint32_t jobs_of(const tokens_options& options) {
  return options.jobs.value_or(static_cast<uint32_t>(std::clamp(allowed_cores().size(), size_t{1}, usual_jobs_max)));
}

std::string describe(const document_source& source, const documents_done& done) {
  return fmt::format("texlex: {} documents done; {:.1f} MB read, {:.1f} MB scanned", done.documents.load(),
                     static_cast<double>(source.read_bytes()) / bytes_per_mb,
                     static_cast<double>(done.bytes.load()) / bytes_per_mb);
}

// Tokens on a terminal show by themselves how far it is.
bool shows_progress(const tokens_options& options) { return options.format == "counts" || isatty(STDOUT_FILENO) != 1; }

int print_tokens(const tokens_options& options, const document_wishes& wishes, document_source& source,
                 const std::string& only_name) {
  documents_done done;
  progress shown{shows_progress(options), [&] { return describe(source, done); }};
  const bool arrow = wishes.rows.format == token_format::arrow && !wishes.counts;
  arrow_stream stream{wishes.schema, arrow_stream::kind::stream};
  bool written = !arrow || write(stdout, stream.begin()); // by one piece after the other
  ordered_output output{[&](output_piece& piece) {
                          return shown.out_of_the_way([&] {
                            const bool told = piece.told.size() == 0 || write(stderr, piece.told.view());
                            const std::string before = arrow ? stream.before(piece) : std::string{};
                            const bool taken = (before.empty() || write(stdout, before))
                                               && (piece.text.size() == 0 || write(stdout, piece.text.view()));
                            if ((!told && piece.told_must) || !taken) written = false;
                            return taken;
                          });
                        },
                        waiting_bytes_max};
  document_crew{wishes, [&] { return source.next(); }, output, done, names_documents(options), only_name}.run(jobs_of(options));
  if (arrow && written) written = write(stdout, stream.end());
  if (wishes.service != nullptr && wishes.service->gave_up() && source.has_more())
    cli::complain("the documents behind these are left out, as texlexd was given up");
  if (done.refused) return exit_service;
  if (!written || done.unreadable) return exit_input; // of standard output `finish_output` says why
  return options.strict && done.issues ? exit_issues : exit_ok;
}

// Before anything is read, so that who is not there is told at once.
int begin(token_service& service, const std::string& address) {
  if (const auto why = service.begin()) return complain(exit_service, escape_file_name(*why));
  if (service.speaks_version_1())
    cli::complain(
      escape_file_name(fmt::format("the texlexd at {} speaks version 1 of the protocol only: counts are under "
                                   "the regime it serves, which it does not tell",
                                   address)));
  return exit_ok;
}

} // namespace

int run_tokens(const tokens_options& options) {
  auto made = make_wishes(options);
  if (const auto* why = std::get_if<std::string>(&made)) return complain(exit_usage, *why);
  auto& wishes = std::get<document_wishes>(made);
  if (options.format == "arrow" && isatty(STDOUT_FILENO) == 1)
    return complain(exit_usage, "--format arrow is no text and standard output is a terminal; write it to a file");
  service_group services{[](const std::string&) {}}; // of one: what it says is said with the document
  if (options.socket) {
    auto service =
      std::make_unique<token_service>(make_service_wishes(options, wishes), jobs_of(options), answer_timeout);
    if (const int refused = begin(*service, *options.socket); refused != exit_ok) return refused;
    services.add(std::move(service));
    wishes.service = &services;
  }
  file_names found = find_files(options);
  int worst = exit_ok;
  for (const std::string& error : found.errors) worst = complain(exit_input, error);
  const std::string only_name = found.names.size() == 1 ? found.names[0] : "";
  document_source source{std::move(found.names), !options.no_unpack,
                         options.unpacked_bytes_max.value_or(unpacked_bytes_max_default)};
  return std::max(worst, print_tokens(options, wishes, source, only_name));
}

} // namespace texlex::cli

// The flags of `texlex tokens` and its help.
#include <spdlog/fmt/fmt.h>

#include "clients/cli/file_names.hpp"
#include "clients/cli/tokens_command.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/host_port.hpp"
#include "runtime/limits.hpp"

namespace texlex::cli {
namespace {

std::vector<std::string> as_strings(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

} // namespace

void add_request_flags(CLI::App& command, tokens_options& options) {
  command
    .add_option(
      "--priority", options.priority,
      "of requests to a texlexd: background goes behind what others want, interactive ahead of what else this "
      "process asks; default normal")
    ->check(CLI::IsMember({"background", "normal", "interactive"}));
  command.add_option("--traceparent", options.traceparent,
                     "the trace that requests to a texlexd are part of, for its log, as W3C's Trace Context has it");
}

namespace {

void add_input_flags(CLI::App& command, tokens_options& options) {
  command.add_option("file", options.files,
                     "documents, folders of them, .gz and .tar archives; - or none: standard input");
  command.add_option("--files-from", options.files_from,
                     "read names of more of them out of this file, one a line; - is standard input");
  command.add_flag("--null", options.null, "the names of --files-from are separated by NUL, as by find -print0");
  command.add_flag("--no-unpack", options.no_unpack, "read compressed files and archives as they are");
  command
    .add_option(
      "--unpacked-bytes-max", options.unpacked_bytes_max,
      fmt::format("a document out of an archive that is larger is an error; default {}", unpacked_bytes_max_default))
    ->check(CLI::Range(uint64_t{1}, limits::scan_bytes_max));
  command.add_option("--jobs", options.jobs, "threads to work with; default: one for each core, 16 at most")
    ->check(CLI::Range(1u, jobs_max));
}

void add_scan_flags(CLI::App& command, tokens_options& options) {
  command
    .add_option("--regime", options.regime,
                fmt::format("category codes to read under; default {}", default_regime_name))
    ->check(CLI::IsMember(as_strings(regime_names())));
  command
    .add_option("--view", options.view, "tex: what TeX sees; source: every byte, with comments and blanks; default tex")
    ->check(CLI::IsMember({"tex", "source"}));
  auto kernels = as_strings(kernel_names());
  kernels.insert(kernels.begin(), std::string{best_kernel_name});
  command
    .add_option("--kernel", options.kernel,
                fmt::format("the scanner to use; default: what {} in the environment says, else best, the fastest this "
                            "processor has",
                            kernel_environment_variable))
    ->check(CLI::IsMember(std::move(kernels)));
  command
    .add_option(
      "--socket", options.socket,
      "have documents scanned by the texlexd that serves this Unix socket or host:port, also as unix:PATH or\n"
      "tcp://host:port; the output is the same")
    ->transform(address_of_url);
  add_request_flags(command, options);
}

void add_output_flags(CLI::App& command, tokens_options& options) {
  command
    .add_option("--format", options.format,
                "tsv: a token a line; jsonl: a JSON object a line; counts: tokens, issues, file; arrow: a stream of\n"
                "record batches, for programs")
    ->check(CLI::IsMember({"tsv", "jsonl", "counts", "arrow"}))
    ->capture_default_str();
  command.add_option(
    "--columns", options.columns,
    "which columns, in which order, with commas: kind,text,start,end,line,column; with --format arrow also "
    "code,name");
  command.add_option("--color", options.color, "colours in tsv; default auto: on a terminal")
    ->check(CLI::IsMember({"auto", "always", "never"}));
  command.add_flag("--issues", options.issues,
                   "list issues on standard error as file:line:column: name; as JSON lines with --format jsonl");
  command
    .add_option("--issues-max", options.issues_max,
                fmt::format("list so many issues of a document at most; default {}", issues_max_default))
    ->check(CLI::NonNegativeNumber);
  command.add_flag("--strict", options.strict, "exit with 1 if a document has issues");
}

} // namespace

CLI::App* add_tokens_command(CLI::App& app, tokens_options& options) {
  auto* command = app.add_subcommand("tokens", "Print the tokens TeX reads in documents");
  add_input_flags(*command, options);
  add_scan_flags(*command, options);
  add_output_flags(*command, options);
  command->footer(fmt::format(
    "Examples:\n"
    "  texlex tokens paper.tex\n"
    "  texlex tokens --view source --format jsonl --columns kind,start,end paper.tex\n"
    "  texlex tokens --regime latex-package --issues --strict --format counts *.sty\n"
    "  texlex tokens --format counts papers/ source.tar.gz\n"
    "  texlex tokens --socket localhost:4000 --format jsonl paper.tex\n"
    "  git ls-files -z '*.tex' | texlex tokens --format counts --null --files-from -\n"
    "  printf 'a%%b' | texlex tokens -\n\n"
    "Of folders and archives the documents are taken, by these suffixes: {}.\n"
    "Of folders also those with .gz behind it, .tar, .tar.gz and .tgz; names that begin with a dot are left out.\n\n"
    "Exit status: 0 ok; 1 issues were found and --strict was given; 2 usage; 3 an input could not\n"
    "be read, a list named no file, the output or the issues were not written, or memory ran out; 4 texlexd\n"
    "could not be reached or refused; 141, as a shell tells it, nobody reads the output.",
    fmt::join(document_suffixes(), " ")));
  return command;
}

} // namespace texlex::cli

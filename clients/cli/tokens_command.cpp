#include "clients/cli/tokens_command.hpp"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

#include "clients/cli/input.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/remote.hpp"
#include "clients/cli/token_writer.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"

namespace texlex::cli {
namespace {

int complain(int exit_status, const std::string& sentence) {
  cli::complain(sentence);
  return exit_status;
}

std::vector<std::string> as_strings(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

bool wants_color(const std::string& choice) {
  if (choice != "auto") return choice == "always";
  // https://no-color.org: any value but an empty one.
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

writer_options make_writer_options(const tokens_options& options) {
  writer_options result;
  result.format = options.format == "jsonl" ? token_format::jsonl : token_format::tsv;
  result.color = result.format == token_format::tsv && wants_color(options.color);
  const auto names = column_names();
  for (const std::string& name : options.columns) {
    const auto place = std::find(names.begin(), names.end(), name) - names.begin();
    result.columns.push_back(static_cast<column>(place));
  }
  if (options.columns.empty())
    for (size_t i = 0; i < names.size(); ++i) result.columns.push_back(static_cast<column>(i));
  return result;
}

// They were asked for, so where they cannot be written the run has failed; false then.
bool print_issues(const std::string& file, const scan_input& input, std::span<const issue> issues) {
  position_counter counter{input.document, input.regime->encoding, column_unit::code_points};
  for (const issue& found : issues) {
    const auto place = counter.at(found.offset);
    if (!print(stderr, "{}:{}:{}: {}\n", file, place.line, place.column, name_of(found.kind))) return false;
  }
  return true;
}

bool print_counts(const std::string& file, uint64_t tokens, uint64_t issues) {
  return print(stdout, "{}\t{}\t{}\n", tokens, issues, file);
}

bool print_tokens(const tokens_options& options, const std::string& file, const scan_input& input,
                  const token_columns& tokens) {
  auto writer = make_writer_options(options);
  if (options.files.size() > 1) {
    writer.file = file;
    if (writer.format == token_format::tsv && !print(stdout, "# {}\n", file)) return false;
  }
  return write_tokens(stdout, input, tokens, writer);
}

int tokens_here(const tokens_options& options, const std::string& file, std::span<const uint8_t> document) {
  const token_view view = options.view == "source" ? token_view::source : token_view::tex;
  const scan_input input{document, find_regime(options.regime), view};
  const token_columns tokens = tokenize(input, *find_kernel(options.kernel));
  const bool issues_told = !options.issues || print_issues(file, input, tokens.issues);
  const bool written = options.format == "counts" ? print_counts(file, tokens.count, tokens.issues.size())
                                                  : print_tokens(options, file, input, tokens);
  if (!issues_told || !written) return exit_input; // of standard output `finish_output` says why
  return options.strict && !tokens.issues.empty() ? exit_issues : exit_ok;
}

int tokens_there(const tokens_options& options, remote& service, const std::string& file,
                 std::span<const uint8_t> document) {
  const auto answer = service.tokenize(document);
  if (!answer.error.empty()) return complain(exit_service, file + ": " + answer.error);
  if (!print_counts(file, answer.result.token_count, answer.result.issue_count)) return exit_input;
  return options.strict && answer.result.issue_count > 0 ? exit_issues : exit_ok;
}

// Version 1 of the protocol returns counts of the tex view under the server's regime, and nothing else.
std::string what_service_cannot(const tokens_options& options) {
  if (options.format != "counts") return "--socket returns counts only; add --format counts";
  if (options.issues) return "--socket returns counts only; --issues needs to run without it";
  if (options.view != "tex") return "--socket counts the tex view only; leave out --view";
  return {};
}

} // namespace

CLI::App* add_tokens_command(CLI::App& app, tokens_options& options) {
  auto* command = app.add_subcommand("tokens", "Print the tokens TeX reads in documents");
  command->add_option("file", options.files, "documents; - is standard input")->capture_default_str();
  command->add_option("--regime", options.regime, "category codes to read under")
    ->check(CLI::IsMember(as_strings(regime_names())))
    ->capture_default_str();
  command->add_option("--view", options.view, "tex: what TeX sees; source: every byte, with comments and blanks")
    ->check(CLI::IsMember({"tex", "source"}))
    ->capture_default_str();
  command
    ->add_option("--format", options.format,
                 "tsv: a token a line; jsonl: a JSON object a line; counts: tokens, issues, file")
    ->check(CLI::IsMember({"tsv", "jsonl", "counts"}))
    ->capture_default_str();
  command->add_option("--columns", options.columns, "which columns, in which order: kind,text,start,end,line,column")
    ->check(CLI::IsMember(as_strings(column_names())))
    ->delimiter(',')
    ->allow_extra_args(false);
  auto kernels = as_strings(kernel_names());
  kernels.insert(kernels.begin(), std::string{best_kernel_name});
  command->add_option("--kernel", options.kernel, "the scanner to use; best: the fastest this processor has")
    ->check(CLI::IsMember(std::move(kernels)))
    ->envname(kernel_environment_variable)
    ->capture_default_str();
  command->add_option("--socket", options.socket, "ask the texlexd that serves this Unix socket; counts only");
  command->add_option("--color", options.color, "colours in tsv")
    ->check(CLI::IsMember({"auto", "always", "never"}))
    ->capture_default_str();
  command->add_flag("--issues", options.issues, "list issues on standard error as file:line:column: name");
  command->add_flag("--strict", options.strict, "exit with 1 if a document has issues");
  command->footer(
    "Examples:\n"
    "  texlex tokens paper.tex\n"
    "  texlex tokens --view source --format jsonl --columns kind,start,end paper.tex\n"
    "  texlex tokens --regime latex-package --issues --strict --format counts *.sty\n"
    "  printf 'a%%b' | texlex tokens -\n\n"
    "Exit status: 0 ok; 1 issues were found and --strict was given; 2 usage; 3 an input could not\n"
    "be read, the output or the issues not written, or memory ran out; 4 texlexd could not be reached or\n"
    "refused; 141, as a shell tells it, nobody reads the output.");
  return command;
}

int run_tokens(const tokens_options& options) {
  remote service;
  if (!options.socket.empty()) {
    if (const auto refusal = what_service_cannot(options); !refusal.empty()) return complain(exit_usage, refusal);
    if (const auto error = service.connect(options.socket); !error.empty()) return complain(exit_service, error);
  }
  int worst = exit_ok;
  for (const std::string& file : options.files) {
    const input document = read_input(file);
    int result = exit_ok;
    if (!document.error.empty()) {
      result = complain(exit_input, document.error);
    } else if (options.socket.empty()) {
      result = tokens_here(options, file, document.bytes);
    } else {
      result = tokens_there(options, service, file, document.bytes);
    }
    worst = std::max(worst, result);
    if (std::ferror(stdout) != 0) break; // nobody would see the others
  }
  return worst;
}

} // namespace texlex::cli

// The flags of `texlex corpus` and its help.
#include <spdlog/fmt/fmt.h>

#include "clients/cli/corpus/corpus_plan.hpp"
#include "clients/cli/corpus_command.hpp"
#include "clients/cli/tokens_command.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"

namespace texlex::cli {
namespace {

void add_corpus_input(CLI::App& command, corpus_options& options) {
  command.add_option("file", options.tokens.files, "documents, folders of them, .gz and .tar archives");
  command.add_option("--files-from", options.tokens.files_from,
                     "read names of more of them out of this file, one a line; - is standard input");
  command.add_flag("--null", options.tokens.null, "the names of --files-from are separated by NUL");
  command.add_flag("--no-unpack", options.tokens.no_unpack, "read compressed files and archives as they are");
  command
    .add_option(
      "--document-bytes-max", options.document_bytes_max,
      fmt::format("a document that is larger fails, unpacked if it is; default {}", document_bytes_max_default))
    ->check(CLI::Range(uint64_t{1}, document_bytes_max_largest));
  command.add_option("--shard", options.shard, "I/N: of the files only the I-th of N shares, told by hashes of names");
}

void add_corpus_scan(CLI::App& command, corpus_options& options) {
  command.add_option("--servers", options.servers,
                     "have documents scanned by these texlexd, Unix sockets or host:port, with commas");
  command
    .add_option("--servers-wait-s", options.servers_wait_s,
                fmt::format("once no server is left, wait so many seconds for one to come back; default {}",
                            servers_wait_s_default))
    ->check(CLI::Range(0u, servers_wait_s_max));
  add_request_flags(command, options.tokens);
  command.add_option("--jobs", options.tokens.jobs, "threads to work with; default: one for each core, 16 at most")
    ->check(CLI::Range(1u, jobs_max));
  const auto regimes = regime_names();
  command
    .add_option("--regime", options.tokens.regime,
                fmt::format("category codes to read under; default {}", default_regime_name))
    ->check(CLI::IsMember(std::vector<std::string>{regimes.begin(), regimes.end()}));
  command.add_option("--view", options.tokens.view, "tex or source; default tex")
    ->check(CLI::IsMember({"tex", "source"}));
  std::vector<std::string> kernels{std::string{best_kernel_name}};
  for (const auto name : kernel_names()) kernels.emplace_back(name);
  command.add_option("--kernel", options.tokens.kernel, "the scanner to use in this process")
    ->check(CLI::IsMember(std::move(kernels)));
}

void add_corpus_results(CLI::App& command, corpus_options& options) {
  command.add_option("--journal", options.journal, "the file that tells what is done; made if it is not there")
    ->required();
  command.add_option("--out", options.out, "the folder that parts of the output go to; made if it is not there")
    ->required();
  options.tokens.format = "arrow";
  command
    .add_option("--format", options.tokens.format,
                "arrow: files of record batches; counts: a JSON object a document, on a line")
    ->check(CLI::IsMember({"arrow", "counts"}))
    ->capture_default_str();
  command.add_option("--columns", options.tokens.columns,
                     "which columns, in which order, with commas: kind,code,name,start,end,line,column,text");
  command
    .add_option("--part-bytes-max", options.part_bytes_max,
                fmt::format("a part of the output is closed behind the document with which it has so many; default {}",
                            part_limits{}.bytes_max))
    ->check(CLI::Range(uint64_t{1}, part_bytes_max_largest));
  command.add_flag("--retry-failed", options.retry_failed, "first try documents again that failed in an earlier run");
}

} // namespace

CLI::App* add_corpus_command(CLI::App& app, corpus_options& options) {
  auto* command = app.add_subcommand("corpus", "Tokenize many documents into files, by runs that can be resumed");
  add_corpus_input(*command, options);
  add_corpus_scan(*command, options);
  add_corpus_results(*command, options);
  command->footer(
    "Examples:\n"
    "  texlex corpus papers/ --journal papers.journal --out tokens/\n"
    "  texlex corpus papers/ --servers /run/a.sock,host-b:4000 --journal papers.journal --out tokens/\n"
    "  texlex corpus papers/ --shard 3/16 --journal papers-3.journal --out tokens/\n\n"
    "The same command again goes on where a run ended, however it did: each document is in the output once.\n\n"
    "Exit status: 0 all is done; 2 usage, or the journal or the folder is of another run; 3 documents failed, in this\n"
    "run or before, files changed, a list named no file, or the output could not be written; 4 no texlexd was\n"
    "left: the same command goes on.");
  return command;
}

} // namespace texlex::cli

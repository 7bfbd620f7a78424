#include "clients/cli/corpus_command.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <unordered_set>

#include <spdlog/fmt/fmt.h>
#include <xxhash.h>

#include "clients/cli/corpus/corpus_output.hpp"
#include "clients/cli/document_crew.hpp"
#include "clients/cli/escaped_text.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/progress.hpp"
#include "clients/cli/service_group.hpp"
#include "clients/cli/tokens_request.hpp"
#include "runtime/client.hpp"

namespace texlex::cli {
namespace {

constexpr uint64_t pieces_waiting_bytes_max = 64u << 20;
constexpr size_t servers_max = 256;
constexpr size_t changed_told_max = 20;
constexpr double bytes_a_megabyte = 1e6;

int end_with(int exit_status, const std::string& sentence) {
  cli::complain(sentence);
  return exit_status;
}

std::string contradiction_in(const corpus_options& options) {
  if (auto why = contradiction(options.tokens); !why.empty()) return why;
  if (options.tokens.files.empty() && !options.tokens.files_from)
    return "there is nothing to read; name files or folders, or add --files-from";
  if (std::find(options.tokens.files.begin(), options.tokens.files.end(), "-") != options.tokens.files.end())
    return "standard input cannot be read again where a run ended; name files";
  if (options.journal.empty()) return "--journal has an empty name; give a file";
  if (options.out.empty()) return "--out has an empty name; give a folder";
  if (options.servers_wait_s && !options.servers)
    return "--servers-wait-s says how long servers are waited for; add --servers";
  if (options.servers && options.tokens.kernel) return "--servers scan by the kernels they use; leave out --kernel";
  return request_contradiction(options.tokens, options.servers.has_value(), "--servers");
}

// Addresses of servers, or what is wrong with them.
std::variant<std::vector<std::string>, std::string> split_servers(std::string_view list) {
  std::vector<std::string> addresses;
  for (bool more = true; more;) {
    const std::string_view written = list.substr(0, list.find(','));
    more = written.size() < list.size();
    list.remove_prefix(more ? written.size() + 1 : written.size());
    const std::string address = address_of_url(std::string{written});
    if (!is_unix_address(address) && !split_host_port(address))
      return fmt::format("--servers: \"{}\" {}", escape_file_name(address), address_fault(address));
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end())
      return fmt::format("--servers names {} twice; name it once", escape_file_name(address));
    addresses.push_back(address);
  }
  if (addresses.size() > servers_max) return fmt::format("--servers names more than {}", servers_max);
  return addresses;
}

// Each server that can do the work, and each that may once it is there; what is with the others is told.
void add_servers(service_group& group, const std::vector<std::string>& addresses, const tokens_options& options,
                 const document_wishes& wishes) {
  for (const std::string& address : addresses) {
    auto wanted = make_service_wishes(options, wishes, address);
    wanted.any_regime_will_do = false;
    auto service = std::make_unique<token_service>(std::move(wanted), service_patience);
    const auto why = service->begin();
    if (why) cli::complain(escape_file_name(why->sentence));
    if (!why || why->what != service_failure::kind::wrong) group.add(std::move(service), !why);
  }
}

void remove_repeated(std::vector<std::string>& names) {
  std::unordered_set<std::string_view> seen;
  std::vector<std::string> kept;
  kept.reserve(names.size()); // so that what was seen stays where it is
  for (std::string& name : names) {
    if (seen.contains(name)) continue;
    kept.push_back(std::move(name));
    seen.insert(kept.back());
  }
  names = std::move(kept);
}

std::string hash_of(const std::vector<std::string>& names) {
  XXH64_hash_t hash = 0;
  for (const std::string& name : names) hash = XXH3_64bits_withSeed(name.data(), name.size() + 1, hash); // with its NUL
  return fmt::format("{:016x}", hash);
}

// All that decides which documents there are and what is written of each.
journal_options options_of(const corpus_options& options, const document_wishes& wishes, const corpus_shard& shard,
                           const std::vector<std::string>& names) {
  std::vector<std::string_view> columns;
  for (const column what : wishes.rows.columns) columns.push_back(column_names()[static_cast<size_t>(what)]);
  return {{"texlex", TEXLEX_VERSION},
          {"format", options.tokens.format},
          {"regime", std::string{wishes.regime->name}},
          {"view", options.tokens.view.value_or("tex")},
          {"columns", wishes.counts ? "none" : fmt::format("{}", fmt::join(columns, ","))},
          {"unpack", options.tokens.no_unpack ? "no" : "yes"},
          {"document-bytes-max", std::to_string(options.document_bytes_max.value_or(document_bytes_max_default))},
          {"shard", fmt::format("{}/{}", shard.number, shard.count)},
          {"number of files", std::to_string(names.size())},
          {"hash of their names", hash_of(names)}};
}

// Files of which there is output of what they held before. How many.
size_t tell_changed(const journal_state& state, const std::vector<std::string>& names) {
  size_t changed = 0;
  for (const auto& [file, stamp] : state.files) {
    const auto failed = state.failed.find({file, 0});
    if (failed != state.failed.end() && failed->second.rest) continue; // there is none of it
    const auto now = stamp_of(names[file]);
    if (!now || *now == stamp) continue;
    if (++changed <= changed_told_max)
      cli::complain(fmt::format("{} has changed since it was tokenized; the output is of what it held then",
                                escape_file_name(names[file])));
  }
  if (changed > changed_told_max) cli::complain(fmt::format("{} more files have changed", changed - changed_told_max));
  return changed;
}

// The run itself, once all there is to refuse has been.
class corpus_run {
public:
  corpus_run(const corpus_options& options, const document_wishes& wishes, journal_file& journal, part_folder& parts,
             const std::vector<std::string>& names, const corpus_shard& shard)
    : options_(options), wishes_(wishes), journal_(journal), names_(names),
      source_(names, plan_tasks(journal.state(), names, shard, options.retry_failed), !options.tokens.no_unpack,
              options.document_bytes_max.value_or(document_bytes_max_default)),
      output_(source_, journal, parts, {options.part_bytes_max.value_or(part_limits{}.bytes_max)},
              wishes.counts ? std::nullopt : std::optional{wishes.schema}, counts_) {
    counts_.parts = journal.state().parts.size();
  }

  int run() {
    documents_done done;
    {
      progress shown{true, [&] { return describe(done); }};
      ordered_output ordered{[&](output_piece& piece) {
                               if (piece.told.size() > 0)
                                 shown.out_of_the_way([&] { (void)write(stderr, piece.told.view()); });
                               return output_.take(piece);
                             },
                             pieces_waiting_bytes_max};
      document_crew{wishes_, [&] { return source_.next(); }, ordered, done, true, ""}.run(jobs_of(options_.tokens));
    }
    output_.finish(source_.is_exhausted() && !output_.service_is_gone(), names_.size());
    return tell_end();
  }

private:
  std::string describe(const documents_done& done) const {
    return fmt::format("texlex: file {} of {}; {} documents, {} failed, {} parts; {:.1f} MB scanned",
                       counts_.files.load(), source_.tasks(), counts_.documents.load(), counts_.failed.load(),
                       counts_.parts.load(), static_cast<double>(done.bytes.load()) / bytes_a_megabyte);
  }

  int tell_end() {
    if (output_.error()) return end_with(exit_input, *output_.error());
    const journal_state& state = journal_.state();
    const bool all = source_.is_exhausted() && !output_.service_is_gone();
    cli::complain(fmt::format(
      "{} document{} in {} part{}{}{}", state.documents, state.documents == 1 ? "" : "s", state.parts.size(),
      state.parts.size() == 1 ? "" : "s", all ? ", all that there are" : "",
      state.failed.empty() ? std::string{}
                           : fmt::format("; {} failed, add --retry-failed to try them again", state.failed.size())));
    if (!all) return end_with(exit_service, "no texlexd is left; the same command goes on where this run ended");
    return state.failed.empty() ? exit_ok : exit_input;
  }

  const corpus_options& options_;
  const document_wishes& wishes_;
  journal_file& journal_;
  const std::vector<std::string>& names_;
  corpus_counts counts_;
  corpus_source source_;
  corpus_output output_;
};

int run_on(const corpus_options& options, const document_wishes& wishes, const corpus_shard& shard) {
  file_names found = find_files(options.tokens);
  // A folder that cannot be read would make another list than the next run finds.
  for (const std::string& error : found.errors) cli::complain(error);
  if (!found.errors.empty()) return exit_input;
  remove_repeated(found.names);
  auto opened = journal_file::open(options.journal, options_of(options, wishes, shard, found.names));
  if (const auto* why = std::get_if<std::string>(&opened)) return end_with(exit_usage, *why);
  auto& journal = std::get<journal_file>(opened);
  if (!is_of_files(journal.state(), found.names.size()))
    return end_with(exit_usage, fmt::format("cannot use the journal {}: it tells of files that are not in the list",
                                            escape_file_name(options.journal)));
  auto folder = part_folder::open(options.out, {shard, wishes.counts ? ".jsonl" : ".arrow"}, journal, journal.state());
  if (const auto* why = std::get_if<std::string>(&folder)) {
    if (journal.is_new()) journal.abandon();
    return end_with(exit_usage, *why);
  }
  const size_t changed = tell_changed(journal.state(), found.names);
  const int ended = corpus_run{options, wishes, journal, std::get<part_folder>(folder), found.names, shard}.run();
  return std::max<int>(ended, changed > 0 ? exit_input : exit_ok);
}

} // namespace

int run_corpus(const corpus_options& options) {
  if (const auto why = contradiction_in(options); !why.empty()) return end_with(exit_usage, why);
  const auto shard = parse_shard(options.shard.value_or("1/1"));
  if (const auto* why = std::get_if<std::string>(&shard)) return end_with(exit_usage, *why);
  auto made = make_wishes(options.tokens, !options.servers);
  if (const auto* why = std::get_if<std::string>(&made)) return end_with(exit_usage, *why);
  auto& wishes = std::get<document_wishes>(made);
  wishes.schema.names_files = true;
  if (wishes.counts) wishes.rows.format = token_format::jsonl;
  service_group servers{std::chrono::seconds{options.servers_wait_s.value_or(servers_wait_s_default)},
                        [](const std::string& what) { cli::complain(escape_file_name(what)); }};
  if (options.servers) {
    const auto addresses = split_servers(*options.servers);
    if (const auto* why = std::get_if<std::string>(&addresses)) return end_with(exit_usage, *why);
    (void)raise_open_files_limit();
    add_servers(servers, std::get<std::vector<std::string>>(addresses), options.tokens, wishes);
    if (servers.size() == 0) return end_with(exit_service, "there is no texlexd to ask; nothing was done");
    wishes.service = &servers;
  }
  return run_on(options, wishes, std::get<corpus_shard>(shard));
}

} // namespace texlex::cli

#include "clients/cli/tokens_command.hpp"

#include <algorithm>
#include <atomic>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "clients/cli/arrow_stream.hpp"
#include "clients/cli/document_crew.hpp"
#include "clients/cli/document_source.hpp"
#include "clients/cli/escaped_text.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/progress.hpp"
#include "clients/cli/service_group.hpp"
#include "clients/cli/tokens_request.hpp"

namespace texlex::cli {
namespace {

/// Text that was made before its turn.
constexpr uint64_t waiting_bytes_max = 32u << 20;
constexpr double bytes_per_mb = 1e6;
int complain_and_end(int exit_status, const std::string& sentence) {
  cli::complain(sentence);
  return exit_status;
}

// Of a large document most of the time goes by while its tokens are written.
std::string describe(const document_source& source, const documents_done& done, uint64_t written_bytes) {
  return fmt::format("texlex: {} documents done; {:.1f} MB read, {:.1f} MB scanned, {:.1f} MB written",
                     done.documents.load(), static_cast<double>(source.read_bytes()) / bytes_per_mb,
                     static_cast<double>(done.bytes.load()) / bytes_per_mb,
                     static_cast<double>(written_bytes) / bytes_per_mb);
}

// Tokens on a terminal show by themselves how far it is.
bool shows_progress(const tokens_options& options) { return options.format == "counts" || isatty(STDOUT_FILENO) != 1; }

int print_tokens(const tokens_options& options, const document_wishes& wishes, document_source& source,
                 const std::string& only_name) {
  documents_done done;
  std::atomic<uint64_t> written_bytes = 0;
  progress shown{shows_progress(options), [&] { return describe(source, done, written_bytes); }};
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
                            if (taken) written_bytes += before.size() + piece.text.size();
                            return taken;
                          });
                        },
                        waiting_bytes_max};
  document_crew crew{wishes, [&] { return source.next(); }, output, done, names_documents(options), only_name};
  crew.run(jobs_of(options));
  if (arrow && written) written = write(stdout, stream.end());
  if (wishes.service != nullptr && wishes.service->gave_up() && source.has_more())
    cli::complain("the documents behind these are left out, as texlexd was given up");
  if (done.refused) return exit_service;
  if (!written || done.unreadable) return exit_input; // of standard output `finish_output` says why
  return options.strict && done.issues ? exit_issues : exit_ok;
}

// Before anything is read, so that who is not there is told at once.
int begin(token_service& service, const std::string& address) {
  if (const auto why = service.begin()) return complain_and_end(exit_service, escape_file_name(why->sentence));
  if (service.speaks_version_1())
    cli::complain(
      escape_file_name(fmt::format("the texlexd at {} speaks version 1 of the protocol only: counts are under "
                                   "the regime it serves, which it does not tell",
                                   address)));
  return exit_ok;
}

} // namespace

int run_tokens(const tokens_options& options) {
  if (const auto why = request_contradiction(options, options.socket.has_value(), "--socket"); !why.empty())
    return complain_and_end(exit_usage, why);
  auto made = make_wishes(options, !options.socket);
  if (const auto* why = std::get_if<std::string>(&made)) return complain_and_end(exit_usage, *why);
  auto& wishes = std::get<document_wishes>(made);
  if (options.format == "arrow" && isatty(STDOUT_FILENO) == 1)
    return complain_and_end(exit_usage,
                            "--format arrow is no text and standard output is a terminal; write it to a file");
  service_group services{std::nullopt, [](const std::string&) {}}; // of one: what it says is said with the document
  if (options.socket) {
    auto service =
      std::make_unique<token_service>(make_service_wishes(options, wishes, *options.socket), service_patience);
    if (const int refused = begin(*service, *options.socket); refused != exit_ok) return refused;
    services.add(std::move(service));
    wishes.service = &services;
  }
  file_names found = find_files(options);
  int worst = exit_ok;
  for (const std::string& error : found.errors) worst = complain_and_end(exit_input, error);
  const std::string only_name = found.names.size() == 1 ? found.names[0] : "";
  document_source source{std::move(found.names), !options.no_unpack,
                         options.unpacked_bytes_max.value_or(unpacked_bytes_max_default)};
  return std::max(worst, print_tokens(options, wishes, source, only_name));
}

} // namespace texlex::cli

// The output of a corpus: pieces of documents, in their order, become parts; each part is committed to the journal with
// what it covers.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "clients/cli/arrow_stream.hpp"
#include "clients/cli/corpus/corpus_files.hpp"
#include "clients/cli/corpus/corpus_plan.hpp"
#include "clients/cli/corpus/corpus_source.hpp"
#include "clients/cli/ordered_output.hpp"

namespace texlex::cli {

/// For others to look at.
struct corpus_counts {
  std::atomic<uint64_t> documents = 0; ///< by this run, committed or not
  std::atomic<uint64_t> failed = 0;    ///< likewise
  std::atomic<uint64_t> parts = 0;     ///< committed
  std::atomic<uint64_t> files = 0;     ///< come to
};

class corpus_output {
public:
  /// All must outlive it. No schema: the output is lines of text.
  corpus_output(corpus_source& source, journal_file& journal, part_folder& parts, part_limits limits,
                std::optional<arrow_schema> schema, corpus_counts& counts)
    : source_(source), journal_(journal), parts_(parts), limits_(limits), schema_(std::move(schema)), counts_(counts) {
    now_.next = journal.state().next;
  }

  /// Takes the next piece; false: there is no use in any more, as nobody scans or nothing can be written.
  [[nodiscard]] bool take(output_piece& piece);

  /// Commits what was taken of whole documents. `all`: there were no more of them; `files` is how many the list has.
  void finish(bool all, uint64_t files);

  /// Why nothing can be written.
  [[nodiscard]] const std::optional<std::string>& error() const noexcept { return error_; }
  /// Nobody was left who scans.
  [[nodiscard]] bool service_is_gone() const noexcept { return service_is_gone_; }

private:
  [[nodiscard]] bool write(output_piece& piece);
  [[nodiscard]] bool begin_part();
  [[nodiscard]] bool keep(std::optional<std::string> why);
  void come_to(const corpus_document& document);
  void end_rest();
  void end_document(const corpus_document& document);
  void record_failure(const corpus_document& document, std::string reason);
  void commit();

  corpus_source& source_;
  journal_file& journal_;
  part_folder& parts_;
  part_limits limits_;
  std::optional<arrow_schema> schema_;
  corpus_counts& counts_;

  journal_commit now_; ///< not committed yet
  std::optional<arrow_stream> stream_;
  uint64_t document_bytes_ = 0; ///< of the part's documents
  std::optional<corpus_document> document_;
  size_t task_ = 0;
  std::optional<failed_document> rest_; ///< what is left of a file that is tried again, should the run end here
  bool unfinished_ = false;             ///< the part holds a beginning of a document
  std::optional<std::string> error_;
  bool service_is_gone_ = false;
};

} // namespace texlex::cli

#include "clients/cli/corpus/corpus_output.hpp"

#include <algorithm>

namespace texlex::cli {

bool corpus_output::keep(std::optional<std::string> why) {
  if (why && !error_) error_ = std::move(why);
  return !error_;
}

bool corpus_output::take(output_piece& piece) {
  if (piece.failure == document_failure::service_gone) {
    service_is_gone_ = true;
    return false;
  }
  if (!document_) {
    document_ = source_.take();
    come_to(*document_);
  }
  if (piece.failure != document_failure::none) {
    record_failure(*document_, std::move(piece.reason));
  } else if (!write(piece)) {
    return false;
  }
  if (!piece.last) return true;
  if (piece.failure == document_failure::none) end_document(*document_);
  document_.reset();
  unfinished_ = false;
  if (limits_.is_full(parts_.has_begun() ? parts_.bytes() : 0, now_.documents + now_.failed.size(), document_bytes_))
    commit();
  return !error_;
}

// Once a task is begun, the one before is done.
void corpus_output::come_to(const corpus_document& document) {
  if (document.task != task_) end_rest();
  task_ = document.task;
  if (!document.again) now_.next = {document.place.file, document.place.document + 1};
  now_.files[document.place.file] = document.stamp;
  counts_.files = document.task + 1;
}

bool corpus_output::begin_part() {
  if (parts_.has_begun()) return true;
  if (!keep(parts_.begin(journal_.state().commits + 1))) return false;
  if (!schema_) return true;
  stream_.emplace(*schema_, arrow_stream::kind::file);
  return keep(parts_.write(stream_->begin()));
}

bool corpus_output::write(output_piece& piece) {
  if (!begin_part()) return false;
  unfinished_ = true;
  if (stream_ && !keep(parts_.write(stream_->before(piece)))) return false;
  return keep(parts_.write(piece.text.view()));
}

void corpus_output::end_document(const corpus_document& document) {
  now_.documents += 1;
  document_bytes_ += document.bytes;
  counts_.documents += 1;
  if (!document.again) return;
  now_.settled.push_back(document.place);
  // It may be the first of several, of which the journal must not forget the others.
  if (source_.task(document.task).alone) return;
  rest_ = failed_document{{document.place.file, document.place.document + 1},
                          true,
                          document.stamp,
                          document.name,
                          "a run ended before all behind it in its file was tried again"};
}

void corpus_output::record_failure(const corpus_document& document, std::string reason) {
  now_.failed.push_back({document.place, document.rest, document.stamp, document.name, std::move(reason)});
  rest_.reset();
  counts_.failed += 1;
}

// What was committed of it, if anything was, holds no more.
void corpus_output::end_rest() {
  if (rest_ && journal_.state().failed.contains(rest_->place)) now_.settled.push_back(rest_->place);
  rest_.reset();
}

void corpus_output::commit() {
  if (rest_) now_.failed.push_back(*rest_);
  now_.number = journal_.state().commits + 1;
  if (parts_.has_begun()) {
    if (stream_ && !keep(parts_.write(stream_->end()))) return;
    now_.bytes = parts_.bytes();
    if (!keep(parts_.finish())) return;
  }
  if (!keep(journal_.add(now_))) return;
  counts_.parts = journal_.state().parts.size();
  journal_commit fresh;
  fresh.next = now_.next;
  now_ = std::move(fresh);
  document_bytes_ = 0;
  stream_.reset();
}

void corpus_output::finish(bool all, uint64_t files) {
  if (error_) return;
  if (all) {
    end_rest();
    now_.next = {files, 0};
  }
  const bool something =
    now_.documents > 0 || !now_.failed.empty() || !now_.settled.empty() || now_.next != journal_.state().next;
  // A document that was begun and cannot be ended is left to the next run, and the part with it.
  if (something && !unfinished_) commit();
}

} // namespace texlex::cli

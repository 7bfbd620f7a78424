#include "clients/cli/corpus/corpus_source.hpp"

#include <array>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/corpus/corpus_files.hpp"
#include "clients/cli/escaped_text.hpp"

namespace texlex::cli {

std::optional<named_input> corpus_source::next() {
  for (;;) {
    if (!file_ && error_.empty()) {
      if (next_task_ == tasks_.size()) {
        exhausted_ = true;
        return std::nullopt;
      }
      open();
    }
    if (auto document = next_of_file()) return hand_out(std::move(*document));
    close();
  }
}

// What is known of a file is looked at before it is read: if it changes meanwhile, that is seen later.
void corpus_source::open() {
  const corpus_task& task = tasks_[next_task_++];
  const std::string& name = names_[task.first.file];
  const auto stamp = stamp_of(name);
  stamp_ = stamp.value_or(file_stamp{});
  at_ = {task.first.file, 0};
  std::error_code error;
  if (task.unchanged && stamp && *stamp != *task.unchanged) {
    stamp_ = *task.unchanged; // by which another try will tell the same
    error_ = cannot_read(name, "it has changed since documents of it were tokenized, so that the others cannot be told "
                               "from these; tokenize it by a run of its own");
  } else if (stamp && !std::filesystem::is_regular_file(name, error)) {
    error_ = cannot_read(name, "it is no regular file, and could not be read again where a run ended");
  } else if (stamp && is_too_large(name, *stamp)) {
    error_ = cannot_read(name, fmt::format("it has {} bytes; --document-bytes-max sets the limit", stamp->bytes));
  } else {
    file_ = std::make_unique<document_source>(std::vector{name}, unpacks_, document_bytes_max_);
  }
  if (!error_.empty()) at_.document = task.first.document;
}

// Before it is read, unless it is unpacked: then its documents are looked at.
bool corpus_source::is_too_large(const std::string& name, const file_stamp& stamp) const {
  if (stamp.bytes <= document_bytes_max_) return false;
  const auto opened = input_file::open(name);
  const auto* const file = std::get_if<input_file>(&opened);
  if (file == nullptr) return false; // whoever reads it says why
  std::array<uint8_t, archive_signature_bytes> first{};
  const ssize_t got = file->read_all(first);
  return got >= 0 && !(unpacks_ && is_archive(std::span{first}.first(static_cast<size_t>(got))));
}

void corpus_source::close() {
  file_.reset();
  error_.clear();
}

std::optional<named_input> corpus_source::next_of_file() {
  const corpus_task& task = tasks_[next_task_ - 1];
  const std::string& name = names_[task.first.file];
  if (!error_.empty()) return named_input{name, {{}, std::exchange(error_, {})}};
  if (!file_) return std::nullopt;
  for (; at_.document < task.first.document; ++at_.document)
    if (!file_->next()) return std::nullopt;
  if (task.alone && at_.document > task.first.document) return std::nullopt;
  auto document = file_->next();
  if (!document || !document->read.error.empty() || document->read.bytes.size() <= document_bytes_max_) return document;
  return named_input{document->name,
                     {{},
                      cannot_read(document->name, fmt::format("it has {} bytes; "
                                                              "--document-bytes-max sets the limit",
                                                              document->read.bytes.size()))}};
}

named_input corpus_source::hand_out(named_input document) {
  const size_t index = next_task_ - 1;
  const corpus_task& task = tasks_[index];
  const bool rest = !task.alone && document.name == names_[task.first.file];
  const std::scoped_lock lock{mutex_};
  given_.push_back({at_, index, task.again, rest, stamp_, escape_file_name(document.name), document.read.bytes.size()});
  ++at_.document;
  return document;
}

corpus_document corpus_source::take() {
  const std::scoped_lock lock{mutex_};
  corpus_document first = std::move(given_.front());
  given_.pop_front();
  return first;
}

} // namespace texlex::cli

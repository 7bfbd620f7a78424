// The documents that are left of a corpus, one after the other, and for whoever gets their output, in the same order,
// where each belongs.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/corpus/corpus_journal.hpp"
#include "clients/cli/corpus/corpus_plan.hpp"
#include "clients/cli/document_source.hpp"

namespace texlex::cli {

struct corpus_document {
  document_place place;
  size_t task = 0;
  bool again = false; ///< it, or what lies before it in its file, failed before
  bool rest = false;  ///< an error of it is one of all behind it in its file
  file_stamp stamp;   ///< of its file
  std::string name;   ///< as a line of text holds it
  uint64_t bytes = 0;
};

class corpus_source {
public:
  corpus_source(const std::vector<std::string>& names, std::vector<corpus_task> tasks, bool unpacks,
                uint64_t document_bytes_max)
    : names_(names), tasks_(std::move(tasks)), unpacks_(unpacks), document_bytes_max_(document_bytes_max) {}

  /// The next document, or why it cannot be had. One caller at a time.
  [[nodiscard]] std::optional<named_input> next();

  /// The first document that `next` gave and this function has not. Any thread may call it.
  [[nodiscard]] corpus_document take();

  /// `next` has said that there are no more.
  [[nodiscard]] bool is_exhausted() const noexcept { return exhausted_; }
  [[nodiscard]] size_t tasks() const noexcept { return tasks_.size(); }
  [[nodiscard]] const corpus_task& task(size_t index) const noexcept { return tasks_[index]; }

private:
  [[nodiscard]] std::optional<named_input> next_of_file();
  [[nodiscard]] named_input hand_out(named_input document);
  void open();
  [[nodiscard]] bool is_too_large(const std::string& name, const file_stamp& stamp) const;
  void close();

  const std::vector<std::string>& names_;
  std::vector<corpus_task> tasks_;
  bool unpacks_;
  uint64_t document_bytes_max_;
  size_t next_task_ = 0;
  std::unique_ptr<document_source> file_; ///< of the task before that
  document_place at_;
  file_stamp stamp_;
  std::string error_; ///< instead of a file
  std::atomic<bool> exhausted_ = false;

  std::mutex mutex_;
  std::deque<corpus_document> given_;
};

} // namespace texlex::cli

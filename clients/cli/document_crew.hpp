// Threads that read, scan and write documents, in the documents' order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "clients/cli/document_work.hpp"
#include "clients/cli/ordered_output.hpp"

namespace texlex::cli {

/// What came of all documents so far; for others to look at.
struct documents_done {
  std::atomic<uint64_t> documents = 0; ///< written
  std::atomic<uint64_t> bytes = 0;     ///< scanned
  std::atomic<bool> unreadable = false;
  std::atomic<bool> refused = false; ///< by the service
  std::atomic<bool> issues = false;
};

/// One document is read at a time, whoever reads it; scans and texts are made on all threads, those of one document
/// too. A service is asked about several small documents together, by one thread. What is kept is bounded: documents by
/// their number and bytes, texts by their bytes, whatever is still to come.
class document_crew {
public:
  /// The next document, whole, or why it cannot be read; nothing behind the last. Called for one at a time, and the
  /// output of documents is in the order of these calls.
  using next_function = std::function<std::optional<named_input>()>;

  /// Everything must outlive the object. `named` if each document's name is to be told; `only_name` is that of the only
  /// file there is if not, as what an archive holds under another name is named nevertheless.
  document_crew(const document_wishes& wishes, next_function next, ordered_output& output, documents_done& done,
                bool named, std::string only_name)
    : wishes_(wishes), next_(std::move(next)), output_(output), done_(done), named_(named),
      only_name_(std::move(only_name)) {}

  /// Works through all documents with so many threads, the caller's among them. Throws what one of them threw.
  void run(uint32_t threads);

private:
  struct work_in_hand {
    std::shared_ptr<const document_work> work; ///< none while it is scanned
    uint64_t bytes = 0;
    uint64_t pieces_begun = 0;
    uint64_t pieces_done = 0;
  };
  struct task {
    std::shared_ptr<const document_work> work; ///< none: documents are to be read
    output_place place;
  };
  using work_ptr = std::shared_ptr<const document_work>;

  void work_along() noexcept;
  [[nodiscard]] std::optional<task> next_task();
  [[nodiscard]] std::optional<task> next_piece();
  [[nodiscard]] bool may_read() const noexcept;
  void read_and_scan();
  [[nodiscard]] std::vector<named_input> read_some(bool& end);
  [[nodiscard]] std::vector<work_ptr> scan(std::vector<named_input> documents);
  void take_up(uint64_t first_number, std::vector<work_ptr> works);
  [[nodiscard]] bool write_piece(const task& given);
  void call_helpers();
  void stop() noexcept;

  const document_wishes& wishes_;
  next_function next_;
  ordered_output& output_;
  documents_done& done_;
  bool named_;
  std::string only_name_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, work_in_hand> documents_; ///< those read and not yet written, by their number
  std::set<uint64_t> unbegun_;                 ///< of these, scanned ones that have a piece nobody has begun
  size_t unscanned_ = 0;                       ///< of these
  uint64_t next_number_ = 0;
  uint64_t bytes_ = 0; ///< of these
  bool reading_ = false;
  bool all_read_ = false;
  bool stopped_ = false;
  std::exception_ptr thrown_;
  uint32_t threads_ = 1;
  uint32_t together_max_ = 1; ///< documents that are read, and the service asked about, in one go
  uint32_t helpers_to_call_ = 0;
  std::vector<std::jthread> helpers_;
};

} // namespace texlex::cli

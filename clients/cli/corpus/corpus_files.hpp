// The files of a run over a corpus: its journal, and parts of its output, which are there whole or not at all whenever
// the machine stops. Errors are sentences.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "clients/cli/corpus/corpus_journal.hpp"
#include "clients/cli/corpus/corpus_plan.hpp"

namespace texlex::cli {

/// A descriptor that is closed with its owner.
class owned_descriptor {
public:
  explicit owned_descriptor(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  owned_descriptor(owned_descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  owned_descriptor& operator=(owned_descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~owned_descriptor();

  [[nodiscard]] int get() const noexcept { return descriptor_; }

private:
  int descriptor_;
};

/// A journal that nobody else has open.
class journal_file {
public:
  /// Opens or makes it. A torn end is cut off; one that was made for other options is an error that says what differs.
  [[nodiscard]] static std::variant<journal_file, std::string> open(const std::string& path,
                                                                    const journal_options& options);

  [[nodiscard]] journal_state& state() noexcept { return state_; }
  /// Whether nothing has been committed to it, ever.
  [[nodiscard]] bool is_new() const noexcept { return new_; }

  /// Removes a new one, as nothing will come of it.
  void abandon() noexcept;

  /// Adds a commit, and returns once it lasts.
  [[nodiscard]] std::optional<std::string> add(const journal_commit& commit);

private:
  journal_file(std::string path, owned_descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  [[nodiscard]] std::optional<std::string> start(const std::string& beginning);
  [[nodiscard]] std::optional<std::string> append(std::string_view lines);

  std::string path_;
  owned_descriptor file_;
  journal_state state_;
  bool new_ = false;
};

/// One part after the other in a folder.
class part_folder {
public:
  /// Makes the folder if it is not there, holds it against the journal's parts, and removes what was never committed.
  [[nodiscard]] static std::variant<part_folder, std::string>
  open(const std::string& path, part_names names, const journal_file& journal, const journal_state& state);

  [[nodiscard]] std::optional<std::string> begin(uint64_t number);
  [[nodiscard]] std::optional<std::string> write(std::string_view text);
  /// The part is whole and lasts under its name.
  [[nodiscard]] std::optional<std::string> finish();

  [[nodiscard]] bool has_begun() const noexcept { return file_.get() >= 0; }
  [[nodiscard]] uint64_t bytes() const noexcept { return bytes_; }

private:
  part_folder(std::string path, part_names names, owned_descriptor folder)
    : path_(std::move(path)), names_(std::move(names)), folder_(std::move(folder)) {}

  [[nodiscard]] std::optional<std::string> look_for_others(const journal_file& journal, const journal_state& state);
  [[nodiscard]] std::string cannot_write(uint64_t number) const;

  std::string path_;
  part_names names_;
  owned_descriptor folder_;
  owned_descriptor file_;
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;
  std::string waiting_; ///< to be written in larger pieces
};

/// What a file is like now; nothing if it cannot be looked at.
[[nodiscard]] std::optional<file_stamp> stamp_of(const std::string& path);

} // namespace texlex::cli

// One texlexd or several that do the same work: each document goes to the one with the least to do, and from one that
// was given up to the others.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "clients/cli/token_service.hpp"

namespace texlex::cli {

/// Why a service has no tokens of a document.
struct group_failure {
  std::string sentence;
  bool none_left = false; ///< every server was given up; else it is a matter of the document
};

class service_group {
public:
  /// Told, once of each, why a server is used no more while others are. Called by any thread, one call at a time.
  using told_function = std::function<void(const std::string&)>;

  explicit service_group(told_function told) : told_(std::move(told)) {}

  /// Before work begins.
  void add(std::unique_ptr<token_service> service) { members_.push_back({std::move(service), 0, false}); }

  [[nodiscard]] size_t size() const noexcept { return members_.size(); }

  /// What a scan of the document would give. Any thread may call it.
  [[nodiscard]] std::variant<token_columns, group_failure> tokenize(const scan_input& input);

  /// Nothing more is to be had.
  [[nodiscard]] bool gave_up() const;

private:
  struct member {
    std::unique_ptr<token_service> service;
    uint64_t asked = 0; ///< documents it has now
    bool lost = false;
  };

  [[nodiscard]] member* take_least_busy();
  void give_back(member& taken, const std::string* lost_by);

  told_function told_;
  mutable std::mutex mutex_;
  std::vector<member> members_;
};

} // namespace texlex::cli

// One texlexd or several that do the same work: documents go to the one with the least to do, and from one that was
// lost to the others. Who was lost is looked for again, and used once it is back.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "clients/cli/token_service.hpp"
#include "runtime/time.hpp"

namespace texlex::cli {

/// Why there are no tokens of a document.
struct group_failure {
  std::string sentence;
  bool none_left = false; ///< every server was lost; else it is a matter of the document
  /// Of those who had the same sentence together one tells it, and how many others there are.
  bool is_told_with_another = false;
  size_t told_with_it = 0;
};

class service_group {
public:
  using answer = std::variant<token_columns, group_failure>;
  /// Told what became of a server while others are used, or it is waited for. Called by any thread, one call at a time.
  using told_function = std::function<void(const std::string&)>;

  /// `wait`: how long servers are waited for once none is left; nothing: they are not looked for again.
  service_group(std::optional<std::chrono::milliseconds> wait, told_function told)
    : wait_(wait), told_(std::move(told)) {}
  ~service_group();

  /// Before work begins. `is_there`: whether it can be asked; else it is looked for like one that was lost.
  void add(std::unique_ptr<token_service> service, bool is_there = true);

  /// How many of them there are now.
  [[nodiscard]] size_t size() const;
  /// How many documents are worth being asked about together.
  [[nodiscard]] uint32_t batch_documents_max() const;

  /// Of each document what a scan would give. Any thread may call it.
  [[nodiscard]] std::vector<answer> tokenize(std::span<const scan_input> documents);

  /// Nothing more is to be had.
  [[nodiscard]] bool gave_up() const;

private:
  enum class state : uint8_t { there, lost, wrong };
  struct member {
    std::unique_ptr<token_service> service;
    state is = state::there;
    uint64_t asked = 0;          ///< documents it has now
    uint32_t looks = 0;          ///< for it since it was lost
    instant look_at = instant{}; ///< the next one
  };
  class round;

  [[nodiscard]] member* take_least_busy(size_t documents);
  [[nodiscard]] std::string why_lost() const;
  void give_back(member& taken, size_t documents, const service_failure* lost_by);
  [[nodiscard]] bool is_any(state wanted) const noexcept;
  void lose(member& lost, const service_failure& why);

  void look_for_lost(const std::stop_token& stop);
  [[nodiscard]] member* next_to_look_for() noexcept;
  void look_for(member& lost, std::unique_lock<std::mutex>& lock);

  std::optional<std::chrono::milliseconds> wait_;
  told_function told_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<member>> members_;
  bool gave_up_ = false;
  std::string lost_by_ = "there is no texlexd left to ask"; ///< what the last one was
  std::jthread lookout_;                                    ///< begun once one is lost
};

} // namespace texlex::cli

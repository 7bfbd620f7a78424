// The certificates that hold now. They are replaced while connections are made, by those who have new files; a file
// that cannot be used leaves all as it is.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "actors/cluster/tls_context.hpp"

namespace texlex {

class tls_store {
public:
  /// Reads nothing yet: the first `reload` does.
  explicit tls_store(tls_files files) : files_(std::move(files)) {}

  /// Reads the files again. From now on new connections use them; or what is wrong with them. From any thread.
  [[nodiscard]] std::optional<std::string> reload();

  /// What to do, each few seconds, so that replaced files are noticed.
  struct look {
    bool replaced = false;
    std::optional<std::string> error; ///< once a change, not each time
  };
  /// Reloads if one of the files is another one than at the last attempt, or has been written since. From any thread.
  [[nodiscard]] look reload_if_changed();

  /// Null before the first `reload` that succeeded.
  [[nodiscard]] std::shared_ptr<const tls_context> current() const;

private:
  /// What differs once a file has been written, moved over, or reached by a link that leads elsewhere now.
  struct file_state {
    uint64_t device = 0, inode = 0;
    int64_t bytes = -1, written_s = 0, written_ns = 0, changed_s = 0, changed_ns = 0;
    friend bool operator==(const file_state&, const file_state&) = default;
  };
  using state_of_files = std::array<file_state, 3>;

  [[nodiscard]] static file_state state_of(const std::string& path) noexcept;
  [[nodiscard]] state_of_files state_now() const noexcept;
  [[nodiscard]] std::optional<std::string> load();

  const tls_files files_;
  std::mutex loading_; ///< one at a time, held while files are read
  state_of_files seen_{};
  mutable std::mutex mutex_;
  std::shared_ptr<const tls_context> current_;
};

} // namespace texlex

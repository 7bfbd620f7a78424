#include "actors/cluster/tls_store.hpp"

#include <sys/stat.h>

namespace texlex {

std::optional<std::string> tls_store::reload() {
  const std::lock_guard one_at_a_time{loading_};
  return load();
}

tls_store::look tls_store::reload_if_changed() {
  const std::lock_guard one_at_a_time{loading_};
  if (state_now() == seen_) return {};
  auto error = load();
  const bool replaced = !error.has_value();
  return {.replaced = replaced, .error = std::move(error)};
}

std::shared_ptr<const tls_context> tls_store::current() const {
  const std::lock_guard guard{mutex_};
  return current_;
}

// What is written while it is read is seen as another file the next time.
std::optional<std::string> tls_store::load() {
  seen_ = state_now();
  auto loaded = tls_context::load(files_);
  if (auto* const error = std::get_if<std::string>(&loaded)) return std::move(*error);
  const std::lock_guard guard{mutex_};
  current_ = std::move(std::get<std::shared_ptr<const tls_context>>(loaded));
  return std::nullopt;
}

tls_store::state_of_files tls_store::state_now() const noexcept {
  return {state_of(files_.certificate), state_of(files_.key), state_of(files_.ca)};
}

tls_store::file_state tls_store::state_of(const std::string& path) noexcept {
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) return {};
  return {.device = there.st_dev,
          .inode = there.st_ino,
          .bytes = there.st_size,
          .written_s = there.st_mtim.tv_sec,
          .written_ns = there.st_mtim.tv_nsec,
          .changed_s = there.st_ctim.tv_sec,
          .changed_ns = there.st_ctim.tv_nsec};
}

} // namespace texlex

// Memory that another process may map too: an anonymous file whose size is sealed, so that nobody who has it mapped can
// be ended by its shrinking, and which only its maker may write, or both may. Linux only; elsewhere it cannot be made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "runtime/socket.hpp"

namespace texlex {

#ifdef __linux__
inline constexpr bool shared_memory_supported = true;
#else
inline constexpr bool shared_memory_supported = false;
#endif

/// The maker's side: written here, read elsewhere.
class shared_memory {
public:
  /// At least so many bytes, all zero. Throws std::bad_alloc if the system has no memory or no file left.
  explicit shared_memory(size_t bytes);
  ~shared_memory();
  shared_memory(const shared_memory&) = delete;
  shared_memory& operator=(const shared_memory&) = delete;

  [[nodiscard]] uint8_t* data() noexcept { return data_; }
  [[nodiscard]] const uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] size_t bytes() const noexcept { return bytes_; }
  /// What to pass to a process that is to map it.
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// No other memory made by this process ever has it.
  [[nodiscard]] uint64_t number() const noexcept { return number_; }

private:
  owned_fd fd_;
  uint8_t* data_ = nullptr;
  size_t bytes_;
  uint64_t number_;
};

/// The reader's side.
class shared_view {
public:
  shared_view(shared_view&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  shared_view& operator=(shared_view&& other) noexcept;
  ~shared_view();

  /// Maps what was passed, as long as it says it is; nothing if it is shorter, its size is not sealed, or the system
  /// refuses. The descriptor is not needed afterwards.
  [[nodiscard]] static std::optional<shared_view> map(const owned_fd& passed, size_t bytes) noexcept;

  /// Maps what a stranger has passed: nothing unless it is a file in memory that has so many bytes, all of them
  /// written, and that nobody can shrink, grow or write any more. So it stays as it is, reading it never fails, and no
  /// page of it comes to be on the reader's account. The descriptor is not needed afterwards. Throws std::bad_alloc if
  /// there is no room to map it.
  [[nodiscard]] static std::optional<shared_view> map_unchanging(const owned_fd& passed, size_t bytes);

  [[nodiscard]] std::span<const uint8_t> bytes() const noexcept { return bytes_; }

private:
  explicit shared_view(std::span<const uint8_t> bytes) noexcept : bytes_(bytes) {}

  std::span<const uint8_t> bytes_; ///< empty once moved from
};

/// Memory that its maker and another process both write, as large as it is made: for what a process is to tell, or to
/// make, at any time. Whoever it is passed to can spoil what lies there, and nothing else.
class common_memory {
public:
  /// At least so many bytes, all zero. Throws std::bad_alloc as `shared_memory` does.
  explicit common_memory(size_t bytes);
  ~common_memory();
  common_memory(common_memory&& other) noexcept
    : fd_(std::move(other.fd_)), data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_),
      number_(other.number_) {}
  common_memory& operator=(common_memory&&) = delete;

  /// Maps what was passed, as long as it says it is; nothing if it is shorter, its size is not sealed, or the system
  /// refuses. The descriptor is not needed afterwards.
  [[nodiscard]] static std::optional<common_memory> map(const owned_fd& passed, size_t bytes) noexcept;

  [[nodiscard]] uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] size_t bytes() const noexcept { return bytes_; }
  /// What to pass. Once it was passed for good it need be no file of this process any more.
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  void passed() noexcept { fd_.close(); }
  /// No other memory made by this process ever has it; 0 if another one made it.
  [[nodiscard]] uint64_t number() const noexcept { return number_; }

private:
  common_memory(uint8_t* data, size_t bytes) noexcept : data_(data), bytes_(bytes) {}

  owned_fd fd_;
  uint8_t* data_ = nullptr;
  size_t bytes_;
  uint64_t number_ = 0;
};

} // namespace texlex

// Documents out of files or standard input.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sys/types.h>

namespace texlex::cli {

/// Leaves what is about to be read over as it is: clearing it took a tenth of the time of a large document.
template <class T>
struct uninitialized_allocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = uninitialized_allocator<U>;
  };
  template <class U>
  void construct(U* place) noexcept {
    ::new (static_cast<void*>(place)) U;
  }
  template <class U, class... Args>
  void construct(U* place, Args&&... args) {
    ::new (static_cast<void*>(place)) U(std::forward<Args>(args)...);
  }
};

struct input {
  std::vector<uint8_t, uninitialized_allocator<uint8_t>> bytes;
  std::string error; ///< a sentence that names the file; empty if it was read
};

/// The sentence for a file that cannot be read, or of which something cannot be.
[[nodiscard]] std::string cannot_read(const std::string& path, const std::string& why);

/// A file, or standard input for `-`, that is open.
class input_file {
public:
  /// Opens it; the sentence to show if that failed.
  [[nodiscard]] static std::variant<input_file, std::string> open(const std::string& path);

  input_file(input_file&& other) noexcept;
  input_file& operator=(input_file&&) = delete;
  ~input_file();

  /// Waits for bytes and reads some: how many, 0 at the end, -1 where `errno` says why not.
  [[nodiscard]] ssize_t read(std::span<uint8_t> into) const;

  /// Fills `into` unless the end comes first; how many, or -1.
  [[nodiscard]] ssize_t read_all(std::span<uint8_t> into) const;

  /// What it has, as far as the system tells; 0 if it does not.
  [[nodiscard]] uint64_t size() const noexcept;

private:
  explicit input_file(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_;
};

/// Reads what is left of a file behind `beginning`, which was read of it. At most 4 GiB - 1 bytes in all, as token
/// offsets have 32 bits. `read_bytes`, if any, counts what is read for others to see.
[[nodiscard]] input read_rest(const input_file& file, const std::string& path, std::span<const uint8_t> beginning,
                              std::atomic<uint64_t>* read_bytes = nullptr);

/// Reads a file, or standard input for `-`, whole.
[[nodiscard]] input read_input(const std::string& path);

} // namespace texlex::cli

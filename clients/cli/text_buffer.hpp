// Text that is put together in memory before it is written: characters are stored through a pointer, with one look at
// the room a row.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace texlex::cli {

class text_buffer {
public:
  text_buffer() = default;
  text_buffer(text_buffer&& other) noexcept
    : text_(std::move(other.text_)), size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}
  text_buffer& operator=(text_buffer&& other) noexcept {
    text_ = std::move(other.text_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  /// Room for so many bytes behind what is there. Whoever writes to it tells by `end_at` how far he came.
  [[nodiscard]] char* room_for(size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
    return text_.get() + size_;
  }
  void end_at(const char* end) noexcept { size_ = static_cast<size_t>(end - text_.get()); }

  void append(std::string_view text) {
    char* const to = room_for(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    size_ += text.size();
  }

  /// Keeps its memory.
  void clear() noexcept { size_ = 0; }

  [[nodiscard]] char* data() noexcept { return text_.get(); }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.get(), size_}; }
  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] size_t capacity() const noexcept { return capacity_; }

private:
  void grow(size_t bytes) {
    const size_t capacity = std::max(2 * capacity_, size_ + bytes);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), text_.get(), size_);
    text_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> text_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

} // namespace texlex::cli

// A column of tokens where it lies: for texlex.hpp and client.hpp, which include it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace texlex {
inline namespace abi_1 { // apart from whatever else is in a program by these names

/// A column of the library's: valid as long as what it came from. Converts to std::span<const Entry>, as any range in
/// one piece does.
template <class Entry>
class column_view {
public:
  using value_type = Entry;

  constexpr column_view() noexcept = default;
  /// Without entries if `first` is null.
  constexpr column_view(const Entry* first, std::size_t count) noexcept
    : first_(first), count_(first == nullptr ? 0 : count) {}

  [[nodiscard]] constexpr const Entry* data() const noexcept { return first_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] constexpr const Entry* begin() const noexcept { return first_; }
  [[nodiscard]] constexpr const Entry* end() const noexcept { return first_ + count_; }
  [[nodiscard]] constexpr const Entry& operator[](std::size_t index) const noexcept { return first_[index]; }

private:
  const Entry* first_ = nullptr;
  std::size_t count_ = 0;
};

namespace detail {
/// A name out of a column of them: `offsets` has one more than there are tokens, or is null.
[[nodiscard]] inline std::string_view name_at(const std::uint32_t* offsets, const char* bytes, std::size_t index,
                                              std::size_t count) noexcept {
  if (offsets == nullptr || index >= count) return {};
  return {bytes + offsets[index], offsets[index + 1] - offsets[index]};
}
} // namespace detail

} // namespace abi_1
} // namespace texlex

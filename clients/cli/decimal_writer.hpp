// Decimal numbers that mostly grow by a little from row to row, as offsets, lines and columns do: the digits but the
// last two are kept from one to the next.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace texlex::cli {

class decimal_writer {
public:
  /// A number has at most so many digits, and `write` may touch so many bytes.
  static constexpr size_t room = 24;

  /// Writes a number and says where it ends.
  char* write(char* to, uint64_t value) noexcept {
    if (value - hundreds_ >= 100) keep_hundreds(value);
    std::memcpy(to, kept_.data(), kept_.size());
    to += kept_digits_;
    const auto rest = static_cast<size_t>(value - hundreds_);
    if (kept_digits_ == 0 && rest < 10) {
      *to = static_cast<char>('0' + rest);
      return to + 1;
    }
    std::memcpy(to, &two_digits[2 * rest], 2);
    return to + 2;
  }

private:
  static constexpr auto two_digits = [] {
    std::array<char, 200> digits{};
    for (size_t i = 0; i < digits.size(); ++i) digits[i] = static_cast<char>('0' + (i % 2 == 0 ? i / 20 : i / 2 % 10));
    return digits;
  }();

  void keep_hundreds(uint64_t value) noexcept {
    hundreds_ = value - value % 100;
    kept_digits_ = 0;
    if (hundreds_ == 0) return;
    const auto written = std::to_chars(kept_.data(), kept_.data() + kept_.size(), value / 100);
    kept_digits_ = static_cast<size_t>(written.ptr - kept_.data());
  }

  uint64_t hundreds_ = 0;
  size_t kept_digits_ = 0;
  std::array<char, room - 4> kept_{};
};

} // namespace texlex::cli

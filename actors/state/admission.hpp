// How much the server takes on in all, over every connection: requests and bytes of their documents. Whoever is
// admitted holds a place and gives it back by letting go of it, so that no way a request may end can leak one. What
// finds no place is answered `overload` from its header and costs no memory. Not thread-safe: the I/O thread's own.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace texlex {

class admission {
public:
  /// Room for one request, held until it has its outcome. Must not outlive the admission it came from.
  class place {
  public:
    place() = default;
    place(place&& other) noexcept : from_(std::exchange(other.from_, nullptr)), bytes_(other.bytes_) {}
    place& operator=(place&& other) noexcept {
      if (this != &other) {
        give_back();
        from_ = std::exchange(other.from_, nullptr);
        bytes_ = other.bytes_;
      }
      return *this;
    }
    ~place() { give_back(); }

    void give_back() noexcept;
    [[nodiscard]] bool held() const noexcept { return from_ != nullptr; }

  private:
    friend class admission;
    place(admission* from, uint64_t bytes) noexcept : from_(from), bytes_(bytes) {}

    admission* from_ = nullptr;
    uint64_t bytes_ = 0;
  };

  admission(uint32_t requests_max, uint64_t bytes_max) noexcept;
  ~admission();
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// A place for a request with a document of `bytes`; nothing if that would exceed a limit.
  [[nodiscard]] std::optional<place> admit(uint64_t bytes) noexcept;

  [[nodiscard]] uint32_t requests_in_flight() const noexcept { return requests_; }
  [[nodiscard]] uint64_t bytes_in_flight() const noexcept { return bytes_; }

private:
  uint32_t requests_max_;
  uint64_t bytes_max_;
  uint32_t requests_ = 0;
  uint64_t bytes_ = 0;
};

} // namespace texlex

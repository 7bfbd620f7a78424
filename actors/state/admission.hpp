// How much the server takes on in all, over every connection: requests, and bytes of their documents as they arrive.
// What is only announced takes none: a client that announces much and sends little costs what it has sent. Whoever is
// admitted holds a place and gives it back by letting go of it, so that no way a request may end can leak one. What
// finds no place is held back or answered `overload` from its header and costs no memory. Not thread-safe: the I/O
// thread's own.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace texlex {

class admission {
public:
  /// Room for one request, held until it has its outcome. Must not outlive the admission it came from.
  class place {
  public:
    place() = default;
    place(place&& other) noexcept
      : from_(std::exchange(other.from_, nullptr)), announced_(other.announced_), arrived_(other.arrived_),
        whole_(other.whole_) {}
    place& operator=(place&& other) noexcept {
      if (this != &other) {
        give_back();
        from_ = std::exchange(other.from_, nullptr);
        announced_ = other.announced_;
        arrived_ = other.arrived_;
        whole_ = other.whole_;
      }
      return *this;
    }
    ~place() { give_back(); }

    void give_back() noexcept;
    [[nodiscard]] bool held() const noexcept { return from_ != nullptr; }

    /// How many bytes may arrive now. All that were announced have: as many as come, they are not counted.
    [[nodiscard]] uint64_t room() const noexcept {
      return arrived_ == announced_ ? std::numeric_limits<uint64_t>::max() : from_->bytes_free();
    }
    /// So many more bytes are there, within `room`.
    void arrived(uint64_t bytes) noexcept;
    /// All are: from now on they will be given back soon.
    void whole() noexcept;

  private:
    friend class admission;
    place(admission* from, uint64_t announced) noexcept : from_(from), announced_(announced) {}

    admission* from_ = nullptr;
    uint64_t announced_ = 0, arrived_ = 0;
    bool whole_ = false;
  };

  admission(uint32_t requests_max, uint64_t bytes_max) noexcept;
  ~admission();
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// A place for a request with a document of `bytes`; nothing if that would exceed a limit. Documents that have not
  /// arrived whole do not stand in its way: theirs may never come.
  [[nodiscard]] std::optional<place> admit(uint64_t bytes) noexcept;

  /// Whether there could be a place for so many bytes once all others are given back.
  [[nodiscard]] bool ever(uint64_t bytes) const noexcept { return requests_max_ > 0 && bytes <= bytes_max_; }

  [[nodiscard]] uint32_t requests_in_flight() const noexcept { return requests_; }
  [[nodiscard]] uint64_t bytes_in_flight() const noexcept { return bytes_; } ///< those that have arrived
  [[nodiscard]] uint64_t bytes_free() const noexcept { return bytes_max_ - bytes_; }

private:
  uint32_t requests_max_;
  uint64_t bytes_max_;
  uint32_t requests_ = 0;
  uint64_t bytes_ = 0;
  uint64_t whole_bytes_ = 0; ///< of documents that have arrived to their end
};

} // namespace texlex

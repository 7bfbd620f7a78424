// How long a lane will take for a document: learned per byte and kind of text, and corrected by what a client's own
// documents took. Bytes alone do not tell: of random ones each costs twenty times as much as of prose. A look at a
// hundred bytes tells most of it, and what it does not tell, or is made not to tell, a client's factor does.
//
//   time = fixed + bytes x rate of the kind x factor of the client
//
// Small documents have rates of their own: what comes with each lane's attempt, whatever its bytes, is in theirs. Not
// learned yet: a kind has the rate of our measurements, scaled by how this machine did at others; a client has the
// factor 1, so what all have shown. No memory is asked for after the constructor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// What a sample of a document's bytes looks like.
enum class text_kind : uint8_t {
  plain,      ///< prose, and whatever nobody has looked at
  dense,      ///< much of it characters with a meaning to TeX, or ends of lines
  wide,       ///< much of it beyond ASCII
  blemished,  ///< a few bytes that are issues: control characters, broken UTF-8
  unreadable, ///< many of those
};

inline constexpr size_t text_kind_count = 5;

[[nodiscard]] text_kind kind_of(std::span<const uint8_t> document) noexcept;

/// What is known of an attempt before it runs.
struct workload {
  uint64_t bytes = 0;
  text_kind kind = text_kind::plain;
  bool derives = false; ///< more than a scan: columns that are not kinds, starts or issues
};

[[nodiscard]] inline workload workload_of(std::span<const uint8_t> document) noexcept {
  return {document.size(), kind_of(document)};
}

struct service_estimate_options {
  uint32_t clients_max = limits::known_clients_max; ///< remembered, a power of two; one more takes another's place
  duration fixed = std::chrono::microseconds{1};
};

class service_estimate {
public:
  explicit service_estimate(const service_estimate_options& options = {});

  [[nodiscard]] duration predict(uint64_t client, const workload& work) const noexcept;

  /// Before its bytes are there: taken to be of the kind that client sent last, or that most of late were.
  [[nodiscard]] duration predict(uint64_t client, uint64_t bytes) const noexcept;

  /// An attempt came to its end by itself and occupied its lane for `took`.
  void learn(uint64_t client, const workload& work, duration took) noexcept;

  void check_invariants() const;

private:
  struct speed {
    double ns_a_byte = 0;
    uint32_t seen = 0; ///< counted up to where it makes no more difference
  };
  struct known_client {
    uint64_t id = no_client;
    float factor = 1;
    text_kind last = text_kind::plain;
  };
  static constexpr uint64_t no_client = UINT64_MAX;

  [[nodiscard]] static size_t index_of(const workload& work) noexcept;
  [[nodiscard]] static double measured_ns(const workload& work) noexcept;
  [[nodiscard]] double usual_ns(const workload& work) const noexcept;
  [[nodiscard]] const known_client* find(uint64_t client) const noexcept;
  [[nodiscard]] known_client& place_of(uint64_t client) noexcept;

  double fixed_ns_;
  std::array<std::array<speed, 4>, text_kind_count> speeds_; ///< of small documents, of others, and of both deriving
  double machine_ = 1;                                       ///< its rates over those of our measurements
  uint32_t seen_ = 0;
  text_kind usual_kind_ = text_kind::plain;
  uint32_t usual_kind_for_ = 0; ///< votes it is ahead by
  std::vector<known_client> clients_;
};

} // namespace texlex

#include "actors/state/service_estimate.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

// A byte of each kind on an AVX2 machine, docs/performance.md. Only their relation matters, and only until there is
// something learned.
constexpr std::array<double, text_kind_count> measured_ns_a_byte{0.3, 1.0, 1.0, 4.0, 17.0};

constexpr double derived_ns_a_byte = 20; // on top of that, whatever the text

constexpr size_t windows = 4, window_bytes = 32, sample_bytes = windows * window_bytes;
constexpr uint64_t small_bytes_max = 16u << 10;
constexpr uint32_t seen_max = 16;         // an average over about as many
constexpr double surprise_max = 3;        // stalls must not pass for a slow machine, were they one attempt in four
constexpr double factor_max = 64;         // of a client, and one over it at the least
constexpr double told_by_bytes_ns = 2000; // beyond the fixed part; below it the clock and wake-ups tell more than bytes

using byte_vector = uint8_t __attribute__((vector_size(16))); // a comparison gives 255 where it holds

byte_vector load(const uint8_t* from) noexcept {
  byte_vector out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

byte_vector within(byte_vector bytes, uint8_t first, uint8_t last) noexcept {
  const auto width = static_cast<uint8_t>(last - first);
  return byte_vector(bytes - first <= width);
}

// The bytes' sum, by a product whose highest byte it is: they are small enough that two halves add up without carry.
uint32_t count(byte_vector small) noexcept {
  uint64_t halves[2];
  std::memcpy(halves, &small, sizeof halves);
  return static_cast<uint32_t>((halves[0] + halves[1]) * 0x0101'0101'0101'0101ull >> 56);
}
static_assert(sample_bytes < 256);

struct tally {
  byte_vector issues{}, wide{}, dense{};

  // Without branches: bytes of hostile documents are not to be guessed. What lies between two of TeX's characters may
  // count as one of them.
  void look_at(const uint8_t* window) noexcept { // and at the byte before it
    for (size_t i = 0; i < window_bytes; i += sizeof(byte_vector)) {
      const byte_vector before = load(window + i - 1), byte = load(window + i);
      const byte_vector goes_on = within(byte, 0x80, 0xBF);
      const byte_vector broken = (within(before, 0xC0, 0xFF) & ~goes_on) | (within(before, 0, 0x7F) & goes_on);
      const byte_vector control = within(byte, 0, 0x08) | within(byte, 0x0E, 0x1F) | within(byte, 0x7F, 0x7F);
      issues -= broken | control | within(byte, 0xF8, 0xFF);
      wide -= within(byte, 0x80, 0xFF);
      dense -= within(byte, '#', '&') | within(byte, '\\', '_') | within(byte, '{', '~') | within(byte, '\n', '\n');
    }
  }
};

void blend(double& mean, double value, uint32_t seen) noexcept { mean += (value - mean) / std::min(seen, seen_max); }

} // namespace

text_kind kind_of(std::span<const uint8_t> document) noexcept {
  tally seen;
  const size_t bytes = document.size();
  const auto looked_at = static_cast<uint32_t>(std::min(bytes, sample_bytes));
  if (bytes > sample_bytes) {
    const size_t step = (bytes - 1 - window_bytes) / (windows - 1);
    for (size_t w = 0; w < windows; ++w) seen.look_at(document.data() + 1 + w * step);
  } else { // blanks around it, which count for nothing
    std::array<uint8_t, 1 + sample_bytes> whole;
    whole.fill(' ');
    std::copy(document.begin(), document.end(), whole.begin() + 1);
    for (size_t w = 0; w < windows; ++w) seen.look_at(whole.data() + 1 + w * window_bytes);
  }
  if (looked_at == 0) return text_kind::plain;
  const uint32_t issues = count(seen.issues);
  if (issues * 8 >= looked_at) return text_kind::unreadable;
  if (issues * 64 >= looked_at) return text_kind::blemished;
  if (count(seen.wide) * 4 >= looked_at) return text_kind::wide;
  return count(seen.dense) * 5 >= looked_at ? text_kind::dense : text_kind::plain;
}

service_estimate::service_estimate(const service_estimate_options& options)
  : fixed_ns_(static_cast<double>(options.fixed.count())), clients_(options.clients_max) {
  require(std::has_single_bit(options.clients_max), "places of clients are found by a mask");
  for (size_t k = 0; k < text_kind_count; ++k)
    for (const bool derives : {false, true})
      for (const uint64_t bytes : {small_bytes_max, small_bytes_max + 1}) {
        const workload work{bytes, static_cast<text_kind>(k), derives};
        speeds_[k][index_of(work)].ns_a_byte = measured_ns(work);
      }
}

size_t service_estimate::index_of(const workload& work) noexcept {
  return (work.bytes > small_bytes_max ? 1 : 0) + (work.derives ? 2 : 0);
}

double service_estimate::measured_ns(const workload& work) noexcept {
  return measured_ns_a_byte[static_cast<size_t>(work.kind)] + (work.derives ? derived_ns_a_byte : 0);
}

double service_estimate::usual_ns(const workload& work) const noexcept {
  const speed& known = speeds_[static_cast<size_t>(work.kind)][index_of(work)];
  return static_cast<double>(work.bytes) * known.ns_a_byte * (known.seen > 0 ? 1 : machine_);
}

duration service_estimate::predict(uint64_t client, const workload& work) const noexcept {
  const known_client* const known = find(client);
  return duration{static_cast<duration::rep>(fixed_ns_ + usual_ns(work) * (known != nullptr ? known->factor : 1))};
}

duration service_estimate::predict(uint64_t client, uint64_t bytes) const noexcept {
  const known_client* const known = find(client);
  return predict(client, workload{bytes, known != nullptr ? known->last : usual_kind_});
}

void service_estimate::learn(uint64_t client, const workload& work, duration took) noexcept {
  if (work.bytes == 0) return;
  if (usual_kind_ == work.kind)
    usual_kind_for_ = std::min(usual_kind_for_ + 1, seen_max);
  else if (usual_kind_for_ == 0)
    usual_kind_ = work.kind;
  else
    --usual_kind_for_;

  known_client& known = place_of(client);
  known.last = work.kind;
  const double beyond_fixed = std::max(static_cast<double>(took.count()) - fixed_ns_, 1.0);
  const double usual = std::max(usual_ns(work), 1.0);
  if (beyond_fixed < told_by_bytes_ns && usual < told_by_bytes_ns) return; // so little tells nothing of a rate

  speed& of_kind = speeds_[static_cast<size_t>(work.kind)][index_of(work)];
  const bool news = of_kind.seen == 0; // nothing is known that it could contradict
  const double as_usual = std::clamp(beyond_fixed / usual, 1 / surprise_max, news ? 1e6 : surprise_max);
  const double per_byte = usual * as_usual / static_cast<double>(work.bytes);
  if (of_kind.seen < seen_max) ++of_kind.seen;
  // A client that is known to be unlike others is not what the kind is like.
  const bool like_others = known.factor < 2 && known.factor > 0.5F;
  if (news || like_others) blend(of_kind.ns_a_byte, per_byte, of_kind.seen);
  if (seen_ < seen_max) ++seen_;
  blend(machine_, per_byte / measured_ns(work), seen_);

  // A client's factor goes up at once and down slowly: to be taken for quick is what one would cheat for.
  const double own = std::clamp(beyond_fixed / usual, 1 / surprise_max, surprise_max * known.factor);
  const double weight = own > known.factor ? 0.5 : 1.0 / 8;
  known.factor =
    static_cast<float>(std::clamp(known.factor + (own - known.factor) * weight, 1 / factor_max, factor_max));
}

const service_estimate::known_client* service_estimate::find(uint64_t client) const noexcept {
  const known_client& place = clients_[client & (clients_.size() - 1)];
  return place.id == client ? &place : nullptr;
}

service_estimate::known_client& service_estimate::place_of(uint64_t client) noexcept {
  known_client& place = clients_[client & (clients_.size() - 1)];
  if (place.id != client) place = {.id = client};
  return place;
}

void service_estimate::check_invariants() const {
  for (const auto& of_kind : speeds_)
    for (const speed& each : of_kind)
      require(each.ns_a_byte > 0 && std::isfinite(each.ns_a_byte), "a byte takes its time");
  require(machine_ > 0 && std::isfinite(machine_), "a machine has a speed");
}

} // namespace texlex

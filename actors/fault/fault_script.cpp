#include "actors/fault/fault_script.hpp"

#include <random>
#include <stdexcept>

namespace texlex::fault {

fault_rule by_seed(uint64_t seed, const fault_rates& rates) {
  if (uint64_t{rates.drop} + rates.duplicate + rates.hold + rates.kill + rates.delay > 1000)
    throw std::invalid_argument{"fault rates are thousandths of all messages, and add up to more"};
  return [seed, rates](size_t nth, const caf::message&) -> verdict {
    std::seed_seq both{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32), static_cast<uint32_t>(nth)};
    std::mt19937 chance{both};
    auto drawn = static_cast<uint32_t>(chance() % 1000);
    const auto falls = [&drawn](uint32_t rate) {
      if (drawn < rate) return true;
      drawn -= rate;
      return false;
    };
    if (falls(rates.drop)) return {verdict::drop};
    if (falls(rates.duplicate)) return {verdict::duplicate};
    if (falls(rates.hold)) return {verdict::hold};
    if (falls(rates.kill)) return {verdict::kill};
    if (!falls(rates.delay)) return {};
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(rates.delay_max).count();
    return {verdict::delay, std::chrono::microseconds{static_cast<int64_t>(chance()) % (us + 1)}};
  };
}

fault_rule by_script(std::vector<verdict> script) {
  return [script = std::move(script)](size_t nth, const caf::message&) {
    return nth < script.size() ? script[nth] : verdict{};
  };
}

fault_rule kill_at(size_t nth) {
  return [nth](size_t which, const caf::message&) { return which == nth ? verdict{verdict::kill} : verdict{}; };
}

} // namespace texlex::fault

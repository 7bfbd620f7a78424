#include "clients/cli/bench/run_summary.hpp"

namespace texlex::load {
namespace {

constexpr double bytes_per_megabyte = 1e6;

template <class Belongs>
slice slice_of(std::string name, const load_result& result, Belongs belongs) {
  slice part{std::move(name), 0, 0, 0, latency_samples{{}}};
  std::vector<uint32_t> latencies_us;
  for (const load_sample& sample : result.samples) {
    if (!belongs(sample)) continue;
    ++part.requests;
    part.ok += sample.ending == ending::ok;
    part.hedged += sample.ending == ending::ok && sample.origin == origin::hedge;
    if (has_latency(sample.ending)) latencies_us.push_back(sample.latency_us);
  }
  part.latency = latency_samples{std::move(latencies_us)};
  return part;
}

latency_samples refusals_of(const load_result& result) {
  std::vector<uint32_t> latencies_us;
  for (const load_sample& sample : result.samples)
    if (is_refusal(sample.ending)) latencies_us.push_back(sample.latency_us);
  return latency_samples{std::move(latencies_us)};
}

latency_samples lateness_of(const load_result& result) {
  std::vector<uint32_t> lateness_us;
  for (const load_sample& sample : result.samples)
    if (sample.lateness_us != never_sent) lateness_us.push_back(sample.lateness_us);
  return latency_samples{std::move(lateness_us)};
}

uint64_t bytes_answered(const load_plan& plan, const load_result& result) {
  uint64_t bytes = 0;
  for (const load_sample& sample : result.samples)
    if (sample.ending == ending::ok) bytes += plan.documents[sample.document].bytes.size();
  return bytes;
}

} // namespace

double slice::hedged_share() const noexcept {
  return ok == 0 ? 0 : static_cast<double>(hedged) / static_cast<double>(ok);
}

run_summary summarize(const load_plan& plan, const load_result& result) {
  run_summary summary{
    slice_of("all", result, [](const load_sample&) { return true; }), {}, {}, refusals_of(result), lateness_of(result)};
  for (size_t i = 0; plan.documents.size() > 1 && i < plan.documents.size(); ++i)
    summary.documents.push_back(
      slice_of(plan.documents[i].name, result, [i](const load_sample& sample) { return sample.document == i; }));
  // A request that no connection took has no target.
  for (size_t i = 0; plan.targets.size() > 1 && i < plan.targets.size(); ++i)
    summary.targets.push_back(slice_of(plan.targets[i].address, result, [i](const load_sample& sample) {
      return sample.target == i && sample.lateness_us != never_sent;
    }));
  summary.seconds = std::chrono::duration<double>(result.elapsed).count();
  if (summary.seconds <= 0) return summary;
  summary.requests_per_second = static_cast<double>(summary.all.ok) / summary.seconds;
  summary.megabytes_per_second =
    static_cast<double>(bytes_answered(plan, result)) / bytes_per_megabyte / summary.seconds;
  return summary;
}

} // namespace texlex::load

#include "test/simulation/growth.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/invariant.hpp"
#include "test/simulation/growth_node.hpp"

namespace texlex::simulation {
namespace {

using namespace std::chrono_literals;

constexpr duration joining = 1s, warming_up = 1s; ///< until what is measured begins
constexpr duration answer_time = 5us;             ///< until a client that waited has sent the next

enum class sending : uint8_t { nobody, at_once, at_a_rate };

double seconds(duration length) { return std::chrono::duration<double>{length}.count(); }

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

class growth {
public:
  explicit growth(const growth_options& options) : options_(options), world_(options) {
    for (uint32_t number = 0; number < options.nodes; ++number)
      world_.nodes.push_back(std::make_unique<growth_node>(world_, number));
    for (const auto& node : world_.nodes) {
      node->on_answer = [this](job_id job, const outcome& result, duration took) { answered(job, result, took); };
      node->start();
    }
    const uint32_t loaded = options.load == growth_load::one_node   ? 1
                            : options.load == growth_load::hot_half ? (options.nodes + 1) / 2
                                                                    : options.nodes;
    for (uint32_t i = 0; i < options.clients * options.nodes; ++i) clients_.push_back(i % loaded);
  }

  growth_figures run() {
    run_for(joining);
    measure_idle();
    measure_peak();
    measure_half();
    const auto count = [this](status how) { return endings_[static_cast<size_t>(how)]; };
    figures_.ok = count(status::ok);
    figures_.refused = count(status::overload);
    figures_.otherwise =
      std::accumulate(endings_.begin(), endings_.end(), uint64_t{0}) - figures_.ok - figures_.refused;
    figures_.jobs = jobs_;
    figures_.copies = copies();
    figures_.returned = world_.returned;
    figures_.copies_max = options_.nodes * hedge_budget_options{}.burst
                          + (figures_.ok + lent_ok()) * hedge_budget_options{}.share_permille / 1000;
    figures_.returned_max =
      options_.nodes * (lending_options{}.burst + static_cast<uint64_t>(figures_.peers) * attempts_max_of(options_))
      + figures_.ok * lending_options{}.success_permille / 1000;
    figures_.suspicions = world_.suspicions;
    figures_.losses = world_.losses;
    return figures_;
  }

private:
  void run_for(duration length) {
    const instant end = world_.time.now() + length;
    world_.time.at(end, [] {});
    while (world_.time.now() < end) world_.time.step();
    for (const auto& node : world_.nodes) node->broker().check_invariants();
  }

  void forget_counts() {
    for (const auto& node : world_.nodes) node->counts = {};
  }
  [[nodiscard]] growth_counts all_counts() const {
    growth_counts all;
    for (const auto& node : world_.nodes) {
      all.attempts += node->counts.attempts;
      all.lent += node->counts.lent;
      all.beats += node->counts.beats;
      all.control_bytes += node->counts.control_bytes;
    }
    return all;
  }
  [[nodiscard]] double a_node_and_second(uint64_t count) const {
    return static_cast<double>(count) / options_.nodes / seconds(options_.length);
  }
  [[nodiscard]] uint64_t copies() const {
    uint64_t sum = 0;
    for (const auto& node : world_.nodes) sum += node->broker().hedges().fired;
    return sum;
  }
  /// Jobs of others that nodes answered ok: their dispatchers earn copies by them too.
  [[nodiscard]] uint64_t lent_ok() const {
    uint64_t sum = 0;
    for (const auto& node : world_.nodes) sum += node->lent_ok();
    return sum;
  }

  void measure_idle() {
    forget_counts();
    run_for(options_.length);
    const growth_counts all = all_counts();
    figures_.idle_beats = a_node_and_second(all.beats);
    figures_.idle_control_bytes = a_node_and_second(all.control_bytes);
    uint64_t peers = 0;
    for (const auto& node : world_.nodes) peers += node->peers();
    figures_.peers = static_cast<double>(peers) / options_.nodes;
  }

  void measure_peak() {
    sending_ = sending::at_once;
    for (uint64_t number = 0; number < clients_.size(); ++number) send(number);
    run_for(warming_up);
    forget_counts();
    const uint64_t ok = ok_now(), bytes = ok_bytes_, copied = copies(), returned = world_.returned;
    run_for(options_.length);
    const growth_counts all = all_counts();
    const uint64_t answers = ok_now() - ok;
    figures_.answers_per_s = static_cast<double>(answers) / seconds(options_.length);
    figures_.bytes_per_s = static_cast<double>(ok_bytes_ - bytes) / seconds(options_.length);
    figures_.lent_share = share(all.lent, all.attempts);
    figures_.copied_share = share(copies() - copied, answers);
    figures_.returned_share = share(world_.returned - returned, answers);
    figures_.beats = a_node_and_second(all.beats);
    figures_.control_bytes = a_node_and_second(all.control_bytes);
    uint64_t most = 0;
    for (const auto& node : world_.nodes) most = std::max(most, node->counts.control_bytes);
    figures_.busiest_control_bytes = static_cast<double>(most) / seconds(options_.length);
    rest();
  }

  void measure_half() {
    sending_ = sending::at_a_rate;
    per_s_ = figures_.answers_per_s / 2;
    send_at_rate();
    run_for(warming_up / 2);
    took_.clear();
    forget_counts();
    run_for(options_.length);
    const growth_counts all = all_counts();
    figures_.half_lent_share = share(all.lent, all.attempts);
    rest();
    figures_.p50 = took(500);
    figures_.p99 = took(990);
  }

  /// Until all that was sent is answered.
  void rest() {
    sending_ = sending::nobody;
    const instant latest = world_.time.now() + 20s;
    while (!sent_.empty()) {
      require(world_.time.now() < latest, "each job is answered");
      world_.time.step();
    }
    run_for(500ms); // what was copied and lost is stopped
  }

  void send_at_rate() {
    if (sending_ != sending::at_a_rate) return;
    const duration pause = times(world_.chance.exponential() / per_s_, 1s);
    world_.time.after(pause, [this] {
      if (sending_ != sending::at_a_rate) return;
      send(next_client_++ % clients_.size());
      send_at_rate();
    });
  }

  // Lengths differ as in a quarter that all have and what is beyond it, of which there is a little often and much
  // seldom.
  void send(uint64_t number) {
    const double length = 0.25 + 0.75 * world_.chance.exponential();
    const double bytes_asked = length * static_cast<double>(options_.document_bytes);
    const uint64_t bytes = std::clamp<uint64_t>(static_cast<uint64_t>(bytes_asked), 1, 8u << 20);
    const double us = static_cast<double>(bytes) / 1024 * options_.us_per_kib;
    const job_id job{++jobs_};
    world_.service[job.value] = duration{static_cast<duration::rep>(us * 1000)};
    sent_[job.value] = {number, bytes};
    world_.nodes[clients_[number]]->submit(job, 1 + number, document_of(bytes));
  }

  void answered(job_id job, const outcome& result, duration took) {
    const auto found = sent_.find(job.value);
    require(found != sent_.end(), "a job is answered once");
    const auto [number, bytes] = found->second;
    sent_.erase(found);
    ++endings_[static_cast<size_t>(result.status)];
    if (result.status == status::ok) {
      took_.push_back(took);
      ok_bytes_ += bytes;
    }
    if (sending_ != sending::at_once) return;
    const duration pause =
      result.status == status::overload ? std::chrono::milliseconds{std::max(result.token_count, 1u)} : answer_time;
    world_.time.after(pause, [this, number = number] {
      if (sending_ == sending::at_once) send(number);
    });
  }

  [[nodiscard]] uint64_t ok_now() const { return endings_[static_cast<size_t>(status::ok)]; }

  [[nodiscard]] duration took(uint32_t permille) {
    require(!took_.empty(), "something was answered");
    const size_t at = std::min(took_.size() * permille / 1000, took_.size() - 1);
    std::nth_element(took_.begin(), took_.begin() + static_cast<std::ptrdiff_t>(at), took_.end());
    return took_[at];
  }

  growth_options options_;
  growth_world world_;
  growth_figures figures_;
  std::vector<uint32_t> clients_; ///< the node of each
  sending sending_ = sending::nobody;
  double per_s_ = 0;
  uint64_t jobs_ = 0, next_client_ = 0;
  struct sent_job {
    uint64_t client = 0, bytes = 0;
  };
  std::unordered_map<uint64_t, sent_job> sent_; ///< by job
  uint64_t ok_bytes_ = 0;
  std::vector<uint64_t> endings_ = std::vector<uint64_t>(status_count);
  std::vector<duration> took_;
};

} // namespace

const char* name_of(growth_load load) noexcept {
  switch (load) {
    case growth_load::even: return "even";
    case growth_load::hot_half: return "hot-half";
    case growth_load::one_node: return "one-node";
  }
  return "?";
}

uint32_t attempts_max_of(const growth_options& options) noexcept {
  return options.attempts_max > 0 ? options.attempts_max : 4 * options.workers;
}

growth_figures grow(const growth_options& options) { return growth{options}.run(); }

} // namespace texlex::simulation

#include "test/simulation/load.hpp"

#include <algorithm>
#include <utility>

#include "kernels/regimes.hpp"
#include "runtime/invariant.hpp"

namespace texlex::simulation {
namespace {

constexpr std::chrono::microseconds look_every{100}; ///< of an attempt, whether it is still wanted
constexpr std::chrono::microseconds answer_time{5};  ///< until a client that waited has sent the next
constexpr uint64_t check_every = 1000;               ///< events: each time would take longer than all the rest

world_plan plan_for(uint64_t seed, const dispatch_options& options, uint32_t lanes) {
  world_plan made;
  made.seed = seed;
  made.dispatch = options;
  for (uint32_t core = 0; core < lanes; ++core) made.roster.cores.push_back(core);
  made.roster.stuck_max = 0; // no limit
  return made;
}

void holds(const char* wrong) { require(wrong == nullptr, wrong); }

} // namespace

load::load(uint64_t seed, const dispatch_options& options, std::vector<load_stream> streams,
           const load_trouble& trouble, uint32_t lanes)
  : streams_(std::move(streams)), trouble_(trouble),
    plan_(plan_for(seed, options, lanes)), around_{.time = {},
                                                   .faults = {seed, {}, {}},
                                                   .notes = journal{false},
                                                   .chance = dice{seed}},
    house_(around_, plan_), cores_(lanes) {
  house_.pace_of = [this](uint32_t core, const job& work) { return pace_of(core, work); };
  if (trouble_.threads_told)
    house_.signs_of = [this](uint32_t core) { return lane_signs{.times = cores_.at(core).told(around_.time.now())}; };
  house_.on_answer = [this](job_id job, const outcome& result, const column_answer_ptr&) { answered(job, result); };
  staff();
}

void load::staff() {
  house_.start();
  while (house_.broker().lanes().count() < plan_.roster.cores.size()) around_.time.step();
  begun_ = around_.time.now();
}

void load::run(duration length) {
  end_ = around_.time.now() + length;
  for (uint32_t stream = 0; stream < streams_.size(); ++stream) begin(stream);
  while (!around_.time.empty() && (around_.time.now() < end_ || house_.what_is_left())) {
    around_.time.step();
    longest_queue_ = std::max(longest_queue_, house_.broker().waiting().size());
    if (around_.time.happened() % check_every == 0) house_.check_invariants();
  }
  house_.check_invariants();
  for (const sent_job& asked : sent_) holds(asked.answers.ended());
}

void load::begin(uint32_t stream) {
  const load_stream& from = streams_[stream];
  if (from.per_s > 0) return send_at_rate(stream);
  for (uint32_t client = 0; client < from.clients; ++client)
    for (uint32_t ahead = 0; ahead < from.ahead; ++ahead)
      around_.time.after(around_.chance.us(0, 999), [this, stream, client] { send(stream, client); });
}

void load::send_at_rate(uint32_t stream) {
  around_.time.after(times(around_.chance.exponential() / streams_[stream].per_s, std::chrono::seconds{1}),
                     [this, stream] {
                       if (around_.time.now() >= end_) return;
                       send(stream, sent_.size() % streams_[stream].clients);
                       send_at_rate(stream);
                     });
}

void load::send(uint32_t stream, uint64_t client) {
  constexpr uint64_t clients_max = 1'000'000; // of a stream
  if (around_.time.now() >= end_) return;
  const load_stream& from = streams_[stream];
  const auto made = std::make_shared<job>();
  made->id = {sent_.size() + 1};
  made->client = stream * clients_max + client;
  made->document = document_of(from);
  made->regime = find_regime(default_regime_name);
  made->received = around_.time.now();
  around_.documents[made->id.value] = {.key = made->id.value, .bytes = static_cast<uint32_t>(from.bytes)};
  sent_.push_back({around_.time.now(), stream, client});
  house_.submit(made);
}

void load::answered(job_id job, const outcome& result) {
  sent_job& asked = sent_.at(job.value - 1);
  holds(asked.answers.answered());
  const bool lanes_lost = written_off() > 0;
  holds(test::wrong_with(result, {.token_count = tokens_of(job.value, default_regime_name)},
                         {.lanes_lost = lanes_lost, .lost_at_work = lanes_lost}));
  answers_.push_back({asked.when - begun_, around_.time.now() - asked.when, asked.stream, result.status});
  if (streams_[asked.stream].per_s > 0) return;
  const bool refused = result.status == status::overload;
  const duration later = std::chrono::milliseconds{refused ? result.token_count : 0};
  around_.time.after(later + answer_time,
                     [this, stream = asked.stream, client = asked.client] { send(stream, client); });
}

pace load::pace_of(uint32_t core, const job& work) {
  const bool troubled = since_begun() >= trouble_.from && since_begun() < trouble_.to;
  const double factor = (0.8 + 0.2 * around_.chance.exponential()) * (troubled ? trouble_.slow_factor : 1);
  duration need = times(factor, streams_[sent_[work.id.value - 1].stream].service);
  if (core == 0 && around_.chance.between(1, 1'000'000) <= trouble_.stall_ppm) need += trouble_.stall;
  const bool starved = troubled && core < trouble_.starved;
  const duration length = cores_.at(core).work(around_.time.now(), need, starved, around_.chance);
  return {.length = length, .looks = static_cast<uint32_t>(length / look_every) + 1};
}

// All of a kind are cut from one: nobody reads more than a sample.
std::span<const uint8_t> load::document_of(const load_stream& from) {
  std::vector<uint8_t>& text = from.random_bytes ? random_bytes_ : prose_;
  while (text.size() < from.bytes)
    text.push_back(static_cast<uint8_t>(from.random_bytes ? text_chance_.next() & 0xFF : 'a' + text.size() % 23));
  return {text.data(), from.bytes};
}

uint64_t load::count(const choice& chosen) const {
  return static_cast<uint64_t>(std::count_if(answers_.begin(), answers_.end(), chosen));
}

duration load::took(uint32_t permille, const choice& chosen) const {
  std::vector<duration> all;
  for (const load_answer& each : answers_)
    if (chosen(each)) all.push_back(each.took);
  require(all.size() >= 10'000 / (1000 - permille), "ten answers lie above the percentile");
  const auto at = all.begin() + static_cast<ptrdiff_t>(all.size() * permille / 1000);
  std::nth_element(all.begin(), at, all.end());
  return *at;
}

duration load::longest(const choice& chosen) const {
  duration longest{0};
  for (const load_answer& each : answers_)
    if (chosen(each)) longest = std::max(longest, each.took);
  return longest;
}

} // namespace texlex::simulation

#include "test/simulation/growth_node.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/invariant.hpp"

namespace texlex::simulation {
namespace {

using namespace std::chrono_literals;

constexpr duration look_interval = 100ms;     ///< for peers, as the gateway's
constexpr duration stop_look_interval = 50us; ///< of a worker, whether its attempt is still wanted
constexpr uint32_t remote_lanes_from = 1'000'000;
constexpr uint64_t lent_jobs_from = uint64_t{1} << 63; ///< then the loan's number, and the order's
constexpr uint32_t lent_job_bits = 32;
constexpr duration lent_wait_max = 100ms; ///< as lent_lane has it: then it is handed back
constexpr uint64_t giver_clients_from = uint64_t{1} << 40;

std::string address_of(uint32_t node) { return fmt::format("node-{:03}:7700", node); }

job_id lent_id(uint64_t loan, uint64_t number) { return {lent_jobs_from + (loan << lent_job_bits) + number}; }

/// As the service has it by default.
dispatch_options dispatching(uint64_t seed) {
  dispatch_options options;
  options.queue_control.emplace();
  options.hedge = {.enabled = true, .delay = {.learn = true, .floor = 1ms, .ceiling = 10ms}, .budget = {}};
  options.lending.send_time_per_mib = 600us;
  options.seed = seed;
  return options;
}

} // namespace

std::span<const uint8_t> document_of(uint64_t bytes) {
  static const std::vector<uint8_t> text(8u << 20, 'x');
  return std::span{text}.first(bytes);
}

growth_node::growth_node(growth_world& world, uint32_t number)
  : world_(world), number_(number), broker_(dispatching(world.chance.next()), *this), workers_(world.options.workers),
    book_({.seed = world.chance.next()}) {
  self_.id.bytes[0] = static_cast<uint8_t>(number + 1);
  self_.cluster = "texlex";
  self_.name = self_.address = address_of(number);
  self_.capacity = attempts_max_of(world.options);
}

// Nodes do not start at one time.
void growth_node::start() {
  for (uint32_t lane = 1; lane <= workers_.size(); ++lane) broker_.at(world_.time.now()).lane_joined({lane});
  for (uint32_t other = 0; other < world_.nodes.size(); ++other)
    if (other != number_) book_.configure(address_of(other), world_.time.now());
  world_.time.after(world_.chance.us(0, 100'000), [this] { look_for_peers(); });
}

void growth_node::look_for_peers() {
  for (const std::string& address : book_.due(world_.time.now())) {
    const auto there = std::find_if(world_.nodes.begin(), world_.nodes.end(),
                                    [&](const auto& each) { return each->self_.address == address; });
    require(there != world_.nodes.end(), "an address is some node's");
    growth_node& peer = **there;
    say(peer, encode(self_).size(), false, [this, address, &peer] { reached(address, peer); });
  }
  world_.time.after(look_interval, [this] { look_for_peers(); });
}

// What gateways say to each other, and both of them decide.
void growth_node::reached(const std::string& address, growth_node& there) {
  const instant now = world_.time.now();
  const bool full = there.lent_.size() >= world_.options.peers_max;
  const node_refusal why = full ? node_refusal::too_many_peers : refusal_of(self_, there.self_);
  there.say(*this, encode(node_answer{why, there.self_}).size(), false, [] {});
  if (why != node_refusal::none || borrowed_.size() >= world_.options.peers_max)
    return book_.refused(address, node_refusal::too_many_peers, now);
  if (!book_.found(address, there.self_.id, there.self_.name, now)) return;
  const uint64_t number = world_.loans.size() + 1;
  growth_loan& loan = *world_.loans.emplace_back(std::make_unique<growth_loan>(world_, *this, there, number));
  borrowed_[address] = &loan;
  there.lent_[number] = &loan;
  loan.lender.start();
  loan.giver.start();
}

void growth_node::lost(growth_loan& loan) {
  loan.over = true;
  ++world_.losses;
  loan.lender.end();
  std::erase_if(loan.lender_node.lent_, [&](const auto& each) { return each.second == &loan; });
  borrowed_.erase(loan.lender_node.self_.address);
  book_.lost(loan.lender_node.self_.address, "it is silent", world_.time.now());
  lanes_.erase(loan.giver.lane().value);
  broker_.at(world_.time.now()).lane_left(loan.giver.lane(), death::failure);
  tick_later();
}

lane_id growth_node::joined(growth_loan& loan, const lane_traits& traits) {
  const lane_id lane{remote_lanes_from + ++last_lane_};
  lanes_[lane.value] = &loan;
  broker_.at(world_.time.now()).lane_joined(lane, traits);
  return lane;
}

void growth_node::takes(lane_id lane, uint32_t attempts) {
  broker_.at(world_.time.now()).lane_takes(lane, attempts);
  tick_later();
}

void growth_node::suspected(lane_id lane) { broker_.at(world_.time.now()).lane_suspected(lane); }

void growth_node::finished(lane_id lane, job_id job, const outcome& result) {
  broker_.at(world_.time.now()).finished(lane, job, result);
  tick_later();
}

void growth_node::say(const growth_node& whom, uint64_t bytes, bool beat, std::function<void()> heard) {
  counts.beats += beat;
  counts.control_bytes += bytes;
  world_.network.send(number_, whom.number_, bytes, std::move(heard));
}

void growth_node::send_chunk(const growth_node& whom, uint64_t bytes, std::function<void()> heard) {
  world_.network.send(number_, whom.number_, bytes, std::move(heard));
}

void growth_node::submit(job_id id, uint64_t client, std::span<const uint8_t> document) {
  const auto made = std::make_shared<job>();
  made->id = id;
  made->document = document;
  made->received = world_.time.now();
  made->client = client;
  broker_.at(made->received).submit(made);
  tick_later();
}

void growth_node::submit_lent(uint64_t loan, uint64_t number, const link_order& order) {
  const auto made = std::make_shared<job>();
  made->id = lent_id(loan, number);
  made->document = document_of(order.bytes);
  made->received = world_.time.now();
  made->client = giver_clients_from + loan;
  made->deadline = made->received + lent_wait_max;
  made->priority = request_priority::background;
  made->borrowed = true;
  lent_job_[made->id.value] = order.job.value;
  broker_.at(made->received).submit(made);
  tick_later();
}

void growth_node::cancel_lent(uint64_t loan, uint64_t number) {
  broker_.at(world_.time.now()).cancel(lent_id(loan, number));
  tick_later();
}

void growth_node::run(lane_id lane, const job_ptr& job, uint32_t attempt) {
  ++counts.attempts;
  if (lane.value <= workers_.size()) return work(workers_[lane.value - 1], lane, job, attempt);
  ++counts.lent;
  lanes_.at(lane.value)->giver.run(job, attempt);
}

void growth_node::work(worker& who, lane_id lane, const job_ptr& job, uint32_t attempt) {
  const uint64_t turn = ++who.turn;
  const auto instead = job->begin(attempt, world_.time.now());
  duration took{0};
  if (!instead) {
    const auto lent = lent_job_.find(job->id.value);
    took = world_.service.at(lent != lent_job_.end() ? lent->second : job->id.value);
    if (world_.chance.in_1000(world_.options.stall_permille)) took += world_.options.stall;
  }
  world_.time.after(took, [this, &who, turn, lane, id = job->id, how = instead.value_or(status::ok), took] {
    if (who.turn == turn) end(who, lane, id, how, took);
  });
}

void growth_node::end(worker& who, lane_id lane, job_id job, status how, duration took) {
  ++who.turn;
  broker_.at(world_.time.now()).finished(lane, job, {.status = how}, {.took = took});
  tick_later();
}

void growth_node::stop(lane_id lane, job_id job) {
  if (lane.value > workers_.size()) {
    if (const auto found = lanes_.find(lane.value); found != lanes_.end()) found->second->giver.abandon(job);
    return;
  }
  worker& who = workers_[lane.value - 1];
  world_.time.after(stop_look_interval, [this, &who, turn = who.turn, lane, job] {
    if (who.turn == turn) end(who, lane, job, status::cancelled, stop_look_interval);
  });
}

// Clients and givers hear of it in their turn, as the dispatcher is in the middle of an event.
void growth_node::answer(const closed_job& closed) {
  const job& job = *closed.last.job;
  for (const attempt& each : closed.last.attempts) stop(each.lane, job.id);
  const instant now = world_.time.now();
  if (job.id.value < lent_jobs_from)
    return world_.time.after(duration{0}, [this, id = job.id, result = closed.result, took = now - job.received] {
      on_answer(id, result, took);
    });
  lent_job_.erase(job.id.value);
  lent_ok_ += closed.result.status == status::ok;
  const uint64_t loan = (job.id.value - lent_jobs_from) >> lent_job_bits;
  const uint64_t number = job.id.value & ((uint64_t{1} << lent_job_bits) - 1);
  outcome told = closed.result;
  if (told.status == status::deadline_exceeded) told.status = status::overload;
  world_.time.after(duration{0}, [this, loan, number, result = told] {
    if (const auto found = lent_.find(loan); found != lent_.end()) found->second->lender.answered(number, result);
  });
}

void growth_node::arm(job_id id, duration delay) {
  const uint64_t ring = armed_[id.value] = ++last_ring_;
  world_.time.after(delay, [this, id, ring] {
    const auto found = armed_.find(id.value);
    if (found == armed_.end() || found->second != ring) return;
    armed_.erase(found);
    (void)broker_.at(world_.time.now()).overdue(id);
    tick_later();
  });
}

void growth_node::tick_later() {
  const auto next = broker_.next_tick();
  if (!next || std::exchange(ticks_, true)) return;
  world_.time.after(*next, [this] {
    ticks_ = false;
    broker_.at(world_.time.now()).tick();
    tick_later();
  });
}

} // namespace texlex::simulation

#include "test/unit/gateway/town.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "kernels/reference.hpp"
#include "kernels/regimes.hpp"
#include "test/unit/actors/test_jobs.hpp"

namespace texlex::test {
namespace {

using namespace std::chrono_literals;

// What a worker took, and whether it had its core meanwhile, is real: it would decide who is next.
caf::message rewrite_finish(const caf::message& m) {
  if (!m.match_elements<atom::finished, lane_id, result_batch>()) return m;
  result_batch results = m.get_as<result_batch>(2);
  for (attempt_result& each : results) {
    each.took = {};
    each.interrupted = false;
  }
  return caf::make_message(atom::finished_v, m.get_as<lane_id>(1), std::move(results));
}

} // namespace

house::house(town& town, const node_options& options)
  : name(options.name), address(options.name + ":1"), town_(town),
    lent_memory_(std::make_shared<quota>(options.lent_memory_bytes_max)) {
  build(options);
}

void house::build(const node_options& options) {
  metrics = spawn_metrics(town_.system, nullptr, duration{0});
  timer = spawn_hedge_timer(town_.system);
  dispatch_options dispatching;
  dispatching.queue = {.count_max = 256, .count_per_client_max = 256};
  dispatching.hedge = options.hedge;
  dispatching.eject_slow_lanes = false; // work takes whatever time the test says
  dispatching.watch.limit = 1h;         // and nobody who takes long hangs
  dispatching.lending.document_bytes_min = options.document_bytes_min;
  const auto answer = [this](job_id id, const outcome& result, const column_answer_ptr& columns) {
    if (is_lent(id)) return caf::anon_send(gateway, atom::answered_v, delivery{id, result, columns});
    answers_[id.value].push_back({id, result, columns});
  };
  broker = spawn_broker(town_.system, dispatching, {answer, timer, metrics});
  const auto finish_tap = fault::interpose(
    town_.system, finish_listener{broker},
    [this](size_t, const caf::message& m) {
      const job_id job = m.get_as<result_batch>(2).front().job;
      worked.push_back(job);
      const duration time = work_time_of ? work_time_of(job) : work_time;
      return time > duration{0} ? fault::verdict{fault::verdict::delay, time} : fault::verdict{};
    },
    rewrite_finish);
  finishes_ = caf::actor_cast<caf::actor>(finish_tap);
  supervisor_options people;
  for (uint32_t core = 0; core < options.workers; ++core) people.roster.cores.push_back(core);
  people.worker.own_thread = false;
  people.worker.arena = {.document_bytes_max = 4 << 20, .resident_bytes = 64 << 10};
  people.worker.kernel = reference_kernel;
  supervisor = spawn_supervisor(town_.system, std::move(people), {broker, finish_tap, metrics});
  caf::anon_send(broker, atom::watched_v, stuck_listener{supervisor});
  gateway = spawn_gateway(town_.system, gateway_of(options), links());
  caf::anon_send(gateway, atom::listens_v, listens_at{address});
}

gateway_options house::gateway_of(const node_options& options) {
  gateway_options made{.memory = document_pool{0, lent_memory_}};
  node_hello& self = made.self;
  std::copy_n(name.begin(), std::min(name.size(), self.id.bytes.size()), self.id.bytes.begin());
  self.rules = rules_hash();
  self.capacity = options.capacity;
  self.document_bytes_max = options.document_bytes_max;
  self.window_bytes = options.window_bytes;
  self.cluster = "town";
  self.name = name;
  if (options.introduce) options.introduce(self);
  made.seeds = options.seeds;
  made.peers_max = options.peers_max;
  made.port = {.capacity = options.capacity, .document_bytes_max = options.document_bytes_max};
  made.document_bytes_max = options.document_bytes_max;
  return made;
}

gateway_links house::links() {
  gateway_links made;
  made.broker = broker;
  made.metrics = metrics;
  made.dial = [this](const std::string& where, const gateway_actor& self) { town_.dial(*this, where, self); };
  made.disconnect = [this](const frame_listener& peer) { town_.disconnect(*this, peer); };
  made.every_second = [] {};
  made.left = [this] { ++left; };
  return made;
}

void house::submit(const job_ptr& job) { caf::anon_send(broker, atom::submit_v, job_batch{job}); }

void house::cancel(uint64_t id) { caf::anon_send(broker, atom::cancel_v, job_id{id}); }

const delivery& house::answer(uint64_t id) {
  const auto& given = answers(id);
  if (given.size() != 1)
    throw std::logic_error{"job " + std::to_string(id) + " has " + std::to_string(given.size()) + " answers"};
  return given.front();
}

metrics_report house::stats() { return town_.ask<metrics_report>(broker, atom::stats_v)->value(); }

cluster_report house::cluster() {
  const auto told = stats().cluster;
  return told ? *told : cluster_report{};
}

peer_report house::peer(const std::string& called) {
  for (const peer_report& each : cluster().peers)
    if (each.name == called) return each;
  throw std::logic_error{"no peer " + called + " is told of"};
}

// Workers look at the system's clock to see whether a job is past its deadline. Here it is never ahead of virtual time.
town::town() {
  spdlog::set_level(spdlog::level::off);
  scheduler().advance_time(std::chrono::steady_clock::now() + 1h - now());
}

// What is still planned in the clock holds actors and finds them gone.
town::~town() {
  connected = {};
  for (const connection_ptr& each : lines_) each->rule = {}, each->change = {}, each->thaw();
  run();
  for (const auto& each : houses_) end(*each);
  for (const connection_ptr& each : lines_) each->die();
  strangers_.clear();
  run();
  while (scheduler().has_pending_timeout()) {
    scheduler().trigger_timeouts();
    run();
  }
}

void town::end(house& node) {
  if (std::exchange(node.ended_, true)) return;
  node.reachable_ = false;
  node.work_time_of = {};
  caf::anon_send(node.gateway, atom::finish_v, local_word{});
  run();
  const auto exit = [this](auto& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    run();
    actor = nullptr;
  };
  exit(node.supervisor);
  exit(node.broker);
  exit(node.timer);
  exit(node.metrics);
  exit(node.finishes_);
  node.gateway = nullptr;
}

house& town::add(const node_options& options) { return *houses_.emplace_back(std::make_unique<house>(*this, options)); }

std::vector<house*> town::settle(const std::vector<node_options>& all) {
  std::vector<house*> nodes;
  for (const node_options& each : all) nodes.push_back(&add(each));
  pass_slowly(500ms, 10ms);
  return nodes;
}

bool town::pass_until(const std::function<bool()>& holds, duration at_most) {
  run();
  for (; !holds() && at_most > duration{0}; at_most -= 1ms) pass(1ms);
  return holds();
}

connection_ptr town::line(const std::string& giver, const std::string& lender) {
  for (auto each = lines_.rbegin(); each != lines_.rend(); ++each)
    if ((*each)->giver == giver && (*each)->lender == lender && !(*each)->dead()) return *each;
  throw std::logic_error{"there is no line from " + giver + " to " + lender};
}

void town::freeze(const std::string& node) {
  frozen_[node] = true;
  for (const connection_ptr& each : lines_)
    if (each->giver == node || each->lender == node) each->freeze();
}

void town::thaw(const std::string& node) {
  frozen_[node] = false;
  for (const connection_ptr& each : lines_)
    if ((each->giver == node || each->lender == node) && !frozen_[each->giver] && !frozen_[each->lender]) each->thaw();
}

void town::kill(house& node) {
  node.reachable_ = false;
  for (const connection_ptr& each : lines_)
    if (each->giver == node.name || each->lender == node.name) each->die();
  end(node);
}

void town::dial(house& from, const std::string& address, const gateway_actor& gateway) {
  frame_listener target = strangers_[address];
  std::string lender = address;
  for (const auto& each : houses_)
    if (each->address == address && each->reachable_) target = each->gateway, lender = each->name;
  if (!target) return caf::anon_send(gateway, atom::dialed_v, dialed{address, {}, "nobody is there"});
  const auto line = std::make_shared<connection>(system, from.name, lender);
  lines_.push_back(line);
  if (frozen_[from.name] || frozen_[lender]) line->freeze();
  if (connected) connected(*line);
  const auto wire = line->end_for(caf::actor_cast<caf::strong_actor_ptr>(target), true);
  line_of_[wire->id()] = line;
  caf::anon_send(gateway, atom::dialed_v, dialed{address, caf::actor_cast<frame_listener>(wire), {}});
}

void town::disconnect(house& from, const frame_listener& peer) {
  const auto found = line_of_.find(peer.id());
  if (found == line_of_.end()) return;
  from.disconnected.push_back(found->second->lender);
  if (!found->second->frozen()) found->second->die(); // else the other end hears of it once it is thawed
}

job_ptr town_job(uint64_t id, std::string_view text, instant received, uint32_t columns, token_view view,
                 position_unit unit) {
  auto made = std::make_shared<job>();
  made->id = {id};
  made->memory = document_of(text);
  made->document = {made->memory->data(), text.size()};
  made->regime = &house_regime();
  made->received = received;
  if (columns != 0 || view != token_view::tex)
    made->order = std::make_shared<const column_order>(
      column_order{.columns = columns,
                   .view = view,
                   .unit = unit,
                   .issues_told_max = 100,
                   .memory = columns != 0 ? std::optional{document_pool{0}} : std::nullopt});
  return made;
}

std::string long_text(size_t bytes, uint64_t seed) {
  static constexpr std::array<std::string_view, 14> pieces{
    "\\alpha ",         "{x}",  "$a_b^2$ ", "word ", "% note\n", "\n\n", "\xC3\xA9",
    "\xF0\x9F\x98\x80", "\xFF", "^^5c",     "\\%",   "~",        "&#",   " \t\r\n"};
  std::mt19937_64 chance{seed};
  std::string text;
  while (text.size() < bytes) text += pieces[chance() % pieces.size()];
  text.resize(bytes);
  return text;
}

} // namespace texlex::test

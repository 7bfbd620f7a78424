#include "test/simulation/growth_loan.hpp"

#include <algorithm>
#include <variant>

#include "actors/peers/node_frames.hpp"
#include "actors/state/lending.hpp"
#include "runtime/invariant.hpp"
#include "test/simulation/growth_node.hpp"

namespace texlex::simulation {
namespace {

constexpr uint64_t window_bytes = 1u << 20, document_bytes_max = 8u << 20; ///< as cluster.credit_bytes and its bound
constexpr uint64_t chunk_header_bytes = 40;

} // namespace

giver_end::giver_end(growth_world& world, growth_loan& loan, uint64_t epoch_from)
  : world_(world), loan_(loan), link_({.epoch_from = epoch_from}, *this), out_(window_bytes, chunk_bytes_max),
    in_(window_bytes) {}

void giver_end::start() {
  link_.start(world_.time.now());
  look_later();
}

void giver_end::look_later() {
  world_.time.at(link_.next_tick(), [this] { look(); });
}

void giver_end::look() {
  if (loan_.over) return;
  link_.tick(world_.time.now());
  after_event();
  look_later();
}

void giver_end::run(const job_ptr& job, uint32_t attempt) {
  const uint64_t bytes = job->document.size();
  const auto instead = link_.room() == 0 ? std::optional{status::cancelled} : job->begin(attempt, world_.time.now());
  if (instead) {
    results_.emplace_back(job->id, outcome{.status = *instead});
    return world_.time.after(duration{0}, [this] { after_event(); });
  }
  given_[job->id.value].job = job;
  link_.order(job->id, attempt, bytes, job->deadline, world_.time.now(), work_wanted_of(*job));
  out_.begin(given_[job->id.value].number, bytes);
  send_chunks();
}

void giver_end::abandon(job_id job) {
  const auto found = given_.find(job.value);
  if (loan_.over || found == given_.end()) return;
  found->second.abandoned = true;
  out_.drop(found->second.number);
  link_.abandon(job);
}

void giver_end::heard(const lane_word& word) {
  if (loan_.over) return;
  link_.heard(word, world_.time.now());
  after_event();
}

void giver_end::chunk_came(uint64_t bytes, bool tell) {
  if (loan_.over) return;
  require(in_.came(bytes), "a lender keeps to the window");
  if (!tell) return;
  const uint64_t told = in_.tell();
  loan_.giver_node.say(loan_.lender_node, encode(bytes_taken{link_.epoch(), told}).size(), false,
                       [this, told] { loan_.lender.taken(told); });
}

void giver_end::taken(uint64_t bytes) {
  if (loan_.over) return;
  require(out_.taken(bytes, world_.time.now()), "a lender takes no more than there was");
  send_chunks();
}

void giver_end::send_chunks() {
  while (const auto part = out_.next(world_.time.now()))
    loan_.giver_node.send_chunk(loan_.lender_node, part->bytes + chunk_header_bytes,
                                [this, part = *part] { loan_.lender.chunk_came(part.number, part.bytes, part.tell); });
}

void giver_end::after_event() {
  if (loan_.over) return;
  if (down_) return loan_.giver_node.lost(loan_);
  tell_room();
  if (std::exchange(suspected_, false)) loan_.giver_node.suspected(lane_);
  for (const auto& [job, result] : std::exchange(results_, {})) loan_.giver_node.finished(lane_, job, result);
}

void giver_end::tell_room() {
  if (lane_ == lane_id{}) return;
  const uint32_t attempts = link_.state() == link_state::up ? static_cast<uint32_t>(given_.size()) + link_.room() : 0;
  if (room_told_ == attempts) return;
  room_told_ = attempts;
  loan_.giver_node.takes(lane_, attempts);
}

void giver_end::send(const giver_word& word) {
  if (const auto* const order = std::get_if<link_order>(&word)) given_[order->job.value].number = order->number;
  loan_.giver_node.say(loan_.lender_node, encode(word).size(), std::holds_alternative<giver_beat>(word),
                       [this, word] { loan_.lender.heard(word); });
}

// Said in the middle of an event of the link, which the dispatcher's does not come back to: it has no room yet.
void giver_end::up(uint32_t capacity, uint64_t bytes_max) {
  lane_ =
    loan_.giver_node.joined(loan_, {.capacity = capacity, .document_bytes_max = bytes_max, .takes = 0, .remote = true});
  room_told_ = 0;
}

void giver_end::suspected() {
  suspected_ = true;
  ++world_.suspicions;
}

void giver_end::finished(job_id job, const outcome& result) {
  const auto found = given_.find(job.value);
  if (found == given_.end()) return;
  if (hands_back(result.status) && !found->second.abandoned) ++world_.returned;
  out_.drop(found->second.number);
  given_.erase(found);
  results_.emplace_back(job, result);
}

lender_end::lender_end(growth_world& world, growth_loan& loan, uint64_t number)
  : world_(world), loan_(loan), number_(number),
    port_({.epoch_from = number, .capacity = attempts_max_of(world.options), .document_bytes_max = document_bytes_max},
          *this),
    out_(window_bytes, chunk_bytes_max), in_(window_bytes) {}

void lender_end::look_later() {
  world_.time.after(lane_port_options{}.beat, [this] {
    if (loan_.over) return;
    port_.tick(world_.time.now());
    after_event();
    look_later();
  });
}

void lender_end::heard(const giver_word& word) {
  if (loan_.over) return;
  port_.heard(word, world_.time.now());
  after_event();
}

void lender_end::chunk_came(uint64_t number, uint64_t bytes, bool tell) {
  if (loan_.over) return;
  require(in_.came(bytes), "a giver keeps to the window");
  if (tell) {
    const uint64_t told = in_.tell();
    loan_.lender_node.say(loan_.giver_node, encode(bytes_taken{port_.epoch(), told}).size(), false,
                          [this, told] { loan_.giver.taken(told); });
  }
  const auto found = orders_.find(number);
  if (found == orders_.end() || found->second.submitted) return;
  taken_on& one = found->second;
  one.came += bytes;
  require(one.came <= one.order.bytes, "no more comes than the document");
  if (one.came < one.order.bytes) return;
  one.submitted = true;
  loan_.lender_node.submit_lent(number_, number, one.order);
}

void lender_end::taken(uint64_t bytes) {
  if (loan_.over) return;
  require(out_.taken(bytes, world_.time.now()), "a giver takes no more than there was");
  send_chunks();
}

void lender_end::answered(uint64_t number, const outcome& result) {
  const auto found = orders_.find(number);
  if (loan_.over || found == orders_.end()) return;
  const uint64_t bytes = found->second.order.bytes * world_.options.answer_percent / 100;
  if (result.status != status::ok || bytes == 0) return finish(number, result);
  found->second.result = result;
  out_.begin(number, bytes);
  send_chunks();
}

void lender_end::send_chunks() {
  while (const auto part = out_.next(world_.time.now())) {
    loan_.lender_node.send_chunk(loan_.giver_node, part->bytes + chunk_header_bytes,
                                 [this, part = *part] { loan_.giver.chunk_came(part.bytes, part.tell); });
    if (part->last) finish(part->number, *orders_.at(part->number).result);
  }
}

void lender_end::after_event() {
  for (const uint64_t number : std::exchange(stopped_, {})) abandon(number);
  require(port_.overdrawn() == 0, "a giver keeps to what was granted");
}

void lender_end::abandon(uint64_t number) {
  const auto found = orders_.find(number);
  if (found == orders_.end()) return;
  if (found->second.submitted && !found->second.result) return loan_.lender_node.cancel_lent(number_, number);
  finish(number, {.status = status::cancelled});
}

void lender_end::finish(uint64_t number, outcome result) {
  out_.drop(number);
  orders_.erase(number);
  port_.ended(port_.epoch(), number, result, world_.time.now());
}

void lender_end::end() {
  for (const auto& [number, one] : std::exchange(orders_, {}))
    if (one.submitted && !one.result) loan_.lender_node.cancel_lent(number_, number);
}

void lender_end::send(const lane_word& word) {
  loan_.lender_node.say(loan_.giver_node, encode(word).size(), std::holds_alternative<lane_beat>(word),
                        [this, word] { loan_.giver.heard(word); });
}

} // namespace texlex::simulation

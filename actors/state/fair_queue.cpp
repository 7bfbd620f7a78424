#include "actors/state/fair_queue.hpp"

#include <algorithm>
#include <utility>

#include "runtime/invariant.hpp"

namespace texlex {

fair_queue::fair_queue(const fair_queue_options& options)
  : options_(options), entries_(options.count_max), by_arrival_(options.count_max), in_band_(options.count_max),
    slot_of_job_(options.count_max), clients_(options.count_max), in_turn_(options.count_max),
    slot_of_client_(options.count_max), by_deadline_(options.count_max), greediest_(options.count_max) {
  require(options.quantum > duration{0}, "a turn earns something");
  for (uint32_t slot = 0; slot < options.count_max; ++slot) {
    by_arrival_.push_back(free_, slot);
    in_turn_.push_back(free_clients_, slot);
  }
}

push_verdict fair_queue::push_back(const waiting_job& job, instant now) {
  if (size() >= options_.count_max) return push_verdict::queue_full;
  if (size_of(job.taker()) >= options_.count_per_client_max) return push_verdict::client_full;
  const uint32_t slot = place(job.job, now, job.deadline);
  entry& e = entries_[slot];
  e.cost = cost_of_document(job.expected);
  e.in = job.expected <= options_.short_max ? brief : job.expected <= options_.lengthy_min ? large : lengthy;
  e.patient = job.patient;
  e.interactive = job.priority == request_priority::interactive;
  e.client = client_slot(job.taker());
  in_band_.push_back(band_list_of(e), slot);
  by_arrival_.push_back(list_of(e), slot);
  count_in(slot, 1);
  return push_verdict::queued;
}

slot_list& fair_queue::list_of(const entry& e) noexcept {
  if (e.client == no_slot) return returned_;
  if (e.patient) return patient_;
  return clients_[e.client].whose.background ? background_ : waiting_;
}

// A job joins the sums of its client and of all, or leaves them.
void fair_queue::count_in(uint32_t slot, int sign) noexcept {
  const entry& e = entries_[slot];
  if (e.in == lengthy) lengthy_ += static_cast<uint32_t>(sign);
  client_record& client = clients_[e.client];
  if (client.whose.background) return;
  if (e.patient) {
    patient_cost_ += sign * e.cost;
    return;
  }
  cost_ += sign * e.cost;
  client.waiting += sign * e.cost;
  greediest_.erase(e.client);
  if (client.waiting > duration{0}) greediest_.insert(e.client, instant{-client.waiting}); // the earliest is the first
}

void fair_queue::push_front(job_id job, instant now, instant deadline) {
  if (free_.empty()) { // no more of these than lanes can lose
    by_arrival_.grow();
    in_band_.grow();
    by_deadline_.grow();
    entries_.emplace_back(); // last: the others may have one too many
    by_arrival_.push_back(free_, static_cast<uint32_t>(entries_.size() - 1));
  }
  const uint32_t slot = place(job, now, deadline);
  entries_[slot].client = no_slot;
  by_arrival_.push_front(returned_, slot);
}

// All that can run out of memory comes first, so that the queue is as it was then.
uint32_t fair_queue::place(job_id job, instant now, instant deadline) {
  require(slot_of_job_.find(job.value) == no_slot, "a job waits once");
  slot_of_job_.reserve_one();
  const uint32_t slot = free_.head;
  by_arrival_.erase(free_, slot);
  if (deadline != instant::max()) by_deadline_.insert(slot, deadline);
  slot_of_job_.insert(job.value, slot);
  entries_[slot] = {.job = job, .since = now, .deadline = deadline};
  return slot;
}

// A client is known while it has jobs that wait: there is always a free record, as there is one for each job.
uint32_t fair_queue::client_slot(turn_taker whose) noexcept {
  uint32_t slot = slot_of_client_.find(whose.key());
  if (slot != no_slot) return slot;
  slot = free_clients_.head;
  in_turn_.erase(free_clients_, slot);
  in_turn_.push_back(turns_, slot);
  slot_of_client_.insert(whose.key(), slot);
  clients_[slot] = {.whose = whose, .earned = -debts_.take(whose.key(), earned_)};
  return slot;
}

void fair_queue::charge(turn_taker whose, duration beyond_expected) noexcept {
  const uint32_t slot = slot_of_client_.find(whose.key());
  const duration price = price_of(whose, beyond_expected);
  if (slot == no_slot) return debts_.add(whose.key(), price, earned_);
  duration& earned = clients_[slot].earned;
  earned = std::max(earned - price, -client_debts::most);
}

std::optional<job_id> fair_queue::pop(pop_order order, pop_from from) noexcept {
  uint32_t slot = returned_.head;
  if (slot == no_slot) slot = next_in_turn(order, from);
  if (slot == no_slot) return std::nullopt;
  const job_id job = entries_[slot].job;
  pay(slot);
  take_out(slot);
  return job;
}

// Clients that have nothing of what is asked for are passed over, and keep their places: whoever came to wait behind
// them would else be before them. They earn as the others do, up to what their own next job costs, so that it goes as
// soon as it may.
uint32_t fair_queue::next_in_turn(pop_order order, pop_from from) noexcept {
  if (turns_.empty() || (from == pop_from::not_lengthy && only_lengthy())) return no_slot;
  for (;; skip_rounds(order, from)) { // everybody had a turn and nobody could go
    uint32_t behind = turns_.head;
    for (uint32_t left = turns_.count; left > 0; --left) {
      const uint32_t slot = std::exchange(behind, in_turn_.next(behind));
      client_record& client = clients_[slot];
      const uint32_t next = candidate(client, order, from);
      if (!client.turn_begun) {
        earn(client, options_.quantum, order, next == no_slot);
        earned_ += options_.quantum / turns_.count;
      }
      if (next == no_slot) continue;
      client.turn_begun = true;
      if (price_of(entries_[next]) <= client.earned) return next;
      end_turn(slot);
    }
  }
}

void fair_queue::earn(client_record& client, duration amount, pop_order order, bool passed_over) const noexcept {
  const duration before = client.earned;
  client.earned += amount;
  if (!passed_over) return;
  const duration enough = price_of(entries_[candidate(client, order, pop_from::all)]);
  client.earned = std::min(client.earned, std::max(before, enough));
}

// The rounds that would be in vain too are given at once, so that two rounds and this are the most a call takes,
// however large the documents are.
void fair_queue::skip_rounds(pop_order order, pop_from from) noexcept {
  duration::rep rounds = INT64_MAX;
  for (uint32_t c = turns_.head; c != no_slot; c = in_turn_.next(c))
    if (const uint32_t next = candidate(clients_[c], order, from); next != no_slot) {
      const duration missing = price_of(entries_[next]) - clients_[c].earned;
      rounds = std::min(rounds, (missing.count() - 1) / options_.quantum.count());
    }
  for (uint32_t c = turns_.head; c != no_slot; c = in_turn_.next(c))
    earn(clients_[c], rounds * options_.quantum, order, candidate(clients_[c], order, from) == no_slot);
  earned_ += rounds * options_.quantum;
}

// The shortest, but after so many that passed longer ones the longest.
uint32_t fair_queue::candidate(const client_record& client, pop_order order, pop_from from) const noexcept {
  const slot_list* chosen = nullptr;
  for (const band in : {brief, large, lengthy}) {
    if (in == lengthy && from == pop_from::not_lengthy) break;
    if (!client.has(in)) continue;
    chosen = &client.bands[in][client.bands[in][0].empty() ? 1 : 0];
    if (client.run < options_.run_max) break;
  }
  if (chosen == nullptr) return no_slot;
  return order == pop_order::oldest_first ? chosen->head : chosen->tail;
}

void fair_queue::end_turn(uint32_t client) noexcept {
  in_turn_.erase(turns_, client);
  in_turn_.push_back(turns_, client);
  clients_[client].turn_begun = false;
}

void fair_queue::pay(uint32_t slot) noexcept {
  const entry& e = entries_[slot];
  if (e.client == no_slot) return;
  client_record& client = clients_[e.client];
  client.earned -= price_of(e);
  const bool passed = (e.in < large && client.has(large)) || (e.in < lengthy && client.has(lengthy));
  client.run = passed ? client.run + 1 : 0;
}

void fair_queue::take_out(uint32_t slot) noexcept {
  const entry& e = entries_[slot];
  by_deadline_.erase(slot);
  slot_of_job_.erase(e.job.value);
  by_arrival_.erase(list_of(e), slot);
  by_arrival_.push_front(free_, slot);
  if (e.client != no_slot) leave_client(slot);
  if (empty()) debts_.forgive();
}

void fair_queue::leave_client(uint32_t slot) noexcept {
  const uint32_t owner = entries_[slot].client;
  client_record& client = clients_[owner];
  count_in(slot, -1);
  in_band_.erase(band_list_of(entries_[slot]), slot);
  if (client.count() > 0) return;
  debts_.add(client.whose.key(), -client.earned, earned_); // what it earned and did not spend is lost
  slot_of_client_.erase(client.whose.key());
  in_turn_.erase(turns_, owner);
  in_turn_.push_front(free_clients_, owner);
}

bool fair_queue::remove(job_id job) noexcept {
  const uint32_t slot = slot_of_job_.find(job.value);
  if (slot == no_slot) return false;
  take_out(slot);
  return true;
}

void fair_queue::expire(instant now, duration wait_max, duration patient_wait_max, std::vector<expired_job>& out) {
  while (!by_deadline_.empty() && by_deadline_.first_time() <= now) {
    const uint32_t slot = by_deadline_.first();
    out.push_back({entries_[slot].job, expiry::past_deadline});
    take_out(slot);
  }
  const auto too_long = [&](const slot_list& list, duration most) {
    while (!list.empty() && now - entries_[list.head].since > most) {
      out.push_back({entries_[list.head].job, expiry::waited_too_long});
      take_out(list.head);
    }
  };
  too_long(waiting_, wait_max);
  too_long(background_, wait_max);
  too_long(patient_, patient_wait_max);
}

std::optional<job_id> fair_queue::push_out(turn_taker newcomer, duration expected) noexcept {
  if (newcomer.background) return std::nullopt;
  uint32_t newest = background_.tail;
  if (newest == no_slot) newest = newest_of_greediest(newcomer, expected);
  if (newest == no_slot) return std::nullopt; // it had one job when it was let in as patient, and that is the newest
  const job_id job = entries_[newest].job;
  take_out(newest);
  return job;
}

uint32_t fair_queue::newest_of_greediest(turn_taker newcomer, duration expected) const noexcept {
  if (greediest_.empty()) return no_slot;
  const client_record& greediest = clients_[greediest_.first()];
  if (greediest.whose.client == newcomer.client
      || greediest.waiting < 2 * (cost_of(newcomer.client) + cost_of_document(expected)))
    return no_slot;
  uint32_t newest = no_slot;
  for (const band_lists& of_band : greediest.bands)
    for (const slot_list& list : of_band)
      if (const uint32_t last = list.tail; last != no_slot && !entries_[last].patient)
        if (newest == no_slot || entries_[last].since > entries_[newest].since) newest = last;
  return newest;
}

size_t fair_queue::size_of(turn_taker whose) const noexcept {
  const uint32_t slot = slot_of_client_.find(whose.key());
  return slot == no_slot ? 0 : clients_[slot].count();
}

duration fair_queue::cost_of(uint64_t client) const noexcept {
  const uint32_t slot = slot_of_client_.find(turn_taker{client}.key());
  return slot == no_slot ? duration{0} : clients_[slot].waiting;
}

duration fair_queue::longest_wait(instant now) const noexcept {
  instant since = now;
  if (!waiting_.empty()) since = std::min(since, entries_[waiting_.head].since);
  if (!returned_.empty()) since = std::min(since, entries_[returned_.tail].since);
  return now - since;
}

void fair_queue::check_invariants() const {
  require(slot_of_job_.count() == size(), "a waiting job is found by its id");
  require(slot_of_client_.count() == turns_.count, "a client with jobs has its turn");
  require(size() + free_.count == entries_.size(), "each place is free or taken");
  require(turns_.count + free_clients_.count == clients_.size(), "each client record is free or taken");
  require(of_clients() <= options_.count_max, "the queue is bounded");
  size_t with_client = 0, with_deadline = 0, greedy = 0, of_lengthy = 0;
  duration cost{0}, patient_cost{0};
  for (uint32_t c = turns_.head; c != no_slot; c = in_turn_.next(c)) {
    require(clients_[c].count() > 0 && clients_[c].count() <= options_.count_per_client_max, "a client is bounded");
    with_client += clients_[c].count();
    cost += clients_[c].waiting;
    greedy += clients_[c].waiting > duration{0};
  }
  require(with_client == of_clients(), "each waiting job belongs to a client");
  require(cost == cost_, "the cost of all is that of each");
  require(greedy == greediest_.count(), "who has time waiting is known for it");
  for (const slot_list& list : {waiting_, patient_, background_, returned_})
    for (uint32_t slot = list.head; slot != no_slot; slot = by_arrival_.next(slot)) {
      const entry& e = entries_[slot];
      require(slot_of_job_.find(e.job.value) == slot, "a waiting job is found by its id");
      with_deadline += e.deadline != instant::max();
      of_lengthy += e.client != no_slot && e.in == lengthy;
      if (e.patient && !clients_[e.client].whose.background) patient_cost += e.cost;
    }
  require(with_deadline == by_deadline_.count(), "each deadline belongs to a waiting job");
  require(patient_cost == patient_cost_ && of_lengthy == lengthy_, "what waits is counted");
}

} // namespace texlex

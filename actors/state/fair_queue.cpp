#include "actors/state/fair_queue.hpp"

#include <algorithm>
#include <utility>

#include "actors/state/invariant.hpp"

namespace texlex {

fair_queue::fair_queue(const fair_queue_options& options)
  : options_(options), entries_(options.count_max), by_arrival_(options.count_max), in_band_(options.count_max),
    slot_of_job_(options.count_max), clients_(options.count_max), in_turn_(options.count_max),
    slot_of_client_(options.count_max), by_deadline_(options.count_max) {
  require(options.quantum_bytes > 0, "a turn earns something");
  for (uint32_t slot = 0; slot < options.count_max; ++slot) {
    by_arrival_.push_back(free_, slot);
    in_turn_.push_back(free_clients_, slot);
  }
}

push_verdict fair_queue::push_back(uint64_t client, job_id job, uint64_t bytes, instant now, instant deadline) {
  if (size() >= options_.count_max) return push_verdict::queue_full;
  if (size_of(client) >= options_.count_per_client_max) return push_verdict::client_full;
  const uint32_t slot = place(job, now, deadline);
  entry& e = entries_[slot];
  e.cost = cost_of_document(bytes);
  e.in = bytes <= options_.small_bytes_max ? small : large;
  e.client = client_slot(client);
  clients_[e.client].waiting += e.cost;
  cost_ += e.cost;
  in_band_.push_back(clients_[e.client].bands[e.in], slot);
  by_arrival_.push_back(waiting_, slot);
  return push_verdict::queued;
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
uint32_t fair_queue::client_slot(uint64_t id) noexcept {
  uint32_t slot = slot_of_client_.find(id);
  if (slot != no_slot) return slot;
  slot = free_clients_.head;
  in_turn_.erase(free_clients_, slot);
  in_turn_.push_back(turns_, slot);
  slot_of_client_.insert(id, slot);
  clients_[slot] = {.id = id};
  return slot;
}

std::optional<job_id> fair_queue::pop(pop_order order) noexcept {
  uint32_t slot = returned_.head;
  for (uint32_t in_vain = 0; slot == no_slot && !turns_.empty();) {
    client_record& client = clients_[turns_.head];
    if (!std::exchange(quantum_given_, true)) client.earned += options_.quantum_bytes;
    const uint32_t next = candidate(client, order);
    if (entries_[next].cost <= client.earned) {
      slot = next;
    } else {
      end_turn();
      if (++in_vain == turns_.count) skip_rounds(order);
    }
  }
  if (slot == no_slot) return std::nullopt;
  const job_id job = entries_[slot].job;
  pay(slot);
  take_out(slot);
  return job;
}

// Everybody had a turn and nobody could go: the rounds that would be in vain too are given at once, so that a round and
// this are the most a call takes, however large the documents are.
void fair_queue::skip_rounds(pop_order order) noexcept {
  uint64_t rounds = UINT64_MAX;
  for (uint32_t c = turns_.head; c != no_slot; c = in_turn_.next(c)) {
    const uint64_t missing = entries_[candidate(clients_[c], order)].cost - clients_[c].earned;
    rounds = std::min(rounds, (missing - 1) / options_.quantum_bytes);
  }
  for (uint32_t c = turns_.head; c != no_slot; c = in_turn_.next(c))
    clients_[c].earned += rounds * options_.quantum_bytes;
}

uint32_t fair_queue::candidate(const client_record& client, pop_order order) const noexcept {
  const bool large_is_due = client.bands[small].empty() || client.small_run >= options_.small_run_max;
  const slot_list& list = client.bands[large_is_due && !client.bands[large].empty() ? large : small];
  return order == pop_order::oldest_first ? list.head : list.tail;
}

void fair_queue::end_turn() noexcept {
  const uint32_t client = turns_.head;
  in_turn_.erase(turns_, client);
  in_turn_.push_back(turns_, client);
  quantum_given_ = false;
}

void fair_queue::pay(uint32_t slot) noexcept {
  const entry& e = entries_[slot];
  if (e.client == no_slot) return;
  client_record& client = clients_[e.client];
  client.earned -= e.cost;
  const bool passed_a_large_one = e.in == small && !client.bands[large].empty();
  client.small_run = passed_a_large_one ? client.small_run + 1 : 0;
}

void fair_queue::take_out(uint32_t slot) noexcept {
  const entry& e = entries_[slot];
  by_deadline_.erase(slot);
  slot_of_job_.erase(e.job.value);
  by_arrival_.erase(e.client == no_slot ? returned_ : waiting_, slot);
  by_arrival_.push_front(free_, slot);
  if (e.client != no_slot) leave_client(slot);
}

// A client without jobs loses what it has earned, or it could save up for a burst.
void fair_queue::leave_client(uint32_t slot) noexcept {
  const uint32_t owner = entries_[slot].client;
  client_record& client = clients_[owner];
  client.waiting -= entries_[slot].cost;
  cost_ -= entries_[slot].cost;
  in_band_.erase(client.bands[entries_[slot].in], slot);
  if (client.count() > 0) return;
  if (turns_.head == owner) quantum_given_ = false;
  slot_of_client_.erase(client.id);
  in_turn_.erase(turns_, owner);
  in_turn_.push_front(free_clients_, owner);
}

bool fair_queue::remove(job_id job) noexcept {
  const uint32_t slot = slot_of_job_.find(job.value);
  if (slot == no_slot) return false;
  take_out(slot);
  return true;
}

void fair_queue::expire(instant now, duration wait_max, std::vector<expired_job>& out) {
  while (!by_deadline_.empty() && by_deadline_.first_time() <= now) {
    const uint32_t slot = by_deadline_.first();
    out.push_back({entries_[slot].job, expiry::past_deadline});
    take_out(slot);
  }
  while (!waiting_.empty() && now - entries_[waiting_.head].since > wait_max) {
    out.push_back({entries_[waiting_.head].job, expiry::waited_too_long});
    take_out(waiting_.head);
  }
}

size_t fair_queue::size_of(uint64_t client) const noexcept {
  const uint32_t slot = slot_of_client_.find(client);
  return slot == no_slot ? 0 : clients_[slot].count();
}

uint64_t fair_queue::cost_of(uint64_t client) const noexcept {
  const uint32_t slot = slot_of_client_.find(client);
  return slot == no_slot ? 0 : clients_[slot].waiting;
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
  require(waiting_.count <= options_.count_max, "the queue is bounded");
  size_t of_clients = 0, with_deadline = 0;
  uint64_t cost = 0;
  for (uint32_t c = turns_.head; c != no_slot; c = in_turn_.next(c)) {
    require(clients_[c].count() > 0 && clients_[c].count() <= options_.count_per_client_max, "a client is bounded");
    of_clients += clients_[c].count();
    cost += clients_[c].waiting;
    require(clients_[c].waiting >= uint64_t{clients_[c].count()} * options_.job_overhead_bytes,
            "a client's bytes are counted");
  }
  require(of_clients == waiting_.count, "each waiting job belongs to a client");
  require(cost == cost_, "the cost of all is that of each");
  for (const slot_list& list : {waiting_, returned_})
    for (uint32_t slot = list.head; slot != no_slot; slot = by_arrival_.next(slot)) {
      require(slot_of_job_.find(entries_[slot].job.value) == slot, "a waiting job is found by its id");
      with_deadline += entries_[slot].deadline != instant::max();
    }
  require(with_deadline == by_deadline_.count(), "each deadline belongs to a waiting job");
}

} // namespace texlex

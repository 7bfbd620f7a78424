#include "test/simulation/worker.hpp"

#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/invariant.hpp"
#include "test/simulation/column_memory.hpp"
#include "test/simulation/plan.hpp"

namespace texlex::simulation {

worker::worker(surroundings& around, std::string name, words says, std::function<pace(const job&)> pace_of)
  : around_(around), name_(std::move(name)), says_(std::move(says)), pace_of_(std::move(pace_of)),
    slow_(around.faults.strikes(fault::worker_slow)) {}

void worker::give(const job_ptr& job, uint32_t attempt) {
  if (!alive_ || written_off_) return; // its end is on its way to whoever gives work
  require(!ending_, "who was told to end gets no more work");
  orders_.push_back({job, attempt});
  if (!busy_) begin();
}

void worker::end_when_done() {
  ending_ = true;
  if (orders_.empty()) around_.time.after(around_.chance.us(1, 100), [this] { die(death::crash); });
}

void worker::write_off() {
  written_off_ = true;
  if (!alive_ || !around_.faults.strikes(fault::worker_comes_back)) return vanish();
  around_.time.after(around_.chance.us(10, 50'000), [this] {
    around_.note(name_, name_, [] { return "comes back"; });
    if (!orders_.empty() && alive_) end({.status = status::cancelled});
    die(death::crash);
  });
}

duration worker::length_of(const known_document& document) {
  const duration usual = std::chrono::microseconds{2 + document.bytes / 600};
  const bool stalls = around_.faults.strikes(fault::worker_stalls);
  return around_.chance.us(1, 20) + usual * (stalls ? 100 : 1) * (slow_ ? 20 : 1)
         + (stalls ? around_.chance.us(1000, 30'000) : duration{0});
}

pace worker::next_pace(const job& job, const known_document& document) {
  if (pace_of_) return pace_of_(job);
  return {.length = length_of(document)};
}

void worker::begin() {
  busy_ = true;
  const order& first = orders_.front();
  const known_document& document = around_.documents.at(first.job->id.value);
  if (const auto instead = first.job->begin(first.attempt, around_.time.now()))
    return around_.time.after(std::chrono::microseconds{1}, [this, instead] { end({.status = *instead}); });
  require(around_.time.now() < first.job->deadline, "what is of no use any more is not begun");
  const auto [length, looks] = next_pace(*first.job, document);
  if (document.kills || around_.faults.strikes(fault::worker_dies))
    return around_.time.after(length / 2, [this] { die(death::crash); });
  if (around_.faults.strikes(fault::worker_hangs))
    return around_.note(name_, name_, [&] { return fmt::format("hangs in job {}", first.job->id.value); });
  scan(length / looks, looks);
}

void worker::scan(duration part, uint32_t looks) {
  around_.time.after(part, [this, part, looks] {
    if (!alive_) return;
    const job& job = *orders_.front().job;
    if (looks > 1 && job.stop.load()) return end({.status = status::cancelled});
    if (looks > 1) return scan(part, looks - 1);
    end_scan(job);
  });
}

void worker::end_scan(const job& job) {
  const known_document& document = around_.documents.at(job.id.value);
  const outcome found{.status = status::ok, .token_count = tokens_of(document.key, job.regime->name)};
  if (!job.order) return end(found);
  const auto columns = make_columns(around_, found.token_count, column_bytes_of(document.bytes), document.lent);
  columns ? end(found, columns) : end({.status = status::overload});
}

void worker::end(const outcome& result, const column_answer_ptr& columns) {
  if (!alive_) return;
  const job_id job = orders_.front().job->id;
  orders_.pop_front();
  const bool twice = around_.faults.strikes(fault::worker_says_twice);
  says_.finished(job, result, columns);
  if (twice) says_.finished(job, result, columns);
  if (!alive_) return;
  busy_ = false;
  if (!orders_.empty()) return begin();
  if (ending_) around_.time.after(around_.chance.us(1, 100), [this] { die(death::crash); });
}

void worker::die(death cause) {
  if (!std::exchange(alive_, false)) return;
  around_.note(name_, name_, [&] {
    return orders_.empty() ? std::string{"ends"} : fmt::format("dies on job {}", orders_.front().job->id.value);
  });
  says_.died(cause);
}

} // namespace texlex::simulation

#include "clients/cli/document_crew.hpp"

#include <system_error>
#include <utility>

namespace texlex::cli {
namespace {

// No document is read ahead while those that wait to be written have more.
constexpr uint64_t bytes_ahead_max = 256u << 20;

} // namespace

void document_crew::run(uint32_t threads) {
  threads_ = threads;
  if (wishes_.service != nullptr) together_max_ = wishes_.service->batch_documents_max();
  helpers_to_call_ = threads - 1;
  work_along();
  helpers_.clear(); // joins them
  if (thrown_) std::rethrow_exception(thrown_);
}

void document_crew::work_along() noexcept try {
  while (const auto given = next_task()) {
    if (given->work == nullptr) {
      read_and_scan();
    } else if (!write_piece(*given)) {
      stop();
    }
  }
} catch (...) {
  {
    const std::scoped_lock lock{mutex_};
    if (!thrown_) thrown_ = std::current_exception();
  }
  stop();
}

void document_crew::stop() noexcept {
  {
    const std::scoped_lock lock{mutex_};
    stopped_ = true;
  }
  changed_.notify_all();
  output_.stop();
}

// Pieces of what was read come first, and of these the first: so the piece whose turn it is to be written is never left
// lying while others wait for it.
std::optional<document_crew::task> document_crew::next_task() {
  std::unique_lock lock{mutex_};
  for (;;) {
    if (stopped_) return std::nullopt;
    if (auto piece = next_piece()) {
      call_helpers();
      return piece;
    }
    if (may_read()) {
      reading_ = true;
      return task{};
    }
    // All there is has been begun: nobody needs one more to end it.
    if (all_read_ && unscanned_ == 0) return std::nullopt;
    changed_.wait(lock);
  }
}

std::optional<document_crew::task> document_crew::next_piece() {
  if (unbegun_.empty()) return std::nullopt;
  const uint64_t number = *unbegun_.begin();
  work_in_hand& first = documents_.at(number);
  const task given{first.work, {number, first.pieces_begun++}};
  if (first.pieces_begun == first.work->pieces()) unbegun_.erase(unbegun_.begin());
  return given;
}

bool document_crew::may_read() const noexcept {
  return !reading_ && !all_read_ && documents_.size() < 2 * size_t{threads_} * together_max_
         && bytes_ < bytes_ahead_max;
}

// Threads are started once there is something for a second one: most often there is one short document.
void document_crew::call_helpers() {
  if (helpers_to_call_ == 0) return;
  if (all_read_ && documents_.size() <= 1 && unbegun_.empty()) return;
  try {
    for (; helpers_to_call_ > 0; --helpers_to_call_) helpers_.emplace_back([this] { work_along(); });
  } catch (const std::system_error&) {
    helpers_to_call_ = 0; // those there are do the work
  }
}

void document_crew::read_and_scan() {
  bool end = false;
  auto read = read_some(end);
  uint64_t first_number = 0;
  {
    const std::scoped_lock lock{mutex_};
    reading_ = false;
    if (end) all_read_ = true;
    first_number = next_number_;
    for (const named_input& each : read) {
      documents_[next_number_++].bytes = each.read.bytes.size();
      bytes_ += each.read.bytes.size();
    }
    unscanned_ += read.size();
  }
  changed_.notify_all();
  if (!read.empty()) take_up(first_number, scan(std::move(read)));
}

// As many as the service is asked about together: small ones, and at most one that is not.
std::vector<named_input> document_crew::read_some(bool& end) {
  std::vector<named_input> read;
  uint64_t bytes = 0;
  while (read.size() < together_max_ && bytes < token_service::batch_bytes_max) {
    auto next = next_();
    end = !next;
    if (end) break;
    bytes += next->read.bytes.size();
    read.push_back(std::move(*next));
    if (read.back().read.bytes.size() >= token_service::small_document_bytes) break;
  }
  return read;
}

std::vector<document_crew::work_ptr> document_crew::scan(std::vector<named_input> documents) {
  std::vector<service_group::answer> answers;
  if (wishes_.service != nullptr) {
    std::vector<scan_input> inputs;
    for (const named_input& each : documents)
      if (each.read.error.empty()) inputs.push_back({each.read.bytes, wishes_.regime, wishes_.view});
    answers = wishes_.service->tokenize(inputs);
  }
  std::vector<work_ptr> works;
  size_t next_answer = 0;
  for (named_input& each : documents) {
    const bool named = named_ || each.name != only_name_;
    if (wishes_.service != nullptr && each.read.error.empty())
      works.push_back(
        std::make_shared<const document_work>(wishes_, std::move(each), named, std::move(answers[next_answer++])));
    else
      works.push_back(std::make_shared<const document_work>(wishes_, std::move(each), named));
  }
  return works;
}

void document_crew::take_up(uint64_t first_number, std::vector<work_ptr> works) {
  for (const work_ptr& each : works) {
    done_.bytes += each->bytes();
    if (!each->readable()) done_.unreadable = true;
    if (each->readable() && !each->scanned()) done_.refused = true;
    if (each->issue_count() > 0) done_.issues = true;
  }
  const bool gave_up = wishes_.service != nullptr && wishes_.service->gave_up();
  {
    const std::scoped_lock lock{mutex_};
    unscanned_ -= works.size();
    for (size_t i = 0; i < works.size(); ++i) {
      documents_.at(first_number + i).work = std::move(works[i]);
      unbegun_.insert(first_number + i);
    }
    if (gave_up) all_read_ = true; // nothing would come of the others
  }
  changed_.notify_all();
}

bool document_crew::write_piece(const task& given) {
  auto piece = given.work->make(given.place.piece, output_.spare_buffer());
  if (piece.failure == document_failure::unreadable) done_.unreadable = true;
  if (!output_.put(given.place, std::move(piece))) return false;
  {
    const std::scoped_lock lock{mutex_};
    const auto at = documents_.find(given.place.document);
    if (++at->second.pieces_done < given.work->pieces()) return true;
    bytes_ -= at->second.bytes;
    documents_.erase(at);
    done_.documents += 1;
  }
  changed_.notify_all();
  return true;
}

} // namespace texlex::cli

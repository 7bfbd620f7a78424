#include "clients/cli/document_crew.hpp"

#include <algorithm>
#include <system_error>

namespace texlex::cli {
namespace {

// No document is read ahead while those that wait to be written have more.
constexpr uint64_t bytes_ahead_max = 256u << 20;

} // namespace

void document_crew::run(uint32_t threads) {
  threads_ = threads;
  helpers_to_call_ = threads - 1;
  work_along();
  helpers_.clear(); // joins them
  if (thrown_) std::rethrow_exception(thrown_);
}

void document_crew::work_along() noexcept try {
  while (const auto given = next_task()) {
    if (given->work == nullptr) {
      read_document();
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
    if (all_read_ && documents_.empty()) return std::nullopt;
    // All there is has been begun: nobody needs one more to end it.
    if (all_read_ && std::all_of(documents_.begin(), documents_.end(), [](const auto& each) { return each.work; }))
      return std::nullopt;
    changed_.wait(lock);
  }
}

std::optional<document_crew::task> document_crew::next_piece() {
  for (numbered_work& each : documents_)
    if (each.work && each.pieces_begun < each.work->pieces())
      return task{each.work, {each.number, each.pieces_begun++}};
  return std::nullopt;
}

bool document_crew::may_read() const noexcept {
  return !reading_ && !all_read_ && documents_.size() < 2 * size_t{threads_} && bytes_ < bytes_ahead_max;
}

// Threads are started once there is something for a second one: most often there is one short document.
void document_crew::call_helpers() {
  if (helpers_to_call_ == 0) return;
  const auto& last = documents_.back();
  const bool more = !all_read_ || documents_.size() > 1 || !last.work || last.pieces_begun < last.work->pieces();
  if (!more) return;
  try {
    for (; helpers_to_call_ > 0; --helpers_to_call_) helpers_.emplace_back([this] { work_along(); });
  } catch (const std::system_error&) {
    helpers_to_call_ = 0; // those there are do the work
  }
}

void document_crew::read_document() {
  auto read = next_();
  uint64_t number = 0;
  {
    const std::scoped_lock lock{mutex_};
    reading_ = false;
    if (read) {
      number = next_number_++;
      bytes_ += read->read.bytes.size();
      documents_.push_back({number, nullptr, read->read.bytes.size()});
    } else {
      all_read_ = true;
    }
  }
  changed_.notify_all();
  if (!read) return;
  const bool named = named_ || read->name != only_name_;
  auto work = std::make_shared<const document_work>(wishes_, std::move(*read), named);
  done_.bytes += work->bytes();
  if (!work->readable()) done_.unreadable = true;
  if (work->readable() && !work->scanned()) done_.refused = true;
  const bool gave_up = wishes_.service != nullptr && wishes_.service->gave_up();
  if (work->issue_count() > 0) done_.issues = true;
  {
    const std::scoped_lock lock{mutex_};
    const auto at = std::find_if(documents_.begin(), documents_.end(),
                                 [number](const numbered_work& each) { return each.number == number; });
    at->work = std::move(work);
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
    const auto at = std::find_if(documents_.begin(), documents_.end(),
                                 [&](const numbered_work& each) { return each.number == given.place.document; });
    if (++at->pieces_done < given.work->pieces()) return true;
    bytes_ -= at->bytes;
    documents_.erase(at);
    done_.documents += 1;
  }
  changed_.notify_all();
  return true;
}

} // namespace texlex::cli

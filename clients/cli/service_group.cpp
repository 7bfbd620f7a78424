#include "clients/cli/service_group.hpp"

#include <algorithm>
#include <system_error>

#include <spdlog/fmt/fmt.h>

#include "clients/cpp/retry_policy.hpp"

namespace texlex::cli {

/// The documents of one call, of which each is asked for until it has an answer or nobody is left.
class service_group::round {
public:
  explicit round(std::span<const scan_input> documents) : documents_(documents), answers_(documents.size()) {
    for (size_t i = 0; i < documents.size(); ++i) open_.push_back(i);
  }

  [[nodiscard]] size_t open() const noexcept { return open_.size(); }

  /// Asks about all that are open. Why the server is not to be asked any more; nothing if it is.
  [[nodiscard]] std::optional<service_failure> ask(token_service& service) {
    std::vector<scan_input> asked;
    for (const size_t each : open_) asked.push_back(documents_[each]);
    auto told = service.tokenize(asked);
    std::optional<service_failure> lost_by;
    std::vector<size_t> still_open;
    for (size_t i = 0; i < told.size(); ++i) {
      auto* const failure = std::get_if<service_failure>(&told[i]);
      if (failure == nullptr) {
        answers_[open_[i]] = std::move(std::get<token_columns>(told[i]));
      } else if (failure->what == service_failure::kind::of_document) {
        answers_[open_[i]] = group_failure{.sentence = std::move(failure->sentence)};
      } else {
        still_open.push_back(open_[i]);
        if (!lost_by || failure->what == service_failure::kind::wrong) lost_by = std::move(*failure);
      }
    }
    open_ = std::move(still_open);
    return lost_by;
  }

  /// `why` there is none of those that are open.
  [[nodiscard]] std::vector<answer> end(const std::string& why) && {
    for (const size_t each : open_)
      answers_[each] = group_failure{.sentence = why,
                                     .none_left = true,
                                     .is_told_with_another = each != open_.front(),
                                     .told_with_it = each == open_.front() ? open_.size() - 1 : 0};
    return std::move(answers_);
  }

private:
  std::span<const scan_input> documents_;
  std::vector<answer> answers_;
  std::vector<size_t> open_;
};

service_group::~service_group() = default; // the thread is the last member, and ends first

void service_group::add(std::unique_ptr<token_service> service, bool is_there) {
  const std::scoped_lock lock{mutex_};
  members_.push_back(std::make_unique<member>());
  members_.back()->service = std::move(service);
  if (!is_there) lose(*members_.back(), {});
}

size_t service_group::size() const {
  const std::scoped_lock lock{mutex_};
  return static_cast<size_t>(
    std::count_if(members_.begin(), members_.end(), [](const auto& each) { return each->is == state::there; }));
}

uint32_t service_group::batch_documents_max() const {
  const std::scoped_lock lock{mutex_};
  uint32_t most = 1;
  for (const auto& each : members_)
    if (each->is == state::there) most = std::max(most, each->service->batch_documents_max());
  return most;
}

std::vector<service_group::answer> service_group::tokenize(std::span<const scan_input> documents) {
  round asked{documents};
  while (asked.open() > 0) {
    const size_t count = asked.open();
    member* const taken = take_least_busy(count);
    if (taken == nullptr) break;
    const auto lost_by = asked.ask(*taken->service);
    give_back(*taken, count, lost_by ? &*lost_by : nullptr);
  }
  return std::move(asked).end(why_lost());
}

std::string service_group::why_lost() const {
  const std::scoped_lock lock{mutex_};
  return lost_by_;
}

// Where none is left it is waited for one to come back. Null: none did.
service_group::member* service_group::take_least_busy(size_t documents) {
  std::unique_lock lock{mutex_};
  if (!gave_up_ && !is_any(state::there) && is_any(state::lost) && wait_)
    (void)changed_.wait_for(lock, *wait_, [&] { return gave_up_ || is_any(state::there) || !is_any(state::lost); });
  member* best = nullptr;
  for (const auto& each : members_)
    if (each->is == state::there && (best == nullptr || each->asked < best->asked)) best = each.get();
  if (best == nullptr || gave_up_) {
    gave_up_ = true;
    changed_.notify_all();
    return nullptr;
  }
  best->asked += documents;
  return best;
}

void service_group::give_back(member& taken, size_t documents, const service_failure* lost_by) {
  const std::scoped_lock lock{mutex_};
  taken.asked -= documents;
  if (lost_by == nullptr || taken.is != state::there) return;
  lose(taken, *lost_by);
  if (is_any(state::there))
    told_(lost_by->sentence + " Other servers go on.");
  else if (taken.is == state::lost && wait_ && wait_->count() > 0)
    told_(fmt::format("{} No other server is left; it is waited for.", lost_by->sentence));
  if (!is_any(state::there) && !(is_any(state::lost) && wait_)) gave_up_ = true;
  changed_.notify_all();
}

bool service_group::is_any(state wanted) const noexcept {
  return std::any_of(members_.begin(), members_.end(), [&](const auto& each) { return each->is == wanted; });
}

// One that says what cannot be true is not asked again.
void service_group::lose(member& lost, const service_failure& why) {
  lost.is = why.what == service_failure::kind::wrong ? state::wrong : state::lost;
  if (!why.sentence.empty()) lost_by_ = why.sentence;
  lost.looks = 0;
  lost.look_at = now() + client_core::retry_policy::pause_after(0, 0);
  if (lost.is == state::wrong || !wait_ || lookout_.joinable()) return;
  try {
    lookout_ = std::jthread{[this](const std::stop_token& stop) { look_for_lost(stop); }};
  } catch (const std::system_error&) { // no thread is to be had: those that are there go on
  }
}

bool service_group::gave_up() const {
  const std::scoped_lock lock{mutex_};
  return gave_up_;
}

void service_group::look_for_lost(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested()) {
    member* const next = next_to_look_for();
    if (next == nullptr)
      changed_.wait(lock, stop, [&] { return next_to_look_for() != nullptr; });
    else if (!changed_.wait_until(lock, stop, next->look_at, [&] { return next_to_look_for() != next; })
             && !stop.stop_requested())
      look_for(*next, lock);
  }
}

service_group::member* service_group::next_to_look_for() noexcept {
  member* next = nullptr;
  for (const auto& each : members_)
    if (each->is == state::lost && (next == nullptr || each->look_at < next->look_at)) next = each.get();
  return next;
}

// Without the lock, as it may take as long as connecting may.
void service_group::look_for(member& lost, std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const auto still_gone = lost.service->look_again();
  lock.lock();
  if (!still_gone) {
    lost.is = state::there;
    told_(fmt::format("the texlexd at {} is back, and is used again", lost.service->address()));
  } else if (still_gone->what == service_failure::kind::wrong) {
    lost.is = state::wrong;
    told_(still_gone->sentence + " It is not looked for again.");
  } else {
    lost.look_at = now() + client_core::retry_policy::pause_after(++lost.looks, 0);
    return;
  }
  changed_.notify_all();
}

} // namespace texlex::cli

#include "clients/cli/token_service.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/limits.hpp"

namespace texlex::cli {
namespace {

using kind = service_failure::kind;

// What the server says of one document and not of itself. All else would be said of the next one too.
bool is_of_the_document(status refused) noexcept {
  switch (refused) {
    case status::document_too_large:
    case status::worker_lost:
    case status::internal_error:
    case status::condemned_document: return true;
    default: return false;
  }
}

service_failure of_the_document(std::string sentence) {
  return {kind::refused, status::document_too_large, {}, std::move(sentence)};
}

} // namespace

std::optional<std::string> token_service::begin() {
  retry_schedule schedule;
  for (;;) {
    std::optional<service_connection> made;
    if (!take_place(made)) return given_up_;
    auto failure = open(made);
    const bool has_offer = made && made->offer();
    give_back(std::move(made));
    if (!failure) {
      version_1_ = !has_offer;
      return std::nullopt;
    }
    if (judge(*failure, false, schedule) != verdict::try_again) return failure->sentence;
  }
}

std::variant<token_columns, std::string> token_service::tokenize(const scan_input& input) {
  retry_schedule schedule;
  for (bool was_lost = false;;) {
    std::optional<service_connection> connection;
    if (!take_place(connection)) return *given_up_;
    if (was_lost) connection.reset(); // of the others, which may be lost as well
    const bool was_used = connection.has_value();
    std::optional<service_failure> failure;
    if (!was_used) failure = open(connection);
    if (!failure) {
      auto answered = ask(*connection, input);
      if (auto* columns = std::get_if<token_columns>(&answered)) {
        give_back(std::move(connection));
        return std::move(*columns);
      }
      failure = std::move(std::get<service_failure>(answered));
      if (failure->what != kind::refused) connection.reset();
    }
    give_back(std::move(connection));
    was_lost = failure->what == kind::lost;
    switch (judge(*failure, was_used, schedule)) {
      case verdict::try_again: break;
      case verdict::document_fails: return failure->sentence;
      case verdict::give_up: return fail(*failure);
    }
  }
}

bool token_service::gave_up() const {
  const std::scoped_lock lock{mutex_};
  return given_up_.has_value();
}

// A new connection, if it offers what is wished for.
std::optional<service_failure> token_service::open(std::optional<service_connection>& made) {
  auto opened = service_connection::open(wishes_.address, answer_timeout_);
  if (auto* failure = std::get_if<service_failure>(&opened)) return std::move(*failure);
  auto& connection = std::get<service_connection>(opened);
  if (auto why = why_not_served(wishes_, connection.offer()); !why.empty())
    return service_failure{kind::wrong, status::ok, {}, std::move(why)};
  made.emplace(std::move(connection));
  return std::nullopt;
}

// Waits for a place among the connections, and takes one that is idle if there is one. False: the server was given up.
bool token_service::take_place(std::optional<service_connection>& idle) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return given_up_ || !idle_.empty() || in_use_ < connections_max_; });
  if (given_up_) return false;
  if (!idle_.empty()) {
    idle.emplace(std::move(idle_.back()));
    idle_.pop_back();
  }
  ++in_use_;
  return true;
}

void token_service::give_back(std::optional<service_connection> connection) {
  {
    const std::scoped_lock lock{mutex_};
    --in_use_;
    if (connection) idle_.push_back(std::move(*connection));
  }
  changed_.notify_all();
}

// Where the server has no place for one more connection, those there are must do; false if there is none.
bool token_service::makes_do_with_fewer() {
  const std::scoped_lock lock{mutex_};
  const auto others = static_cast<uint32_t>(in_use_ + idle_.size());
  if (others == 0) return false;
  connections_max_ = std::min(connections_max_, others);
  return true;
}

token_service::answer token_service::ask(service_connection& connection, const scan_input& input) const {
  const uint64_t bytes = input.document.size();
  const auto& offer = connection.offer();
  const uint64_t carried_max = limits::document_bytes_max - limits::tokenize_head_bytes_max;
  const uint64_t bytes_max = offer ? std::min<uint64_t>(offer->document_bytes_max, carried_max) : carried_max;
  if (bytes > bytes_max)
    return of_the_document(
      fmt::format("the document has {} bytes, and the texlexd at {} takes {} at most; run without --socket", bytes,
                  wishes_.address, bytes_max));
  if (!offer) return connection.count(input.document);
  const auto told = static_cast<uint32_t>(std::min<uint64_t>(wishes_.issues_max, offer->issues_told_max));
  auto answered = connection.tokenize({input, wishes_.columns(), told});
  if (auto* const failure = std::get_if<service_failure>(&answered)) {
    if (failure->status == status::unsupported_option || failure->status == status::unknown_regime)
      failure->sentence =
        fmt::format("{} Asked for were --regime {}, --view {} and --format {}.", failure->sentence, input.regime->name,
                    input.view == token_view::tex ? "tex" : "source", wishes_.format);
    return answered;
  }
  const auto* const columns = &std::get<token_columns>(answered);
  if (wishes_.issues && std::min(columns->issue_count, wishes_.issues_max) > told)
    return of_the_document(
      fmt::format("the document has {} issues, of which the texlexd at {} tells {} at most; add --issues-max {}",
                  columns->issue_count, wishes_.address, told, told));
  return answered;
}

// Waits, if it is to be tried again.
token_service::verdict token_service::judge(service_failure& failure, bool was_used, retry_schedule& schedule) {
  // The server ends connections that were idle for long, and all of them when it is started anew.
  if (failure.what == kind::lost && was_used) return verdict::try_again;
  if (failure.what != kind::refused) return verdict::give_up;
  if (failure.status == status::too_many_connections && makes_do_with_fewer()) return verdict::try_again;
  if (is_worth_another_try(failure.status)) {
    if (const auto wait = schedule.next_wait(failure.retry_after)) {
      std::unique_lock lock{mutex_};
      (void)changed_.wait_for(lock, *wait, [&] { return given_up_.has_value(); });
      return verdict::try_again;
    }
    failure.sentence += fmt::format(" It was tried again {} times; it asks to come back after {} ms.",
                                    schedule.tries_again(), failure.retry_after.count());
  }
  return is_of_the_document(failure.status) ? verdict::document_fails : verdict::give_up;
}

// The first reason is the one that is told: others follow from it.
std::string token_service::fail(const service_failure& failure) {
  {
    const std::scoped_lock lock{mutex_};
    if (!given_up_) given_up_ = failure.sentence;
  }
  changed_.notify_all();
  return failure.sentence;
}

} // namespace texlex::cli

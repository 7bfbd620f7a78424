#include "clients/cli/token_service.hpp"

#include <algorithm>
#include <string_view>
#include <thread>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/service_address.hpp"
#include "clients/cli/token_answer.hpp"
#include "clients/cpp/retry_schedule.hpp"
#include "runtime/limits.hpp"

namespace texlex::cli {
namespace {

/// A document that was under way when its connection ended is asked for once more.
constexpr uint32_t unreachable_attempts_max = 2;
/// As many batches as there can be threads, and a large document beside each.
constexpr uint32_t pending_max = 256 * (limits::batch_documents_max + 1);
constexpr std::chrono::milliseconds connect_patience_max{5'000};
constexpr std::chrono::milliseconds one_look{250};
/// Beyond its patience for one, a server may take so long for all that is under way.
constexpr uint64_t milliseconds_a_document = 10;
constexpr uint64_t bytes_a_second = 1u << 20;
/// A byte of a document comes back as so many at most.
constexpr uint64_t bytes_back_max = 5;

std::string_view text_of(const scan_input& input) noexcept {
  return {reinterpret_cast<const char*>(input.document.data()), input.document.size()};
}

} // namespace

std::optional<service_failure> token_service::begin() {
  using kind = service_failure::kind;
  auto url = url_of(wishes_.address);
  if (auto* const why = std::get_if<std::string>(&url)) return service_failure{kind::wrong, std::move(*why)};
  url_ = std::get<service_url>(url).text;
  auto made = remote::client::open({url_}, {.timeout = patience_,
                                            .connect_timeout = std::min(patience_, connect_patience_max),
                                            .attempts_max = retry_schedule::tries_again_max + 1,
                                            .pending_max = pending_max,
                                            .unreachable_attempts_max = unreachable_attempts_max});
  if (!made)
    return service_failure{kind::wrong,
                           fmt::format("cannot ask the texlexd at {}: {}", wishes_.address, made.error().text)};
  client_.emplace(std::move(*made));
  retry_schedule schedule;
  for (;;) {
    auto offered = client_->offer();
    if (offered) return accept(std::move(*offered));
    const auto wait = is_worth_another_try(static_cast<status>(offered.error().server_status))
                        ? schedule.next_wait(offered.error().retry_after)
                        : std::nullopt;
    if (!wait) return describe_failure(offered.error(), wishes_, url_, {});
    std::this_thread::sleep_for(*wait);
  }
}

std::optional<service_failure> token_service::look_again() {
  auto offered = client_->offer(0, one_look);
  if (!offered) return describe_failure(offered.error(), wishes_, url_, {});
  return accept(std::move(*offered));
}

// If it does what is wished for. What was said of its regime at first, or was not, holds to the end.
std::optional<service_failure> token_service::accept(remote::server_offer offered) {
  auto why = why_not_served(wishes_, offered);
  const std::scoped_lock lock{mutex_};
  if (why.empty() && offer_ && (offered.version == 1) != (offer_->version == 1))
    why = fmt::format("the texlexd at {} speaks another version of the protocol than before", wishes_.address);
  if (!why.empty()) return service_failure{service_failure::kind::wrong, std::move(why)};
  offer_ = std::make_shared<const remote::server_offer>(std::move(offered));
  return std::nullopt;
}

token_service::offer_ptr token_service::offer() const {
  const std::scoped_lock lock{mutex_};
  return offer_;
}

uint32_t token_service::batch_documents_max() const {
  const auto offered = offer();
  return offered ? std::clamp<uint32_t>(offered->batch_documents_max, 1, limits::batch_documents_max) : 1;
}

// What a version 1 server is not told it does not do: that was found before.
remote::question token_service::question_for(const remote::server_offer& offer, const scan_input& like) const {
  remote::question how;
  how.columns = wishes_.columns();
  how.issues_max = static_cast<uint32_t>(std::min(wishes_.issues_max, offer.issues_max));
  if (offer.version > 1) how.regime = like.regime->name;
  how.view = like.view == token_view::tex ? TEXLEX_VIEW_TEX : TEXLEX_VIEW_SOURCE;
  how.unit = TEXLEX_COLUMN_BYTES;
  how.timeout = time_for_all();
  how.traceparent = wishes_.traceparent;
  if (wishes_.priority == "background") how.priority = TEXLEX_CLIENT_BACKGROUND;
  if (wishes_.priority == "interactive") how.priority = TEXLEX_CLIENT_INTERACTIVE;
  return how;
}

std::optional<service_failure> token_service::too_large(const remote::server_offer& offer,
                                                        const scan_input& input) const {
  const uint64_t carried_max = limits::document_bytes_max - limits::tokenize_head_bytes_max;
  const uint64_t bytes_max = std::min(offer.document_bytes_max, carried_max);
  if (input.document.size() <= bytes_max) return std::nullopt;
  return service_failure{
    service_failure::kind::of_document,
    fmt::format("the document has {} bytes, and the texlexd at {} takes {} at most; run without --socket",
                input.document.size(), wishes_.address, bytes_max)};
}

token_service::milliseconds token_service::time_for_all() const noexcept {
  const uint64_t of_bytes = (1 + bytes_back_max) * bytes_under_way_ * 1000 / bytes_a_second;
  return patience_ + milliseconds{of_bytes + milliseconds_a_document * documents_under_way_};
}

token_service::answer token_service::take(const remote::server_offer& offer, const scan_input& input,
                                          const remote::result<remote::tokens>& told) const {
  if (!told) return describe_failure(told.error(), wishes_, url_, input);
  const auto issues_told = static_cast<uint32_t>(std::min(wishes_.issues_max, offer.issues_max));
  auto taken = take_answer({input, wishes_.columns(), issues_told}, told_by(*told));
  if (const auto* why = std::get_if<std::string>(&taken)) return describe_wrong_answer(*why);
  auto& columns = std::get<token_columns>(taken);
  if (wishes_.issues && std::min(columns.issue_count, wishes_.issues_max) > issues_told)
    return service_failure{
      service_failure::kind::of_document,
      fmt::format("the document has {} issues, of which the texlexd at {} tells {} at most; add --issues-max {}",
                  columns.issue_count, wishes_.address, issues_told, issues_told)};
  return std::move(columns);
}

/// Documents that are asked for together: small ones in frames of many, and each of the others by itself.
class token_service::asking {
public:
  asking(token_service& service, std::span<const scan_input> documents)
    : service_(service), offer_(service.offer()), documents_(documents), answers_(documents.size()) {
    for (const scan_input& each : documents) bytes_ += each.document.size();
    service_.documents_under_way_ += documents_.size();
    service_.bytes_under_way_ += bytes_;
  }
  ~asking() {
    service_.documents_under_way_ -= documents_.size();
    service_.bytes_under_way_ -= bytes_;
  }
  asking(const asking&) = delete;
  asking& operator=(const asking&) = delete;

  std::vector<answer> ask() {
    how_ = service_.question_for(*offer_, documents_.front());
    std::vector<size_t> small;
    for (size_t i = 0; i < documents_.size(); ++i) {
      if (auto why = service_.too_large(*offer_, documents_[i]))
        answers_[i] = std::move(*why);
      else if (offer_->batch_documents_max > 1 && documents_[i].document.size() < small_document_bytes)
        small.push_back(i);
      else
        begin(i);
    }
    ask_together(small);
    for (single& each : singles_) finish(each);
    return std::move(answers_);
  }

private:
  struct single {
    size_t index = 0;
    remote::call call;
  };

  // Its columns may come in the server's memory: they are read once, and made into others here. The document is sent:
  // to seal one that is asked for once costs what it saves.
  void begin(size_t index) {
    const scan_input& input = documents_[index];
    remote::question how = how_;
    how.columns_by_descriptor = true;
    auto begun = service_.client_->submit(text_of(input), how);
    if (begun)
      singles_.push_back({index, std::move(*begun)});
    else
      answers_[index] = service_.take(*offer_, input, begun.error());
  }

  void finish(single& one) {
    const scan_input& input = documents_[one.index];
    auto told = one.call.wait();
    if (told.status() == remote::status::descriptor_lost) told = service_.client_->tokenize(text_of(input), how_);
    answers_[one.index] = service_.take(*offer_, input, told);
  }

  void ask_together(const std::vector<size_t>& indices) {
    if (indices.empty()) return;
    std::vector<std::string_view> texts;
    texts.reserve(indices.size());
    for (const size_t each : indices) texts.push_back(text_of(documents_[each]));
    const auto told = service_.client_->tokenize_batch(texts, how_);
    for (size_t i = 0; i < indices.size(); ++i) {
      const scan_input& input = documents_[indices[i]];
      answers_[indices[i]] =
        told ? service_.take(*offer_, input, (*told)[i]) : service_.take(*offer_, input, told.error());
    }
  }

  token_service& service_;
  offer_ptr offer_;
  std::span<const scan_input> documents_;
  std::vector<answer> answers_;
  std::vector<single> singles_;
  remote::question how_;
  uint64_t bytes_ = 0;
};

std::vector<token_service::answer> token_service::tokenize(std::span<const scan_input> documents) {
  if (documents.empty()) return {};
  return asking{*this, documents}.ask();
}

} // namespace texlex::cli

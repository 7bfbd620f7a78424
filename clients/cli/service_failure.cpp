#include "clients/cli/service_failure.hpp"

#include <new>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/outcome.hpp"

namespace texlex::cli {
namespace {

using kind = service_failure::kind;

// What the server says of one document and not of itself. All else would be said of the next one too.
kind blamed_for(status refused) noexcept {
  switch (refused) {
    case status::document_too_large:
    case status::worker_lost:
    case status::internal_error:
    case status::condemned_document: return kind::of_document;
    case status::overload:
    case status::deadline_exceeded:
    case status::too_many_connections:
    case status::shutting_down:
    case status::no_worker: return kind::lost;
    default: return kind::wrong;
  }
}

service_failure of_refusal(const remote::failure& failure, const service_wishes& wishes, const scan_input& input) {
  if (failure.server_status >= status_count)
    return {kind::wrong,
            fmt::format("texlexd refused by a status this program does not know: {}", failure.server_status)};
  const auto refused = static_cast<status>(failure.server_status);
  service_failure made{blamed_for(refused), fmt::format("texlexd refused: {}: {}", name_of(refused), explain(refused))};
  const bool of_options = refused == status::unsupported_option || refused == status::unknown_regime;
  if (of_options && input.regime != nullptr)
    made.sentence += fmt::format(" Asked for were --regime {}, --view {} and --format {}.", input.regime->name,
                                 input.view == token_view::tex ? "tex" : "source", wishes.format);
  if (failure.retry_after.count() > 0)
    made.sentence += fmt::format(" It asks to come back after {} ms, which is too late or was too often.",
                                 failure.retry_after.count());
  return made;
}

} // namespace

service_failure describe_failure(const remote::failure& failure, const service_wishes& wishes, std::string_view url,
                                 const scan_input& input) {
  std::string what = failure.text; // in which the server is called otherwise than the user called it
  if (const size_t at = what.find(url); !url.empty() && at != std::string::npos)
    what.erase(at, url.size() + std::string_view{": "}.size());
  switch (failure.status) {
    case remote::status::refused: return of_refusal(failure, wishes, input);
    case remote::status::broken_protocol:
      return {kind::wrong, fmt::format("texlexd's answer is malformed: at {} {}", wishes.address, what)};
    case remote::status::unsupported:
      return {kind::wrong, fmt::format("the texlexd at {} no longer does what it offered: {}", wishes.address, what)};
    case remote::status::document_too_large: return {kind::of_document, std::move(what)};
    case remote::status::no_memory: throw std::bad_alloc{};
    default: return {kind::lost, fmt::format("cannot reach the texlexd at {}: {}", wishes.address, what)};
  }
}

service_failure describe_wrong_answer(const std::string& why) {
  return {kind::wrong, "texlexd's answer is malformed: it " + why};
}

} // namespace texlex::cli

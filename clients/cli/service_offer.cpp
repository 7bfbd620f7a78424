#include "clients/cli/service_offer.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

namespace texlex::cli {
namespace {

// A server may offer any number of them, of any length.
constexpr size_t names_told_max = 16;
constexpr size_t name_bytes_told_max = 64;

constexpr std::array<std::pair<column_set, std::string_view>, 3> columns_asked_for{
  {{column_set::kinds, "kind"}, {column_set::starts, "start"}, {column_set::issues, "issues"}}};

// Version 1 returns counts of the tex view under the server's own regime, and nothing else.
std::string why_not_by_version_1(const service_wishes& wishes) {
  std::string what;
  if (wishes.wants_tokens()) {
    what = fmt::format("--format {}: add --format counts", wishes.format);
  } else if (wishes.issues) {
    what = "--issues: leave it out";
  } else if (wishes.view != token_view::tex) {
    what = "--view source: leave it out";
  } else if (wishes.priority && wishes.priority != "normal") {
    what = "--priority: leave it out";
  } else if (wishes.traceparent) {
    what = "--traceparent: leave it out";
  } else if (wishes.regime_was_given) {
    what = fmt::format("--regime {}: leave it out to count under the regime that one serves", wishes.regime->name);
  } else {
    return {};
  }
  return fmt::format("the texlexd at {} speaks version 1 of the protocol only, which cannot carry {}, or run without "
                     "--socket",
                     wishes.address, what);
}

std::string missing_columns(const service_wishes& wishes, uint32_t offered) {
  std::vector<std::string_view> missing;
  for (const auto& [column, name] : columns_asked_for)
    if (holds(wishes.columns() & ~offered, column)) missing.push_back(name);
  return fmt::format("{}", fmt::join(missing, ", "));
}

std::string offered_names(const std::vector<std::string>& names) {
  std::vector<std::string> told;
  for (const std::string& name : names) {
    if (told.size() == names_told_max) {
      told.emplace_back("...");
      break;
    }
    told.push_back(name.substr(0, name_bytes_told_max));
  }
  return told.empty() ? "none" : fmt::format("{}", fmt::join(told, ", "));
}

} // namespace

uint32_t service_wishes::columns() const noexcept {
  const auto bit = [](column_set column) { return static_cast<uint32_t>(column); };
  return (wants_tokens() ? bit(column_set::kinds) | bit(column_set::starts) : 0)
         | (issues && issues_max > 0 ? bit(column_set::issues) : 0);
}

std::string why_not_served(const service_wishes& wishes, const remote::server_offer& offer) {
  if (offer.version == 1 && !wishes.any_regime_will_do)
    return fmt::format("the texlexd at {} speaks version 1 of the protocol only, which does not tell its regime; it is "
                       "not used",
                       wishes.address);
  if (offer.version == 1) return why_not_by_version_1(wishes);
  if (const std::string missing = missing_columns(wishes, offer.columns); !missing.empty())
    return fmt::format("the texlexd at {} does not offer the columns that {} needs: {}; {}, or run without --socket",
                       wishes.address, wishes.wants_tokens() ? "--format " + wishes.format : "--issues", missing,
                       wishes.wants_tokens() ? "add --format counts" : "leave out --issues");
  if (std::find(offer.regimes.begin(), offer.regimes.end(), wishes.regime->name) == offer.regimes.end())
    return fmt::format("the texlexd at {} does not offer the regime {}{}; --regime may be one of those it offers: {}",
                       wishes.address, wishes.regime->name,
                       wishes.regime_was_given ? "" : ", which is the default of --regime",
                       offered_names(offer.regimes));
  return {};
}

} // namespace texlex::cli

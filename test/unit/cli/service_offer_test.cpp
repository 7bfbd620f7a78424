#include <boost/test/unit_test.hpp>

#include "clients/cli/service_offer.hpp"
#include "kernels/regimes.hpp"

using namespace texlex;
using namespace texlex::cli;

BOOST_AUTO_TEST_SUITE(service_offer_test)

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

service_wishes wishes() { return {.address = "./s", .regime = find_regime("latex")}; }

remote::server_offer offer() {
  remote::server_offer made;
  made.version = 2;
  made.columns = all_columns;
  made.regimes = {"latex", "plain"};
  return made;
}

remote::server_offer version_1() {
  remote::server_offer made;
  made.version = 1;
  return made;
}

} // namespace

BOOST_AUTO_TEST_CASE(tokens_are_asked_for_as_kinds_and_starts_and_issues_only_if_some_are_listed) {
  auto wanted = wishes();
  BOOST_TEST(wanted.columns() == 0u);
  wanted.issues = true;
  BOOST_TEST(wanted.columns() == 0u); // of none
  wanted.issues_max = 1;
  BOOST_TEST(wanted.columns() == 0x80u);
  wanted.format = "jsonl";
  BOOST_TEST(wanted.columns() == 0x83u);
}

BOOST_AUTO_TEST_CASE(a_server_that_offers_all_can_do_all) {
  auto wanted = wishes();
  wanted.format = "tsv";
  wanted.issues = true;
  wanted.issues_max = 5;
  wanted.view = token_view::source;
  wanted.regime_was_given = true;
  BOOST_TEST(why_not_served(wanted, offer()).empty());
}

BOOST_AUTO_TEST_CASE(version_1_has_counts_and_of_all_else_the_option_is_named) {
  BOOST_TEST(why_not_served(wishes(), version_1()).empty());
  const auto refused = [](auto change) {
    auto wanted = wishes();
    change(wanted);
    return why_not_served(wanted, version_1());
  };
  const auto format = refused([](service_wishes& one) { one.format = "tsv"; });
  BOOST_TEST(has(format, "--format tsv"), format);
  BOOST_TEST(has(format, "version 1"), format);
  BOOST_TEST(has(format, "./s"), format);
  BOOST_TEST(has(refused([](service_wishes& one) { one.issues = true; }), "--issues"));
  BOOST_TEST(has(refused([](service_wishes& one) { one.view = token_view::source; }), "--view source"));
  BOOST_TEST(has(refused([](service_wishes& one) { one.regime_was_given = true; }), "--regime latex"));
  BOOST_TEST(has(refused([](service_wishes& one) { one.priority = "background"; }), "--priority"));
  BOOST_TEST(has(refused([](service_wishes& one) { one.traceparent = "00-"; }), "--traceparent"));
  BOOST_TEST(refused([](service_wishes& one) { one.priority = "normal"; }).empty());
}

BOOST_AUTO_TEST_CASE(who_must_know_the_regime_does_without_a_server_of_version_1) {
  auto wanted = wishes();
  wanted.any_regime_will_do = false;
  const auto why = why_not_served(wanted, version_1());
  BOOST_TEST(has(why, "does not tell its regime"), why);
  BOOST_TEST(why_not_served(wanted, offer()).empty());
}

BOOST_AUTO_TEST_CASE(a_column_that_is_not_offered_is_named_with_the_option_that_needs_it) {
  auto wanted = wishes();
  wanted.format = "jsonl";
  auto offered = offer();
  offered.columns = all_columns & ~static_cast<uint32_t>(column_set::starts);
  auto why = why_not_served(wanted, offered);
  BOOST_TEST(has(why, "--format jsonl needs: start;"), why);
  BOOST_TEST(has(why, "--format counts"), why);
  wanted.format = "counts";
  wanted.issues = true;
  wanted.issues_max = 5;
  offered.columns = 0;
  why = why_not_served(wanted, offered);
  BOOST_TEST(has(why, "--issues needs: issues;"), why);
}

BOOST_AUTO_TEST_CASE(a_regime_that_is_not_offered_is_named_with_those_that_are) {
  auto wanted = wishes();
  wanted.regime = find_regime("expl3");
  wanted.regime_was_given = true;
  auto why = why_not_served(wanted, offer());
  BOOST_TEST(has(why, "the regime expl3;"), why);
  BOOST_TEST(has(why, "latex, plain"), why);
  auto offered = offer();
  offered.regimes = {"plain"};
  why = why_not_served(wishes(), offered);
  BOOST_TEST(has(why, "the regime latex, which is the default"), why);
  offered.regimes.clear();
  BOOST_TEST(has(why_not_served(wishes(), offered), "none"));
}

BOOST_AUTO_TEST_CASE(however_many_and_long_the_names_of_regimes_are_the_sentence_stays_short) {
  auto offered = offer();
  offered.regimes.assign(1000, std::string(1000, 'x'));
  BOOST_TEST(why_not_served(wishes(), offered).size() < 2000u);
}

BOOST_AUTO_TEST_SUITE_END()

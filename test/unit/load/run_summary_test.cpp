// What a run's samples are put together to: shares, slices, the table and the line of JSON.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

#include "clients/cli/bench/run_summary.hpp"

using namespace texlex;
using namespace texlex::load;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(run_summary_test)

namespace {

// A hundred requests in two seconds over two documents and two targets, every fourth answered by a hedge.
struct hundred_requests {
  load_plan plan;
  load_result result;

  hundred_requests() {
    plan.documents = {{"small \"s\"", std::vector<uint8_t>(1000), {}, 3}, {"large", std::vector<uint8_t>(9000), {}, 1}};
    plan.targets = {{"./a.sock", {}, 0, false}, {"localhost:4000", {}, 0, true}};
    plan.seed = 42;
    result.elapsed = 2s;
    for (uint32_t i = 0; i < 100; ++i)
      result.add({1000 + i, i, static_cast<uint8_t>(i % 2), static_cast<uint8_t>(i / 50), ending::ok,
                  i % 4 == 0 ? origin::hedge : origin::primary});
  }

  [[nodiscard]] run_report report(const run_summary& summary, const std::vector<figures_of_run>& figures) const {
    return {"a\nlabel", false, plan, result, summary, figures};
  }
};

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_run, hundred_requests)

BOOST_AUTO_TEST_CASE(is_told_in_requests_and_bytes_a_second) {
  const auto summary = summarize(plan, result);
  BOOST_TEST(summary.requests_per_second == 50);
  BOOST_TEST(summary.megabytes_per_second == 0.25);
  BOOST_TEST(summary.all.hedged_share() == 0.25);
  BOOST_TEST(*summary.all.latency.percentile_us(900'000) == 1089u);
}

BOOST_AUTO_TEST_CASE(is_told_by_document_and_by_target) {
  const auto summary = summarize(plan, result);
  BOOST_REQUIRE(summary.documents.size() == 2u);
  BOOST_TEST(summary.documents[0].hedged == 25u);
  BOOST_TEST(summary.documents[1].hedged == 0u);
  BOOST_REQUIRE(summary.targets.size() == 2u);
  BOOST_TEST(*summary.targets[0].latency.max_us() == 1049u);
}

BOOST_AUTO_TEST_CASE(tells_how_long_refusals_took_apart_from_the_answers) {
  BOOST_TEST(!holds(as_table(report(summarize(plan, result), {})), "refusals"));
  result.add({700, 0, 0, 0, ending_of(status::overload), origin::none});
  const auto summary = summarize(plan, result);
  BOOST_TEST(summary.all.latency.count() == 100u);
  BOOST_TEST(summary.refusals.count() == 1u);
  BOOST_TEST(*summary.refusals.max_us() == 700u);
  BOOST_TEST(holds(as_table(report(summary, {})), "refusals"));
  BOOST_TEST(holds(as_json_line(report(summary, {})), "\"refusal_us\":{\"max\":700}"));
}

BOOST_AUTO_TEST_CASE(tells_how_late_the_generator_was_where_it_had_a_schedule) {
  const auto summary = summarize(plan, result);
  BOOST_TEST(!holds(as_table(report(summary, {})), "before any look"));
  BOOST_TEST(holds(as_json_line(report(summary, {})), R"("looked_late_us":{})"));
  for (uint64_t i = 1; i <= 100; ++i) result.looked_late.record(i);
  BOOST_TEST(holds(as_table(report(summary, {})), "of it before any look          100     0.050     0.090         -"));
  BOOST_TEST(holds(as_json_line(report(summary, {})), R"("looked_late_us":{"p50":50,"p90":90,"max":100})"));
}

BOOST_AUTO_TEST_CASE(counts_a_time_out_as_the_latency_it_took_at_least) {
  result.add({30'000'000, never_sent, 0, 0, ending::timed_out, origin::none});
  const auto summary = summarize(plan, result);
  BOOST_TEST(*summary.all.latency.max_us() == 30'000'000u);
  BOOST_TEST(summary.all.ok == 100u);
  BOOST_TEST(summary.lateness.count() == 100u);
}

BOOST_AUTO_TEST_CASE(gains_nothing_by_quick_refusals) {
  for (int i = 0; i < 900; ++i) result.add({1, 0, 0, 0, ending_of(status::overload), origin::none});
  const auto summary = summarize(plan, result);
  BOOST_TEST(*summary.all.latency.percentile_us(500'000) == 1049u);
  BOOST_TEST(summary.requests_per_second == 50);
}

BOOST_AUTO_TEST_CASE(passes_only_if_every_request_was_answered_right) {
  BOOST_TEST(result.passed(false));
  result.add({1, 0, 0, 0, ending_of(status::overload), origin::none});
  BOOST_TEST(!result.passed(false));
  BOOST_TEST(result.passed(true));
  for (size_t i = 1; i < ending_count; ++i) {
    load_result other = result;
    other.add({1, 0, 0, 0, static_cast<ending>(i), origin::none});
    BOOST_TEST(other.passed(true) == is_refusal(static_cast<ending>(i)), name_of(static_cast<ending>(i)));
  }
}

BOOST_AUTO_TEST_CASE(without_an_answer_does_not_pass) {
  BOOST_TEST(!load_result{}.passed(true));
  load_result refused;
  refused.add({1, 0, 0, 0, ending_of(status::overload), origin::none});
  BOOST_TEST(!refused.passed(true));
}

BOOST_AUTO_TEST_CASE(makes_one_line_of_json_with_its_strings_escaped) {
  const auto summary = summarize(plan, result);
  const std::vector<figures_of_run> figures(2);
  const auto line = as_json_line(report(summary, figures));
  BOOST_TEST(line.find('\n') == line.size() - 1);
  for (const char* part :
       {R"("label":"a\u000alabel")", R"("passed":true)", R"("seed":42)", R"("document":"small \"s\"","bytes":1000)",
        R"("rate":null)", R"("endings":{"ok":100})", R"("hedged_share":0.25)", R"("p90":1089)", R"("told":false)",
        R"("curve":[[)", R"(],[90,1089]])"})
    BOOST_TEST(holds(line, part), part << " is not in " << line);
  BOOST_TEST(!holds(line, "p99.9"));
  BOOST_TEST(std::count(line.begin(), line.end(), '[') == std::count(line.begin(), line.end(), ']'));
  BOOST_TEST(!holds(line, ",}"));
  BOOST_TEST(!holds(line, "{,"));
}

BOOST_AUTO_TEST_CASE(is_a_table_that_leaves_blank_what_the_count_does_not_support) {
  const auto summary = summarize(plan, result);
  const std::vector<figures_of_run> figures(2);
  const auto table = as_table(report(summary, figures));
  BOOST_TEST(holds(table, "seed 42"));
  BOOST_TEST(holds(table, "ended: ok 100\n"));
  BOOST_TEST(holds(table, "failures of connections: none\n"));
  BOOST_TEST(holds(table, "1.089         -         -         -         -     1.099  25.00 %"));
  BOOST_TEST(holds(table, "server ./a.sock: not told\n"));
}

BOOST_AUTO_TEST_CASE(tells_what_each_server_did_meanwhile_and_what_it_did_not_tell) {
  const auto summary = summarize(plan, result);
  const server_figures before{"texlexd_hedges_fired_total 5\ntexlexd_hedges_won_total 1\ntexlexd_rotations_total 0\n"
                              "texlexd_resident_bytes 1048576\ntexlexd_queue_seconds_sum 1\n"
                              "texlexd_queue_seconds_count 10\n"};
  const server_figures after{"texlexd_hedges_fired_total 17\ntexlexd_hedges_won_total 4\ntexlexd_rotations_total 2\n"
                             "texlexd_resident_bytes 2621440\ntexlexd_queue_seconds_sum 1.5\n"
                             "texlexd_queue_seconds_count 1010\n"};
  const auto table = as_table(report(summary, {{before, after}, {before, std::nullopt}}));
  BOOST_TEST(holds(table, "server ./a.sock (warm-up included)\n"
                          "  hedges fired 12, won 3; rotations 2; restarts not told\n"
                          "  resident before 1.000 MiB, after 2.500 MiB, peak not told\n"
                          "  mean time queued 0.500 ms, served not told\n"),
             table);
  BOOST_TEST(holds(table, "server localhost:4000: not told\n"), table);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(every_ending_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < ending_count; ++i) names.insert(name_of(static_cast<ending>(i)));
  BOOST_TEST(names.size() == ending_count);
  BOOST_TEST(name_of(ending_of(static_cast<status>(99))) == "unknown-status");
}

BOOST_AUTO_TEST_CASE(a_sample_is_never_shorter_than_what_it_measures) {
  BOOST_TEST(to_sample_us(1ns) == 1u);
  BOOST_TEST(to_sample_us(1000ns) == 1u);
  BOOST_TEST(to_sample_us(-1s) == 0u);
  BOOST_TEST(to_sample_us(10h) < never_sent);
}

BOOST_AUTO_TEST_SUITE_END()

// What texlex.hpp adds to the C interface: types, results, loops, and who owns what.
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

#include "texlex/texlex.hpp"

BOOST_AUTO_TEST_SUITE(cpp_header)

BOOST_AUTO_TEST_CASE(a_loop_gives_each_token_once_and_in_order) {
  const auto tokens = texlex::tokenize("\\foo x\n");
  BOOST_TEST_REQUIRE(bool(tokens));
  std::vector<std::string> seen;
  for (const texlex::token& token : *tokens)
    seen.push_back(std::string{name_of(token.kind)} + ":" + std::string{token.name} + ":" + std::string{token.text});
  const std::vector<std::string> expected{"0:foo:\\foo", "11::x", "10::\n"};
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_walk_tells_its_end_from_a_failure) {
  const auto tokens = texlex::tokenize("a");
  auto walk = tokens->walk();
  BOOST_TEST_REQUIRE(bool(walk));
  BOOST_TEST((walk->next()->code == U'a'));
  BOOST_TEST((walk->next()->kind == texlex::token_kind::space));
  BOOST_TEST(walk->next() == nullptr);
  BOOST_TEST((walk->status() == texlex::status::end));
}

BOOST_AUTO_TEST_CASE(a_failure_is_a_value_and_an_exception_only_for_those_who_want_one) {
  texlex::options options;
  options.regime = "klingon";
  const auto tokens = texlex::tokenize("a", options);
  BOOST_TEST(!tokens);
  BOOST_TEST((tokens.status() == texlex::status::unknown_regime));
  BOOST_CHECK_EXCEPTION((void)tokens.value(), texlex::error, [](const texlex::error& error) {
    return error.status() == texlex::status::unknown_regime && std::string{error.what()} == text_of(error.status());
  });
}

BOOST_AUTO_TEST_CASE(options_reach_the_library) {
  texlex::options options;
  options.regime = "latex-package";
  options.view = texlex::token_view::source;
  options.unit = texlex::column_unit::bytes;
  options.kernel = "reference";
  const std::string document = "ä\\a@b%";
  const auto tokens = texlex::tokenize(document, options);
  auto walk = tokens->walk();
  (void)walk->next();
  const texlex::token* name = walk->next();
  BOOST_TEST(name->name == "a@b");
  BOOST_TEST(name->column == 3u);
  BOOST_TEST(is_trivia(walk->next()->kind));
}

BOOST_AUTO_TEST_CASE(a_copied_document_may_go_before_its_tokens) {
  texlex::options options;
  options.copy_document = true;
  std::string document = "\\foo";
  const auto tokens = texlex::tokenize(document, options);
  document.assign(4, '!');
  BOOST_TEST(tokens->walk()->next()->text == "\\foo");
}

BOOST_AUTO_TEST_CASE(columns_and_issues_are_views_of_what_the_library_holds) {
  const auto tokens = texlex::tokenize("\\foo\n}");
  const auto starts = tokens->starts();
  const auto columns = tokens->derive(TEXLEX_COLUMNS_ENDS | TEXLEX_COLUMNS_CODES | TEXLEX_COLUMNS_LINES
                                      | TEXLEX_COLUMNS_COLUMNS | TEXLEX_COLUMNS_NAMES);
  BOOST_TEST_REQUIRE((starts && columns));
  BOOST_TEST_REQUIRE(tokens->size() == 3u);
  BOOST_TEST((tokens->kinds()[1] == texlex::token_kind::end_group));
  BOOST_TEST((*starts)[1] == 5u);
  BOOST_TEST(columns->ends()[1] == 6u);
  BOOST_TEST(columns->codes()[1] == '}');
  BOOST_TEST(columns->lines()[1] == 2u);
  BOOST_TEST(columns->columns_in_line()[1] == 1u);
  BOOST_TEST(columns->name(0) == "foo");
  BOOST_TEST(columns->name(1).empty());
  BOOST_TEST(tokens->derive(0)->ends().empty());
  BOOST_TEST(tokens->issue_count() == 1u);
  BOOST_TEST(tokens->issues_kept() == 1u);
  BOOST_TEST((tokens->issue_at(0).kind == texlex::issue_kind::unbalanced_group));
  BOOST_TEST(tokens->place(tokens->issue_at(0).offset)->line == 2u);
  BOOST_TEST((tokens->place(7).status() == texlex::status::out_of_range));
}

BOOST_AUTO_TEST_CASE(tokens_that_were_moved_from_are_empty) {
  auto tokens = texlex::tokenize("a").value();
  const texlex::tokens taken = std::move(tokens);
  BOOST_TEST(taken.size() == 2u);
  BOOST_TEST(tokens.empty());
  BOOST_TEST((tokens.walk().status() == texlex::status::null_argument));
}

BOOST_AUTO_TEST_CASE(names_end_where_there_are_no_more) {
  BOOST_TEST(texlex::regime_name(2) == "latex");
  BOOST_TEST(texlex::regime_name(1000).empty());
  BOOST_TEST(texlex::kernel_name(1000).empty());
  BOOST_TEST(name_of(static_cast<texlex::token_kind>(5)).empty());
  BOOST_TEST(name_of(texlex::issue_kind::nul_byte) == "nul-byte");
}

BOOST_AUTO_TEST_SUITE_END()

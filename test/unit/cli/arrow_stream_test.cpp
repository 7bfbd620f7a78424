// Arrow's framing, byte by byte; test/arrow reads what is in it.
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <string>
#include <vector>

#include "clients/cli/arrow_batch.hpp"
#include "clients/cli/arrow_stream.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"

using namespace texlex;
using namespace texlex::cli;

BOOST_AUTO_TEST_SUITE(arrow_stream_test)

namespace {

const arrow_schema schema{true, {column::kind, column::name, column::line}, "latex", "tex"};

template <class Number>
Number number_at(std::string_view text, size_t at) {
  Number value = 0;
  BOOST_REQUIRE(at + sizeof value <= text.size());
  std::memcpy(&value, text.data() + at, sizeof value);
  return value;
}

// Batches of documents, as their pieces come.
std::string written(arrow_stream::kind kind, const std::vector<std::string>& documents, uint64_t words) {
  arrow_stream stream{schema, kind};
  std::string all = stream.begin();
  for (const std::string& text : documents) {
    const scan_input input{
      {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, find_regime("latex"), token_view::tex};
    const auto tokens = tokenize(input, *find_kernel("reference"), 0);
    const auto parts = cut_tokens(input, tokens, words);
    for (size_t i = 0; i < std::max<size_t>(1, parts.size()); ++i) {
      output_piece piece;
      const token_part* const part = parts.empty() ? nullptr : &parts[i];
      BOOST_REQUIRE(append_arrow_batch(input, tokens, schema, {"a.tex", tokens.count, 0}, part, piece));
      piece.batch->first = i == 0;
      piece.batch->file = "a.tex";
      all += stream.before(piece);
      all += piece.text.view();
    }
  }
  return all + stream.end();
}

// The body's length as flatbuffers store it: the table of the message, its fields' places, field 3.
int64_t body_bytes(std::string_view metadata) {
  const auto table = number_at<uint32_t>(metadata, 0);
  const auto fields = table - static_cast<uint32_t>(number_at<int32_t>(metadata, table));
  if (number_at<uint16_t>(metadata, fields) <= 10) return 0;
  const auto place = number_at<uint16_t>(metadata, fields + 10);
  return place == 0 ? 0 : number_at<int64_t>(metadata, table + place);
}

// How many messages there are from `at` on, which it leaves behind the end of the stream.
size_t count_messages(std::string_view text, size_t& at) {
  for (size_t count = 0;; ++count) {
    BOOST_REQUIRE(number_at<uint32_t>(text, at) == 0xffffffff);
    const auto metadata = number_at<uint32_t>(text, at + 4);
    BOOST_TEST(metadata % 8 == 0u);
    at += 8;
    if (metadata == 0) return count;
    const int64_t body = body_bytes(text.substr(at, metadata));
    BOOST_TEST(body % 64 == 0);
    at += metadata + static_cast<size_t>(body);
  }
}

const std::vector<std::string> documents{"\\a b\n\n$x$", "", std::string(1000, 'x'), "%"};

} // namespace

BOOST_AUTO_TEST_CASE(a_stream_is_a_schema_and_a_name_and_batches_of_each_document) {
  const std::string text = written(arrow_stream::kind::stream, documents, 1000);
  size_t at = 0;
  BOOST_TEST(count_messages(text, at) == 1 + 2 * documents.size());
  BOOST_TEST(at == text.size());
}

BOOST_AUTO_TEST_CASE(a_long_document_has_several_batches_and_one_name) {
  const std::string text = written(arrow_stream::kind::stream, documents, 4);
  size_t at = 0;
  BOOST_TEST(count_messages(text, at) == 1 + 2 * documents.size() + 3);
}

BOOST_AUTO_TEST_CASE(a_file_is_the_stream_between_magic_words_with_a_footer) {
  const std::string stream = written(arrow_stream::kind::stream, documents, 4);
  const std::string file = written(arrow_stream::kind::file, documents, 4);
  BOOST_TEST(file.starts_with("ARROW1"));
  BOOST_TEST(file.ends_with("ARROW1"));
  BOOST_TEST((file.substr(8, stream.size()) == stream));
  const auto footer = number_at<uint32_t>(file, file.size() - 10);
  BOOST_TEST(8 + stream.size() + footer + 10 == file.size());
}

BOOST_AUTO_TEST_CASE(nothing_is_a_schema_and_an_end) {
  const std::string text = written(arrow_stream::kind::stream, {}, 4);
  size_t at = 0;
  BOOST_TEST(count_messages(text, at) == 1u);
  BOOST_TEST(at == text.size());
}

BOOST_AUTO_TEST_SUITE_END()

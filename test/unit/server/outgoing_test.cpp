#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <vector>

#include "actors/server/outgoing.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(outgoing_test)

namespace {

std::vector<uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// Writes it all, so many bytes and pieces at a time.
std::string written(outgoing& out, size_t bytes_at_once, size_t pieces_at_once) {
  std::string all;
  while (!out.done()) {
    std::array<iovec, outgoing::pieces_at_once_max> pieces;
    const size_t count = out.rest(std::span{pieces}.first(pieces_at_once), bytes_at_once);
    BOOST_REQUIRE(count > 0);
    size_t bytes = 0;
    for (size_t i = 0; i < count; ++i) {
      BOOST_REQUIRE(pieces[i].iov_len > 0);
      all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      bytes += pieces[i].iov_len;
    }
    BOOST_REQUIRE(bytes <= bytes_at_once);
    out.wrote(bytes);
  }
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_was_put_out_is_written_in_order_however_little_is_taken_at_once) {
  const auto first = bytes_of("column one"), second = bytes_of("column two");
  for (size_t bytes = 1; bytes < 40; ++bytes)
    for (const size_t pieces : {1u, 2u, 3u, 32u}) {
      outgoing out;
      out.append(bytes_of("head "));
      out.refer(first);
      out.refer(second);
      out.append(bytes_of(" between "));
      out.refer(first);
      out.append(bytes_of(" tail"));
      BOOST_TEST(written(out, bytes, pieces) == "head column onecolumn two between column one tail");
    }
}

BOOST_AUTO_TEST_CASE(a_descriptor_goes_along_with_the_byte_it_was_attached_to_and_nothing_is_written_past_the_next) {
  for (size_t at_once = 1; at_once < 12; ++at_once) {
    outgoing out;
    out.append(bytes_of("abc"));
    out.attach(7);
    out.append(bytes_of("defg"));
    out.attach(8);
    out.append(bytes_of("hi"));
    BOOST_TEST(!out.whole());
    std::string seen;
    while (!out.done()) {
      if (const auto fd = out.descriptor_due()) seen += static_cast<char>('0' + *fd);
      std::array<iovec, outgoing::pieces_at_once_max> pieces;
      const size_t count = out.rest(pieces, at_once);
      BOOST_REQUIRE(count == 1u);
      seen.append(static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len);
      out.wrote(pieces[0].iov_len);
    }
    BOOST_TEST(seen == "abc7defg8hi");
  }
}

BOOST_AUTO_TEST_CASE(a_column_at_the_begin_and_one_at_the_end_are_written_too) {
  const auto column = bytes_of("column");
  outgoing out;
  out.refer(column);
  out.append(bytes_of("-"));
  out.refer(column);
  BOOST_TEST(written(out, 4, 32) == "column-column");
}

BOOST_AUTO_TEST_CASE(an_empty_column_is_nothing) {
  outgoing out;
  out.append(bytes_of("a"));
  out.refer({});
  BOOST_TEST(out.whole());
  BOOST_TEST(out.bytes() == 1u);
}

BOOST_AUTO_TEST_CASE(bytes_alone_are_in_one_piece) {
  outgoing out;
  out.append(bytes_of("abc"));
  out.wrote(1);
  BOOST_TEST(out.whole());
  BOOST_TEST(out.rest().size() == 2u);
  out.clear();
  BOOST_TEST(out.done());
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

#include <boost/endian/conversion.hpp>

#include "clients/cpp/mapped_columns.hpp"

using namespace texlex;
using namespace texlex::client_core;

BOOST_AUTO_TEST_SUITE(mapped_columns_test)

namespace {

constexpr size_t first_entry = 64, second_entry = 80;

// Three tokens: kinds at 64, starts at 256, with a gap between them.
std::string head_of_three() {
  const std::array<uint8_t, 12> bytes{};
  const std::array<column_bytes, 2> columns{
    {{column_id::kind, std::span{bytes}.first(3)}, {column_id::start, std::span{bytes}}}};
  tokenized_head head;
  head.result = {status::ok, 3, 0, origin::primary};
  std::string payload = encode_tokenized_head(head, columns);
  auto* const at = reinterpret_cast<uint8_t*>(payload.data());
  boost::endian::store_little_u64(at + 16, payload.size());
  at[39] = 1;
  boost::endian::store_little_u32(at + first_entry + 4, 1);
  boost::endian::store_little_u32(at + second_entry + 4, 4);
  return payload;
}

std::optional<tokenized> decoded(const std::string& payload, std::span<const uint8_t> mapped) {
  return decode_mapped({reinterpret_cast<const uint8_t*>(payload.data()), payload.size()}, mapped);
}

} // namespace

BOOST_AUTO_TEST_CASE(columns_lie_where_the_directory_says_with_gaps_between_them) {
  const std::vector<uint8_t> memory(268);
  const auto got = decoded(head_of_three(), memory);
  BOOST_TEST_REQUIRE(got.has_value());
  BOOST_TEST(got->head.result.token_count == 3u);
  BOOST_TEST((got->column(column_id::kind)->data() == memory.data() + 64));
  BOOST_TEST((got->column(column_id::start)->data() == memory.data() + 256));
  BOOST_TEST(got->column(column_id::start)->size() == 12u);
}

BOOST_AUTO_TEST_CASE(what_leaves_the_memory_or_overlaps_is_found) {
  const std::vector<uint8_t> memory(268);
  BOOST_TEST(!decoded(head_of_three(), std::span{memory}.first(267)));
  BOOST_TEST(!decoded(head_of_three(), {}));
  const auto with = [&](size_t at, uint32_t value) {
    std::string payload = head_of_three();
    boost::endian::store_little_u32(reinterpret_cast<uint8_t*>(payload.data()) + at, value);
    return decoded(payload, memory);
  };
  BOOST_TEST(!with(first_entry + 4, 5));           // behind the second
  BOOST_TEST(!with(first_entry + 4, 0xFFFFFFFF));  // far away
  BOOST_TEST(!with(first_entry + 12, 0xFFFFFFFF)); // long
  BOOST_TEST(!with(first_entry + 8, 4));           // more entries than tokens
  BOOST_TEST(!with(first_entry, 0x00020001));      // of another type
  BOOST_TEST(!with(24, 4));                        // tokens
  BOOST_TEST(!with(6, 200));                       // columns that are not there
  BOOST_TEST(!with(16, 0));                        // the payload's length
}

BOOST_AUTO_TEST_SUITE_END()

// The golden vectors, read, and what a client tells of a document compared with them.
#pragma once

#define BOOST_BIND_GLOBAL_PLACEHOLDERS // which Boost's own reader of JSON still uses
#include <boost/test/unit_test.hpp>

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "texlex/texlex.h"

namespace texlex::golden {

using numbers = std::vector<uint64_t>;

// What is told of a document.
struct told {
  numbers kinds, starts, ends, codes, lines, columns;
  std::vector<std::string> names;
  uint64_t issue_count = 0;
  numbers issue_kinds, issue_offsets;
};

struct golden_vector {
  std::string name, regime, view, column_unit, document;
  uint64_t issues_max = 0;
  told expected;
};

inline std::string decoded_base64(std::string_view text) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char digit : text.substr(0, text.find('='))) {
    const size_t value = digits.find(digit);
    BOOST_TEST_REQUIRE(value != digits.npos, "not a digit of base64: " << digit);
    bits = bits << 6 | static_cast<uint32_t>(value);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    result += static_cast<char>(bits >> bit_count & 0xFF);
  }
  return result;
}

template <class Entry>
std::vector<Entry> array_of(const boost::property_tree::ptree& object, const char* key) {
  std::vector<Entry> result;
  for (const auto& entry : object.get_child(key)) result.push_back(entry.second.get_value<Entry>());
  return result;
}

inline std::vector<golden_vector> read_vectors() {
  boost::property_tree::ptree file;
  boost::property_tree::read_json(TEXLEX_SOURCE_DIR "/test/golden/vectors.json", file);
  std::vector<golden_vector> result;
  for (const auto& [no_key, object] : file) {
    golden_vector vector{object.get<std::string>("name"),
                         object.get<std::string>("regime"),
                         object.get<std::string>("view"),
                         object.get<std::string>("column_unit"),
                         decoded_base64(object.get<std::string>("document")),
                         object.get<uint64_t>("issues_max"),
                         {}};
    vector.expected = {array_of<uint64_t>(object, "kinds"),       array_of<uint64_t>(object, "starts"),
                       array_of<uint64_t>(object, "ends"),        array_of<uint64_t>(object, "codes"),
                       array_of<uint64_t>(object, "lines"),       array_of<uint64_t>(object, "columns"),
                       array_of<std::string>(object, "names"),    object.get<uint64_t>("issue_count"),
                       array_of<uint64_t>(object, "issue_kinds"), array_of<uint64_t>(object, "issue_offsets")};
    result.push_back(std::move(vector));
  }
  return result;
}

inline const std::vector<golden_vector>& vectors() {
  static const auto read = read_vectors();
  return read;
}

inline texlex_view view_of(const golden_vector& vector) {
  BOOST_TEST_REQUIRE((vector.view == "tex" || vector.view == "source"), vector.view << " is no view");
  return vector.view == "tex" ? TEXLEX_VIEW_TEX : TEXLEX_VIEW_SOURCE;
}

inline texlex_column_unit unit_of(const golden_vector& vector) {
  if (vector.column_unit == "bytes") return TEXLEX_COLUMN_BYTES;
  if (vector.column_unit == "code_points") return TEXLEX_COLUMN_CODE_POINTS;
  BOOST_TEST_REQUIRE(vector.column_unit == "utf16", vector.column_unit << " is no unit");
  return TEXLEX_COLUMN_UTF16;
}

inline void check_the_same(const told& found, const told& expected) {
  BOOST_TEST(found.kinds == expected.kinds, boost::test_tools::per_element());
  BOOST_TEST(found.starts == expected.starts, boost::test_tools::per_element());
  BOOST_TEST(found.ends == expected.ends, boost::test_tools::per_element());
  BOOST_TEST(found.codes == expected.codes, boost::test_tools::per_element());
  BOOST_TEST(found.lines == expected.lines, boost::test_tools::per_element());
  BOOST_TEST(found.columns == expected.columns, boost::test_tools::per_element());
  BOOST_TEST(found.names == expected.names, boost::test_tools::per_element());
  BOOST_TEST(found.issue_count == expected.issue_count);
  BOOST_TEST(found.issue_kinds == expected.issue_kinds, boost::test_tools::per_element());
  BOOST_TEST(found.issue_offsets == expected.issue_offsets, boost::test_tools::per_element());
}

} // namespace texlex::golden

// The text and the bytes of a trace's context.
#include <boost/test/unit_test.hpp>

#include <string>

#include "runtime/trace_context.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(trace_context_test)

namespace {

// Of the standard's own examples.
const std::string usual = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

} // namespace

BOOST_AUTO_TEST_CASE(a_traceparent_is_read_and_written_as_it_was) {
  const auto context = parse_traceparent(usual);
  BOOST_REQUIRE(context);
  BOOST_TEST(context->trace_id[0] == 0x0A);
  BOOST_TEST(context->trace_id[15] == 0x9C);
  BOOST_TEST(context->parent_id[0] == 0xB7);
  BOOST_TEST(context->parent_id[7] == 0x31);
  BOOST_TEST(context->flags == 1);
  BOOST_TEST(traceparent_of(*context) == usual);
}

BOOST_AUTO_TEST_CASE(its_bytes_come_out_as_they_went_in) {
  const auto context = parse_traceparent(usual);
  const auto bytes = encode_trace_context(*context);
  BOOST_TEST((decode_trace_context({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) == context));
  BOOST_TEST(!decode_trace_context({reinterpret_cast<const char*>(bytes.data()), bytes.size() - 1}));
}

BOOST_AUTO_TEST_CASE(of_a_later_version_the_part_that_is_known_is_read) {
  std::string later = usual;
  later.replace(0, 2, "cc");
  BOOST_TEST((parse_traceparent(later) == parse_traceparent(usual)));
  BOOST_TEST((parse_traceparent(later + "-what-comes-then") == parse_traceparent(usual)));
  BOOST_TEST(!parse_traceparent(later + "what-comes-then"));
}

BOOST_AUTO_TEST_CASE(what_is_no_traceparent_is_none) {
  for (const std::string& text : {std::string{}, usual.substr(1), usual + "-more", "ff" + usual.substr(2),
                                  "00-00000000000000000000000000000000-b7ad6b7169203331-01" + std::string{},
                                  "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01" + std::string{},
                                  "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01" + std::string{}})
    BOOST_TEST(!parse_traceparent(text), text);
  for (size_t at = 0; at < usual.size(); ++at) {
    std::string wrong = usual;
    wrong[at] = 'g';
    BOOST_TEST(!parse_traceparent(wrong), wrong);
  }
}

BOOST_AUTO_TEST_SUITE_END()

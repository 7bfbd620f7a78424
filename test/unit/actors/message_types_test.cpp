// What may one day cross to another machine stays what it is through bytes.
#include <boost/test/unit_test.hpp>

#include <vector>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include "actors/messages.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(message_types_test)

namespace {

template <class Value>
Value through_bytes(Value value) {
  std::vector<char> bytes;
  caf::binary_serializer writes{nullptr, bytes};
  BOOST_TEST_REQUIRE(!writes(value));
  Value read{};
  caf::binary_deserializer reads{nullptr, bytes};
  BOOST_TEST_REQUIRE(!reads(read));
  BOOST_TEST(reads.remaining() == 0u);
  return read;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_job_and_a_lane_are_known_by_their_numbers) {
  BOOST_TEST((through_bytes(job_id{0x0123'4567'89AB'CDEF}) == job_id{0x0123'4567'89AB'CDEF}));
  BOOST_TEST((through_bytes(lane_id{0x89AB'CDEF}) == lane_id{0x89AB'CDEF}));
}

BOOST_AUTO_TEST_CASE(an_outcome_keeps_all_it_tells) {
  for (uint32_t number = 0; number < status_count; ++number) {
    const outcome told{static_cast<status>(number), 123'456'789, 42, origin::hedge};
    BOOST_TEST((through_bytes(told) == told), number);
  }
}

BOOST_AUTO_TEST_SUITE_END()

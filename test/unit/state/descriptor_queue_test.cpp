// Descriptors find the frames they came with.
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include "actors/state/descriptor_queue.hpp"
#include "test/support/printed_status.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(descriptor_queue_test)

namespace {

struct waiting {
  std::shared_ptr<quota> files = std::make_shared<quota>(20);
  descriptor_queue queue;

  int arrives(uint64_t begin, uint64_t end, bool several = false) {
    owned_fd fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const int number = fd.get();
    queue.arrived({begin, end, std::move(fd), several, quota_share{files, 1}});
    return number;
  }
  void is_lost(uint64_t begin, uint64_t end) { queue.arrived({begin, end, {}, false, quota_share{files, 1}}); }
  int taken(uint64_t frame) {
    const auto got = queue.take(frame);
    return std::holds_alternative<owned_fd>(got) ? std::get<owned_fd>(got).get() : -1;
  }
  status refusal(uint64_t frame) {
    const auto got = queue.take(frame);
    return std::holds_alternative<status>(got) ? std::get<status>(got) : status::ok;
  }
};

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(queue, waiting)

BOOST_AUTO_TEST_CASE(a_descriptor_is_had_by_the_frame_that_begins_among_the_bytes_it_came_with) {
  const int fd = arrives(10, 50);
  BOOST_TEST(taken(30) == fd);
  BOOST_TEST(refusal(30) == status::descriptor_lost);
  BOOST_TEST(files->taken() == 0u);
}

BOOST_AUTO_TEST_CASE(frames_before_and_behind_those_bytes_do_not_have_it) {
  const int fd = arrives(10, 50);
  BOOST_TEST(refusal(9) == status::descriptor_lost);
  BOOST_TEST(is_open(fd));
  BOOST_TEST(refusal(50) == status::descriptor_lost);
  BOOST_TEST(!is_open(fd));
}

BOOST_AUTO_TEST_CASE(several_frames_have_theirs_in_order) {
  const int first = arrives(0, 40), second = arrives(40, 80);
  BOOST_TEST(taken(0) == first);
  BOOST_TEST(taken(40) == second);
}

BOOST_AUTO_TEST_CASE(what_a_frame_did_not_ask_for_is_not_the_next_one_s) {
  const int unasked = arrives(0, 40), second = arrives(40, 80);
  queue.forget_before(40);
  BOOST_TEST(!is_open(unasked));
  BOOST_TEST(taken(40) == second);
}

BOOST_AUTO_TEST_CASE(one_that_was_lost_is_missed_by_its_own_frame_only) {
  is_lost(0, 40);
  const int second = arrives(40, 80);
  BOOST_TEST(refusal(0) == status::descriptor_lost);
  BOOST_TEST(taken(40) == second);
}

BOOST_AUTO_TEST_CASE(several_for_one_frame_are_none) {
  const int first = arrives(0, 40, true);
  BOOST_TEST(refusal(0) == status::bad_descriptor);
  BOOST_TEST(!is_open(first));
}

BOOST_AUTO_TEST_CASE(no_more_wait_than_the_bound_and_none_without_a_share_of_all_files) {
  for (uint64_t i = 0; i < limits::descriptors_waiting_max; ++i) arrives(i, i + 1);
  BOOST_TEST(!is_open(arrives(100, 101)));
  BOOST_TEST(queue.size() == limits::descriptors_waiting_max);
  queue.clear();
  BOOST_TEST(files->taken() == 0u);
  const quota_share all{files, 20};
  BOOST_TEST(!is_open(arrives(0, 40)));
  BOOST_TEST(refusal(0) == status::descriptor_lost);
}

BOOST_AUTO_TEST_CASE(one_that_came_with_no_bytes_belongs_to_no_frame) {
  BOOST_TEST(!is_open(arrives(40, 40)));
  BOOST_TEST(queue.size() == 0u);
  BOOST_TEST(refusal(40) == status::descriptor_lost);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

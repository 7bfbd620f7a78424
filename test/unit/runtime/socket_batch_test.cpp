// Operations on many sockets: each gets its own result, in one system call or in many.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <deque>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/socket.hpp"
#include "runtime/socket_batch.hpp"

using namespace texlex;

BOOST_TEST_DONT_PRINT_LOG_VALUE(socket_batch::way)

BOOST_AUTO_TEST_SUITE(socket_batch_test)

namespace {

using kind = socket_operation::kind;

const socket_batch::way ways[] = {socket_batch::way::one_by_one, socket_batch::way::io_uring_if_possible};

struct socket_pair {
  owned_fd ours, theirs;
  socket_pair() {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    ours = owned_fd{ends[0]};
    theirs = owned_fd{ends[1]};
  }
  void say(const std::string& text) const {
    BOOST_REQUIRE(::write(theirs.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::string hear() const {
    char room[64];
    const ssize_t got = ::recv(theirs.get(), room, sizeof room, MSG_DONTWAIT);
    return {room, got > 0 ? static_cast<size_t>(got) : 0};
  }
};

struct rooms {
  explicit rooms(size_t count) : texts(count, std::string(64, ' ')) {}
  std::vector<std::string> texts;
  uint8_t* data(size_t i) { return reinterpret_cast<uint8_t*>(texts[i].data()); }
};

} // namespace

BOOST_DATA_TEST_CASE(each_receive_gets_what_came_for_it, boost::unit_test::data::make(ways), way) {
  socket_batch batch{way};
  std::deque<socket_pair> sockets(3 * socket_batch::operations_max + 1);
  rooms into{sockets.size()};
  std::vector<socket_operation> all;
  for (size_t i = 0; i < sockets.size(); ++i) {
    sockets[i].say("number " + std::to_string(i));
    all.push_back({kind::receive, sockets[i].ours.get(), into.data(i), 64});
  }
  batch.carry_out(all);
  for (size_t i = 0; i < sockets.size(); ++i) {
    const std::string wanted = "number " + std::to_string(i);
    BOOST_REQUIRE(all[i].result == static_cast<ssize_t>(wanted.size()));
    BOOST_TEST(into.texts[i].substr(0, wanted.size()) == wanted);
  }
}

BOOST_DATA_TEST_CASE(each_send_goes_where_it_should_and_in_order, boost::unit_test::data::make(ways), way) {
  socket_batch batch{way};
  std::deque<socket_pair> sockets(5);
  std::string words[] = {"a", "bc", "def"};
  std::vector<socket_operation> all;
  for (std::string& word : words)
    for (const socket_pair& each : sockets)
      all.push_back({kind::send, each.ours.get(), reinterpret_cast<uint8_t*>(word.data()), word.size()});
  batch.carry_out(all);
  for (const socket_pair& each : sockets) BOOST_TEST(each.hear() == "abcdef");
}

BOOST_DATA_TEST_CASE(what_cannot_be_done_at_once_says_why_and_keeps_nobody, boost::unit_test::data::make(ways), way) {
  socket_batch batch{way};
  socket_pair silent, ended, gone, well;
  ended.theirs.close();
  gone.theirs.close();
  well.say("x");
  rooms into{4};
  std::vector<socket_operation> all{{kind::receive, silent.ours.get(), into.data(0), 64},
                                    {kind::receive, ended.ours.get(), into.data(1), 64},
                                    {kind::send, gone.ours.get(), into.data(2), 1},
                                    {kind::receive, well.ours.get(), into.data(3), 64},
                                    {kind::receive, -1, into.data(3) + 1, 1}};
  batch.carry_out(all);
  BOOST_TEST(all[0].result == -EAGAIN);
  BOOST_TEST(all[1].result == 0);
  BOOST_TEST(all[2].result == -EPIPE); // and no signal
  BOOST_TEST(all[3].result == 1);
  BOOST_TEST(all[4].result == -EBADF);
}

BOOST_DATA_TEST_CASE(a_socket_that_is_full_takes_what_it_can, boost::unit_test::data::make(ways), way) {
  socket_batch batch{way};
  socket_pair full, other;
  std::vector<uint8_t> much(8 << 20);
  std::vector<socket_operation> all{{kind::send, full.ours.get(), much.data(), much.size()},
                                    {kind::send, full.ours.get(), much.data(), much.size()},
                                    {kind::send, other.ours.get(), much.data(), 3}};
  batch.carry_out(all);
  BOOST_TEST(all[0].result > 0);
  BOOST_TEST(all[0].result < static_cast<ssize_t>(much.size()));
  BOOST_TEST(all[1].result == -EAGAIN);
  BOOST_TEST(all[2].result == 3);
}

// So it is where the system forbids it: there is no other way for a test to have it refused.
BOOST_AUTO_TEST_CASE(without_a_file_for_it_sockets_are_served_one_by_one) {
  socket_pair one, other;
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(other.theirs.get()) + 1, .rlim_max = before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  socket_batch batch{socket_batch::way::io_uring_if_possible};
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST(!batch.by_io_uring());
  one.say("x");
  other.say("y");
  rooms into{2};
  std::vector<socket_operation> all{{kind::receive, one.ours.get(), into.data(0), 64},
                                    {kind::receive, other.ours.get(), into.data(1), 64}};
  batch.carry_out(all);
  BOOST_TEST(all[0].result == 1);
  BOOST_TEST(all[1].result == 1);
}

BOOST_AUTO_TEST_SUITE_END()

// Receives that go along with sends: who is expected is told what it received, once, and never after it is gone.
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include "runtime/early_receives.hpp"
#include "runtime/socket.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(early_receives_test)

namespace {

struct peer final : descriptor_watcher {
  peer() {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    ours = owned_fd{ends[0]};
    theirs = owned_fd{ends[1]};
  }
  void ready(uint32_t) noexcept override {}
  std::optional<socket_operation> wants_to_receive(std::span<uint8_t> memory) noexcept override {
    if (!wants) return std::nullopt;
    return socket_operation{socket_operation::kind::receive, ours.get(), memory.data(), memory.size()};
  }
  void received(ssize_t result) noexcept override {
    heard.push_back(result);
    if (then_forgets != nullptr) from->forget(*then_forgets);
  }
  void say(const std::string& text) const {
    BOOST_REQUIRE(::write(theirs.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  owned_fd ours, theirs;
  bool wants = true;
  std::vector<ssize_t> heard;
  early_receives* from = nullptr;
  const peer* then_forgets = nullptr;
};

struct with_a_ring {
  socket_batch sockets{socket_batch::way::io_uring_if_possible};
  early_receives early;
  peer one, other, answered;

  // A send that others' receives go along with.
  void send() {
    uint8_t word = 'x';
    socket_operation operation{socket_operation::kind::send, answered.ours.get(), &word, 1};
    early.carry_out(sockets, {&operation, 1});
    BOOST_TEST(operation.result == 1);
  }
  bool without_io_uring() const {
    if (!sockets.by_io_uring()) BOOST_TEST_MESSAGE("io_uring cannot be used here: nothing is received early");
    return !sockets.by_io_uring();
  }
};

using results = std::vector<ssize_t>;

} // namespace

BOOST_FIXTURE_TEST_CASE(who_is_expected_and_has_sent_something_is_told_so_when_asked_for, with_a_ring) {
  if (without_io_uring()) return;
  one.say("abc");
  early.expect(one);
  early.expect(other);
  send();
  BOOST_TEST(early.any());
  BOOST_TEST(one.heard.empty());
  BOOST_TEST(other.heard == results{-EAGAIN}, boost::test_tools::per_element());
  early.tell();
  BOOST_TEST(one.heard == results{3}, boost::test_tools::per_element());
  BOOST_TEST(!early.any());
}

BOOST_FIXTURE_TEST_CASE(it_is_expected_once_only, with_a_ring) {
  one.say("abc");
  early.expect(one);
  send();
  early.tell();
  one.say("de");
  const size_t heard = one.heard.size();
  send();
  early.tell();
  BOOST_TEST(one.heard.size() == heard);
}

BOOST_FIXTURE_TEST_CASE(who_wants_nothing_is_not_received_for, with_a_ring) {
  one.say("abc");
  one.wants = false;
  early.expect(one);
  send();
  BOOST_TEST(!early.any());
  BOOST_TEST(one.heard.empty());
}

BOOST_FIXTURE_TEST_CASE(who_is_gone_is_told_nothing_even_if_another_makes_it_go, with_a_ring) {
  one.say("abc");
  other.say("def");
  early.expect(one);
  early.expect(other);
  early.expect(answered);
  early.forget(answered);
  send();
  one.from = &early;
  one.then_forgets = &other;
  early.tell();
  BOOST_TEST(other.heard.empty());
  BOOST_TEST(answered.heard.empty());
}

BOOST_FIXTURE_TEST_CASE(more_than_fit_are_not_received_for_early, with_a_ring) {
  std::vector<peer> many(100);
  for (peer& each : many) early.expect(each);
  send();
  early.tell();
  BOOST_TEST(many.back().heard.empty());
}

BOOST_AUTO_TEST_SUITE_END()

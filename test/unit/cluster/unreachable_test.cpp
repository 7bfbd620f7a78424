// Attempts to connect that lead nowhere end in time, with a reason, whatever is or is not at the other end.
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "test/unit/cluster/cluster_node.hpp"
#include "test/unit/cluster/strangers.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(unreachable_test)

namespace {

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

/// Whoever connects there next gets no answer from the kernel: it has no room for one more.
class black_hole {
public:
  black_hole() : listener_(0) {
    for (owned_fd& socket : waiting_) {
      socket = owned_fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(listener_.port());
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      BOOST_REQUIRE((::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
                     || errno == EINPROGRESS));
    }
  }
  [[nodiscard]] uint16_t port() const { return listener_.port(); }

private:
  silent_listener listener_;
  std::array<owned_fd, 4> waiting_;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_port_nobody_listens_on_is_an_error) {
  uint16_t port = 0;
  {
    const silent_listener gone{1};
    port = gone.port();
  }
  cluster_node node;
  const auto found = node.find(port);
  BOOST_TEST(!found.actor);
  BOOST_TEST(has(found.error, "cannot connect: Connection refused (127.0.0.1:" + std::to_string(port) + ")"),
             found.error);
}

BOOST_AUTO_TEST_CASE(an_address_that_swallows_all_ends_in_time_and_holds_nobody_up) {
  const black_hole hole;
  cluster_node node{{.tls = {}, .connect_timeout = 1500ms, .refused = {}}}, there;
  std::vector<std::future<std::pair<echo_actor, std::string>>> lost;
  for (int i = 0; i < 20; ++i) lost.push_back(node.start_to_find(hole.port()));
  const auto found = node.find(there.publish("there:"));
  BOOST_REQUIRE_MESSAGE(found.actor, found.error);
  BOOST_TEST((lost.front().wait_for(0s) == std::future_status::timeout));
  for (auto& each : lost) {
    BOOST_REQUIRE((each.wait_for(patience) == std::future_status::ready));
    const std::string error = each.get().second;
    BOOST_TEST(has(error, "timed out"), error);
  }
  BOOST_TEST(node.net().counts().timed_out == lost.size());
}

BOOST_AUTO_TEST_CASE(who_accepts_and_says_nothing_ends_in_time) {
  const silent_listener silent{8};
  cluster_node node{{.tls = {}, .handshake_timeout = 300ms, .refused = {}}};
  const auto found = node.find(silent.port());
  BOOST_TEST(!found.actor);
  BOOST_TEST(found.error == "the handshake took too long");
  BOOST_TEST(node.net().counts().timed_out == 1u);
}

BOOST_AUTO_TEST_CASE(who_closes_at_once_is_an_error) {
  const silent_listener silent{8};
  cluster_node node;
  auto result = node.start_to_find(silent.port());
  silent.accept().close();
  BOOST_REQUIRE((result.wait_for(patience) == std::future_status::ready));
  BOOST_TEST(result.get().second == "the peer closed the connection");
}

BOOST_AUTO_TEST_CASE(a_server_of_another_kind_is_an_error) {
  const silent_listener web{8};
  cluster_node node;
  auto result = node.start_to_find(web.port());
  const owned_fd accepted = web.accept();
  const std::string answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
  BOOST_REQUIRE(::send(accepted.get(), answer.data(), answer.size(), MSG_NOSIGNAL) > 0);
  BOOST_REQUIRE((result.wait_for(patience) == std::future_status::ready));
  BOOST_TEST(result.get().second == "it does not speak CAF's protocol");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_nobody_s_is_an_error) {
  cluster_node node{{.tls = {}, .connect_timeout = 1s, .refused = {}}};
  const auto found = node.find(7700, "nobody.invalid");
  BOOST_TEST(!found.actor);
  BOOST_TEST(has(found.error, "the name nobody.invalid was not found"), found.error);
}

BOOST_AUTO_TEST_CASE(only_so_many_attempts_are_made_at_a_time) {
  const black_hole hole;
  cluster_node node{{.tls = {}, .connections_max = 2, .connect_timeout = 60s, .refused = {}}};
  auto first = node.start_to_find(hole.port()), second = node.start_to_find(hole.port());
  auto third = node.start_to_find(hole.port());
  BOOST_REQUIRE((third.wait_for(0s) == std::future_status::ready));
  BOOST_TEST(third.get().second == "too many connections are being made");
  BOOST_TEST((first.wait_for(0s) == std::future_status::timeout));
  BOOST_TEST((second.wait_for(0s) == std::future_status::timeout));
}

BOOST_AUTO_TEST_SUITE_END()

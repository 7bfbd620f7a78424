// Several servers that do the same work: who is asked, what becomes of the documents of one that is lost, and that it
// is used again once it is back.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "test/unit/cli/played_service.hpp"

using namespace texlex;
using namespace texlex::cli;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(service_group_test)

namespace {

/// What was told of servers.
class told_lines {
public:
  void operator()(const std::string& line) {
    const std::scoped_lock lock{mutex_};
    lines_.push_back(line);
  }
  [[nodiscard]] bool have(std::string_view part) const {
    const std::scoped_lock lock{mutex_};
    return std::ranges::any_of(lines_, [&](const std::string& each) { return has(each, part); });
  }
  [[nodiscard]] bool come_to_have(std::string_view part) const {
    for (int i = 0; i < 20'000 && !have(part); ++i) std::this_thread::sleep_for(1ms);
    return have(part);
  }
  [[nodiscard]] size_t size() const {
    const std::scoped_lock lock{mutex_};
    return lines_.size();
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

struct servers_of_the_test {
  explicit servers_of_the_test(std::chrono::milliseconds wait = service_patience)
    : group{wait, [this](const std::string& line) { told(line); }} {}

  void add(const service_wishes& wanted) {
    auto service = std::make_unique<token_service>(wanted, service_patience);
    const auto why = service->begin();
    group.add(std::move(service), !why);
  }

  told_lines told;
  service_group group;
};

// Who is asked once and then ends all connections, until `is_back`.
byte_server::script lost_until(const std::atomic<bool>& is_back, std::atomic<int>& answered) {
  return [&](const byte_connection& client) {
    if (client.number > 0 && !is_back) return;
    if (!greet(client)) return;
    while (const auto question = client.receive()) {
      if (!is_back) return;
      ++answered;
      const auto nobody = [](std::string_view) { return status::ok; };
      if (!client.send(is_batch(*question) ? right_batch_answer(*question, nobody) : right_answer(*question))) return;
    }
  };
}

} // namespace

BOOST_AUTO_TEST_CASE(documents_of_a_server_that_is_lost_go_to_the_other_and_it_is_told) {
  const std::atomic<bool> never = false;
  std::atomic<int> answered = 0;
  const byte_server ends{lost_until(never, answered)};
  const byte_server other{serve_rightly};
  servers_of_the_test servers;
  servers.add(wishes(ends));
  servers.add(wishes(other));
  const std::array inputs{input_of("a"), input_of("b}"), input_of("\\c")};
  const auto got = servers.group.tokenize(inputs);
  BOOST_TEST(difference(got[0], "a") == "");
  BOOST_TEST(difference(got[1], "b}") == "");
  BOOST_TEST(difference(got[2], "\\c") == "");
  BOOST_TEST(servers.told.have("Other servers go on."));
  BOOST_TEST(servers.group.size() == 1u);
  BOOST_TEST(!servers.group.gave_up());
}

BOOST_AUTO_TEST_CASE(a_server_that_comes_back_is_asked_again) {
  std::atomic<bool> is_back = false;
  std::atomic<int> answered = 0;
  const byte_server ends{lost_until(is_back, answered)};
  const byte_server other{serve_rightly};
  servers_of_the_test servers;
  servers.add(wishes(ends));
  servers.add(wishes(other));
  BOOST_TEST(differs(servers.group, "abc") == "");
  BOOST_TEST(answered == 0);
  is_back = true;
  BOOST_TEST(servers.told.come_to_have("is back, and is used again"));
  BOOST_TEST(servers.group.size() == 2u);
  BOOST_TEST(differs(servers.group, "abc") == "");
  BOOST_TEST(answered == 1); // by the one that has nothing to do, and stands first
}

BOOST_AUTO_TEST_CASE(where_none_is_left_the_first_to_come_back_is_waited_for) {
  std::atomic<bool> is_back = false;
  std::atomic<int> answered = 0;
  const byte_server server{lost_until(is_back, answered)};
  servers_of_the_test servers;
  servers.add(wishes(server));
  std::string said = "not asked";
  {
    const std::jthread asks{[&] { said = differs(servers.group, "abc}"); }};
    BOOST_TEST(servers.told.come_to_have("it is waited for"));
    is_back = true;
  }
  BOOST_TEST(said == "");
  BOOST_TEST(answered == 1);
}

BOOST_AUTO_TEST_CASE(who_is_not_there_at_the_beginning_is_used_once_it_is) {
  std::atomic<bool> is_there = false;
  std::atomic<int> answered = 0;
  const byte_server late{[&](const byte_connection& client) {
    if (!is_there) return;
    ++answered;
    if (greet(client)) answer_rightly(client);
  }};
  const byte_server other{serve_rightly};
  servers_of_the_test servers;
  servers.add(wishes(late));
  servers.add(wishes(other));
  BOOST_TEST(servers.group.size() == 1u);
  is_there = true;
  BOOST_TEST(servers.told.come_to_have("is back, and is used again"));
  BOOST_TEST(servers.group.size() == 2u);
  BOOST_TEST(answered == 1);
}

BOOST_AUTO_TEST_CASE(when_none_comes_back_in_time_nothing_more_is_asked) {
  const std::atomic<bool> never = false;
  std::atomic<int> answered = 0;
  const byte_server server{lost_until(never, answered)};
  servers_of_the_test servers{100ms};
  servers.add(wishes(server));
  const auto said = differs(servers.group, "abc");
  BOOST_TEST(has(said, server.path()), said);
  BOOST_TEST(servers.group.gave_up());
  BOOST_TEST(differs(servers.group, "abc") == said);
}

BOOST_AUTO_TEST_CASE(who_says_what_cannot_be_true_is_not_asked_again_and_not_looked_for) {
  const byte_server lies{[](const byte_connection& client) {
    if (!greet(client)) return;
    while (const auto question = client.receive()) {
      bytes answer = right_answer(*question);
      answer[frame_header_bytes + 128] = 5; // a kind there is not
      if (!client.send(answer)) return;
    }
  }};
  const byte_server other{serve_rightly};
  servers_of_the_test servers{0ms};
  servers.add(wishes(lies));
  servers.add(wishes(other));
  BOOST_TEST(differs(servers.group, "abc") == "");
  BOOST_TEST(servers.told.have("kind 5"));
  for (int i = 0; i < 10; ++i) BOOST_TEST(differs(servers.group, "abc") == "");
  BOOST_TEST(servers.told.size() == 1u);
  BOOST_TEST(lies.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(who_comes_back_and_does_less_than_before_is_not_used) {
  std::atomic<bool> is_back = false;
  const byte_server changes{[&](const byte_connection& client) {
    if (client.number > 0 && !is_back) return;
    auto said = usual_offer();
    if (client.number > 0) said.regimes = {"plain"};
    if (greet(client, said)) (void)client.receive();
  }};
  const byte_server other{serve_rightly};
  servers_of_the_test servers;
  servers.add(wishes(changes));
  servers.add(wishes(other));
  BOOST_TEST(differs(servers.group, "abc") == "");
  is_back = true;
  BOOST_TEST(servers.told.come_to_have("It is not looked for again."));
  BOOST_TEST(servers.told.have("does not offer the regime latex"));
  BOOST_TEST(servers.group.size() == 1u);
}

BOOST_AUTO_TEST_CASE(documents_of_several_threads_are_spread) {
  std::atomic<int> first = 0, second = 0;
  const auto counting = [](std::atomic<int>& count) {
    return [&count](const byte_connection& client) {
      if (!greet(client)) return;
      while (const auto question = client.receive()) {
        ++count;
        std::this_thread::sleep_for(1ms);
        if (!client.send(right_answer(*question))) return;
      }
    };
  };
  const byte_server one{counting(first)}, other{counting(second)};
  servers_of_the_test servers;
  servers.add(wishes(one));
  servers.add(wishes(other));
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int k = 0; k < 25; ++k)
          if (!differs(servers.group, "abc").empty()) ++wrong;
      });
  }
  BOOST_TEST(wrong == 0);
  BOOST_TEST(first + second == 100);
  BOOST_TEST(first > 10);
  BOOST_TEST(second > 10);
}

BOOST_AUTO_TEST_SUITE_END()

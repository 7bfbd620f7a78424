// A request server on real sockets with a stand-in for the actors, and what tests ask of its clients.
#pragma once

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "actors/server/request_server.hpp"
#include "test/support/frame_caller.hpp"
#include "test/support/temporary_folder.hpp"

namespace texlex::test {

using namespace std::chrono_literals;

/// What the stand-in answers: every byte of the document counts, so that a mixed-up one shows.
[[nodiscard]] inline outcome answer_for(std::string_view document) {
  uint32_t hash = 2166136261u; // FNV-1a
  for (const char c : document) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return {status::ok, static_cast<uint32_t>(document.size()), hash, origin::primary};
}

/// Takes jobs as the actors would. Either answers them on a thread of its own, or keeps them for the test.
class stand_in final : public job_port {
public:
  static constexpr uint64_t requests_told = 4711; ///< in every stats response

  stand_in() : thread_([this](const std::stop_token& stop) { work(stop); }) {}

  void connect(request_server& server) { server_ = &server; }

  void submit(job_batch jobs) override {
    std::lock_guard guard{mutex_};
    for (job_ptr& job : jobs) (kept_by_test_ ? kept_ : to_do_).push_back(std::move(job));
    changed_.notify_all();
  }

  void cancel(job_id id) override {
    std::lock_guard guard{mutex_};
    cancelled_.insert(id);
    changed_.notify_all();
  }

  void ask_stats(job_id number) override {
    metrics_report report;
    report.requests = requests_told;
    server_->tell(number, report);
  }

  /// From now on jobs wait for the test.
  void keep_jobs(bool keep = true) {
    std::lock_guard guard{mutex_};
    kept_by_test_ = keep;
  }

  /// The next job kept; null if none comes.
  job_ptr take() {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [this] { return !kept_.empty(); })) return nullptr;
    const job_ptr first = kept_.front();
    kept_.pop_front();
    return first;
  }

  [[nodiscard]] bool wait_for_cancel(job_id id) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return cancelled_.contains(id); });
  }

  void answer(const job& done) {
    server_->deliver(done.id, answer_for({reinterpret_cast<const char*>(done.document.data()), done.document.size()}));
  }

private:
  void work(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (changed_.wait(lock, stop, [this] { return !to_do_.empty(); })) {
      const job_ptr next = to_do_.front();
      to_do_.pop_front();
      lock.unlock();
      answer(*next);
      lock.lock();
    }
  }

  request_server* server_ = nullptr;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<job_ptr> to_do_;
  std::deque<job_ptr> kept_;
  std::set<job_id> cancelled_;
  bool kept_by_test_ = false;
  std::jthread thread_;
};

/// A connection to a server whose jobs the stand-in answers.
class caller : public frame_caller {
public:
  using frame_caller::frame_caller;

  void expect_answer(uint64_t id, std::string_view document) {
    const client_response got = response();
    BOOST_TEST(got.id == id);
    BOOST_TEST(got.result == answer_for(document));
  }
};

struct server_under_test {
  server_under_test() {
    server_settings_.unix_socket = folder / "texlex.sock";
    server_settings_.tcp_port = 0;
    limit_settings_.document_bytes_max = 1 << 20;
  }

  void start() {
    server = std::make_unique<request_server>(server_settings_, limit_settings_, &rules, jobs);
    jobs.connect(*server);
    auto started = server->start();
    if (auto* error = std::get_if<server_error>(&started)) BOOST_FAIL(error->sentence);
    endpoints = std::get<server_endpoints>(started);
  }

  caller connect() { return caller{client::connect_unix(endpoints.unix_socket, patience)}; }
  caller connect_tcp() { return caller{client::connect_tcp("127.0.0.1", endpoints.tcp_port, patience)}; }

  /// Waits until the counters say so.
  template <class Condition>
  [[nodiscard]] bool eventually(Condition condition) {
    for (const instant until = now() + patience; now() < until; std::this_thread::sleep_for(1ms))
      if (condition(server->counts())) return true;
    return false;
  }

  uint64_t responses(status s) { return server->counts().responses[static_cast<size_t>(s)]; }

  temporary_folder folder;
  server_settings server_settings_;
  limit_settings limit_settings_;
  regime rules;
  stand_in jobs;
  server_endpoints endpoints;
  std::unique_ptr<request_server> server;
};

} // namespace texlex::test

#include "clients/cpp/dispatcher.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace texlex::client_core {
namespace {

answer no_memory() { return failed(TEXLEX_CLIENT_NO_MEMORY, "no memory is left for what the server sends"); }

// A failure of a connection's, also where memory runs out in the midst of a frame: then nothing can follow it.
template <class Call>
std::optional<answer> or_no_memory(Call&& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return no_memory();
  }
}

} // namespace

void dispatcher::submit(request_ptr made) {
  const auto place = live_.emplace(made->deadline, made).first;
  try {
    if (made->offer_of)
      inquiries_.push_back(std::move(made));
    else
      waiting_.push_back(std::move(made));
  } catch (...) {
    live_.erase(place);
    throw;
  }
}

void dispatcher::turn(instant now) {
  now_ = now;
  chance_ = std::uniform_real_distribution<double>{}(random_);
  look_at_events();
  look_at_time();
  answer_inquiries();
  dispatch();
  flush();
  for (uint32_t i = 0; i < links_.size(); ++i) watch(i);
  set_timer();
}

void dispatcher::look_at_time() {
  while (!live_.empty() && live_.begin()->first <= now_) {
    const request_ptr late = live_.begin()->second;
    std::string text = "the time for the request is over, and no answer has come";
    if (!late->last_failure.ok()) text += "; the last failure: " + late->last_failure.text;
    end(late, failed(TEXLEX_CLIENT_TIMED_OUT, std::move(text)));
    abandon(*late);
  }
  while (!delayed_.empty() && delayed_.begin()->first <= now_) {
    waiting_.push_back(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
  }
  for (uint32_t i = 0; i < links_.size(); ++i) {
    if (auto over = links_[i].link.check_time(now_)) {
      lose(i, *over);
      continue;
    }
    if (auto over = or_no_memory([&] { return links_[i].link.go_on_opening(); })) lose(i, *over);
  }
}

void dispatcher::cancel(const request_ptr& ended, answer why, instant now) {
  if (ended->done) return;
  now_ = now;
  end(ended, std::move(why));
  abandon(*ended);
}

void dispatcher::end_all(const answer& why) noexcept {
  for (uint32_t i = 0; i < links_.size(); ++i) {
    unwatch(i);
    links_[i].link.lost(now_, std::nullopt);
  }
  waiting_.clear();
  inquiries_.clear();
  delayed_.clear();
  while (!live_.empty()) {
    const request_ptr each = live_.begin()->second;
    answer told;
    told.status = why.status;
    end(each, std::move(told));
  }
}

void dispatcher::abandon(const request& ended) {
  for (uint32_t i = 0; i < links_.size(); ++i) {
    connection* const open = links_[i].link.open_connection();
    if (open == nullptr) continue;
    if (auto over = or_no_memory([&] { return open->abandon(ended, now_); })) lose(i, *over);
  }
}

void dispatcher::end(const request_ptr& done, answer result) noexcept {
  if (done->done) return;
  done->done = true;
  done->result = std::move(result);
  live_.erase({done->deadline, done});
  ended_.push_back(done);
}

void dispatcher::failed_at(uint32_t server, const request_ptr& failed, answer failure) {
  if (failed->done) return;
  failure.text = links_[server].link.where().url + ": " + failure.text;
  const auto again = policy_.again_at(*failed, server, failure, now_, chance_);
  if (!again) return end(failed, std::move(failure));
  if (*again <= now_)
    waiting_.push_back(failed);
  else
    delayed_.emplace(*again, failed);
}

void dispatcher::settle(uint32_t server, std::vector<settled>& all) {
  for (settled& each : all) {
    if (each.result.ok())
      end(each.asked, std::move(each.result));
    else
      failed_at(server, each.asked, std::move(each.result));
  }
  all.clear();
}

// They are of one server each, whatever befalls the others, and have one try.
void dispatcher::answer_inquiries() {
  for (const request_ptr& each : std::exchange(inquiries_, {}))
    if (!each->done && !answer_inquiry(each)) inquiries_.push_back(each);
}

// False: it has to wait.
bool dispatcher::answer_inquiry(const request_ptr& asked) {
  server_link& link = links_[*asked->offer_of].link;
  const connection* open = link.open_connection();
  if (open == nullptr && !link.is_opening()) {
    if (auto over = or_no_memory([&] { return link.begin_open(now_); })) {
      inquiries_.push_back(asked); // among those that hear of it
      lose(*asked->offer_of, *over);
      return true;
    }
    open = link.open_connection();
  }
  if (open == nullptr || !open->is_open()) return false;
  answer told = open->is_going_away() ? refused(status::shutting_down, 0) : answer{};
  if (told.ok())
    told.offer = std::make_shared<const hello_response>(open->offer());
  else
    told.text = link.where().url + ": " + told.text;
  end(asked, std::move(told));
  return true;
}

// Whether there were any.
bool dispatcher::fail_inquiries(uint32_t server, const answer& why) {
  bool any = false;
  for (const request_ptr& each : std::exchange(inquiries_, {})) {
    if (*each->offer_of != server) {
      inquiries_.push_back(each);
      continue;
    }
    answer told = why;
    told.text = links_[server].link.where().url + ": " + told.text;
    end(each, std::move(told));
    any = true;
  }
  return any;
}

void dispatcher::dispatch() {
  std::deque<request_ptr> held_back;
  while (!waiting_.empty()) {
    request_ptr next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next->done || place(next)) continue;
    const bool all_alike = next->refused_by == 0; // then no other has a better chance
    held_back.push_back(std::move(next));
    if (all_alike) break;
  }
  for (auto each = held_back.rbegin(); each != held_back.rend(); ++each) waiting_.push_front(std::move(*each));
}

// False: it has to wait.
bool dispatcher::place(const request_ptr& asked) {
  const auto server = choose(*asked);
  if (!server) return false;
  server_link& link = links_[*server].link;
  if (link.open_connection() == nullptr && !link.is_opening()) {
    if (auto over = or_no_memory([&] { return link.begin_open(now_); })) {
      waiting_.push_front(asked); // among those that hear of it
      lose(*server, *over);
      return true;
    }
  }
  connection* const open = link.open_connection();
  if (open == nullptr || !open->has_room(*asked)) return false;
  send(*server, asked);
  return true;
}

// The first server, in the order they were given, that has not failed lately and has not refused it.
std::optional<uint32_t> dispatcher::choose(const request& asked) const noexcept {
  for (uint32_t i = 0; i < links_.size(); ++i) {
    const connection* const open = links_[i].link.open_connection();
    const bool refused = (asked.refused_by >> i & 1) != 0;
    if (!refused && (open == nullptr || !open->is_going_away()) && links_[i].link.may_be_tried(now_)) return i;
  }
  return std::nullopt;
}

void dispatcher::send(uint32_t server, const request_ptr& first) {
  server_link& link = links_[server].link;
  connection& open = *link.open_connection();
  const obstacle found = why_not_asked(*first->asked, first->document.size(), open.offer());
  if (!found.is_none()) {
    answer why = found.document_too_large ? refused(status::document_too_large, 0)
                                          : failed(TEXLEX_CLIENT_UNSUPPORTED, found.sentence);
    why.text = link.where().url + ": " + why.text;
    first->refused_by |= uint64_t{1} << server;
    if (static_cast<size_t>(std::popcount(first->refused_by)) == links_.size()) return end(first, std::move(why));
    first->last_failure = std::move(why);
    waiting_.push_front(first);
    return;
  }
  const auto requests = gather(open, first);
  if (auto over = or_no_memory([&] { return open.send(requests, now_); })) {
    const auto sent = open.requests();
    for (const request_ptr& each : requests) // of which memory ran out before they were in flight
      if (std::find(sent.begin(), sent.end(), each) == sent.end()) failed_at(server, each, *over);
    lose(server, *over);
  }
}

// The request and those behind it that go in the same frame.
std::vector<request_ptr> dispatcher::gather(const connection& open, const request_ptr& first) {
  const auto room = open.room();
  std::vector<request_ptr> requests{first};
  uint64_t bytes = first->document.size();
  while (requests.size() < room.documents && !waiting_.empty()) {
    const request_ptr& next = waiting_.front();
    if (!next->done) {
      bytes += next->document.size();
      if (!next->goes_with(*first) || next->refused_by != first->refused_by || bytes > room.bytes) break;
      requests.push_back(next);
    }
    waiting_.pop_front();
  }
  return requests;
}

// Closes its connection. Requests that were in flight on it, or waited for it to open, are tried elsewhere.
void dispatcher::lose(uint32_t server, const answer& why) {
  server_link& link = links_[server].link;
  const connection* const open = link.open_connection();
  const bool was_spent = open != nullptr && open->is_spent();
  // Of what ends before anything could be asked on it nobody in flight will hear: it is as good as never open.
  const bool was_open = open != nullptr && open->is_open() && (open->was_asked() || was_spent);
  const bool knows_no_hello = open != nullptr && open->knows_no_hello();
  std::vector<request_ptr> concerned;
  if (open != nullptr) concerned = open->requests();
  if (!was_open && !knows_no_hello) {
    const auto others = std::stable_partition(
      waiting_.begin(), waiting_.end(), [&](const request_ptr& each) { return each->done || choose(*each) != server; });
    concerned.insert(concerned.end(), others, waiting_.end());
    waiting_.erase(others, waiting_.end());
  }
  // Who only inquires keeps no document waiting longer for a server that it finds gone, however often it does.
  const bool inquired = !was_open && !knows_no_hello && fail_inquiries(server, why) && concerned.empty();
  unwatch(server);
  const bool failed = (!was_open && !inquired) || was_spent || why.status == TEXLEX_CLIENT_BROKEN_PROTOCOL;
  link.lost(now_, failed ? std::optional{retry_policy::pause_after(link.failures(), chance_)} : std::nullopt);
  for (const request_ptr& each : concerned) failed_at(server, each, why);
}

} // namespace texlex::client_core

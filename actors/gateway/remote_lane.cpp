#include "actors/gateway/remote_lane.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/gateway/incoming_columns.hpp"
#include "actors/peers/chunk_flow.hpp"
#include "actors/state/lending.hpp"
#include "runtime/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

/// Between two reports to the gateway.
constexpr duration counts_interval = 500ms;
/// For the answer to a hello, and to the greeting that follows.
constexpr duration answer_time_max = 2s;

class remote_lane final : public remote_lane_listener::base, private lane_link_effects {
public:
  remote_lane(caf::actor_config& config, remote_lane_options options, remote_lane_links links)
    : remote_lane_listener::base(config), options_(std::move(options)), links_(std::move(links)),
      link_(options_.link, *this) {}
  const char* name() const override { return "texlex.remote_lane"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    // Nobody but the gateway ends it, which a peer could not pretend to be.
    set_exit_handler([](const caf::exit_msg&) {});
    set_down_handler([this](const caf::down_msg&) { end("the connection is gone"); });
    monitor(links_.peer);
    report_.address = options_.address;
    started_ = now();
    say(links_.peer, encode(options_.self));
    look_later();
    return {
      [this](atom::run, const attempt_batch& orders) {
        for (const attempt_order& each : orders) take(each);
        after_event();
      },
      [this](atom::abandon, job_id job) {
        abandon(job);
        after_event();
      },
      [this](atom::stuck, lane_id, death) { end("an attempt there does not come to an end"); },
      [this](atom::frame, const std::string& frame) {
        hear(frame);
        after_event();
      },
      [this](atom::start, local_word) { start(); },
      [this](atom::look, local_word) {
        if (ended_) return;
        look();
        after_event();
        look_later();
      },
      [this](atom::finish, local_word) { end("this node ends"); },
    };
  }

  void on_exit() override {
    tell_end("it failed"); // if it has not been told
    given_.clear();
    peer_ = nullptr;
    links_ = {};
  }

private:
  struct given {
    attempt_order order;
    instant at{};
    uint64_t number = 0;    ///< 0: not known yet
    column_counts counts{}; ///< as it told before its columns
    incoming_columns columns{};
  };

  [[nodiscard]] instant now() { return clock().now(); }

  // What is still to be said when no room is left, or the job has had its outcome meanwhile, is that it was not done.
  void take(const attempt_order& order) {
    const job& job = *order.job;
    const uint64_t bytes = job.document.size();
    if (link_.room() == 0 || bytes > options_.document_bytes_max) return result(job.id, {.status = status::cancelled});
    if (const auto why = job.begin(order.attempt, now())) return result(job.id, {.status = *why});
    given_[job.id.value] = {.order = order, .at = now()};
    ++report_.attempts_given;
    report_.bytes_given += bytes;
    link_.order(job.id, order.attempt, bytes, job.deadline, now(), work_wanted_of(job));
    if (bytes > 0) out_->begin(given_[job.id.value].number, bytes);
  }

  void abandon(job_id job) {
    const auto found = given_.find(job.value);
    if (found == given_.end()) return;
    if (out_) out_->drop(found->second.number);
    link_.abandon(job);
  }

  void hear(const std::string& frame) {
    if (ended_) return;
    const auto decoded = decode_node_frame(frame);
    if (!decoded) return end("it sent what is no frame");
    std::visit([this](const auto& each) { hear(each); }, *decoded);
  }

  void hear(const node_answer& answer) {
    if (peer_ || !current_sender()) return;
    const node_refusal why = refusal_in(answer);
    if (why != node_refusal::none) {
      tell({.address = options_.address, .what = peer_news::event::refused, .said = answer.said, .why = why});
      return end("it refuses");
    }
    peer_ = caf::actor_cast<frame_listener>(current_sender());
    monitor(peer_);
    said_ = answer.said;
    report_.name = said_.name;
    report_.zone = said_.zone;
    const uint64_t window = window_between(said_, options_.self);
    out_.emplace(window, chunk_bytes_max);
    in_.emplace(window);
    tell({.address = options_.address, .what = peer_news::event::found, .said = said_});
  }

  // A lender that should have refused is not worked with either.
  [[nodiscard]] node_refusal refusal_in(const node_answer& answer) const {
    if (answer.why != node_refusal::none) return answer.why;
    node_hello self = options_.self;
    self.draining = false; // it may borrow all the same
    return refusal_of(answer.said, self);
  }

  // The gateway knows it at no other address.
  void start() {
    if (ended_ || !peer_ || std::exchange(link_started_, true)) return;
    link_.start(now());
  }

  void hear(const link_welcome& word) { link_.heard(lane_word{word}, now()); }
  void hear(const link_result& word) { link_.heard(lane_word{word}, now()); }
  void hear(const lane_beat& word) { link_.heard(lane_word{word}, now()); }
  void hear(const link_stranger& word) { link_.heard(lane_word{word}, now()); }
  void hear(const link_leaving& word) {
    if (!link_.leaving()) report_due_ = instant::min();
    link_.heard(lane_word{word}, now());
  }

  void hear(const columns_begin& word) {
    given* const one = of_number(word.epoch, word.number);
    if (one == nullptr || !one->order.job->order) return;
    const job& job = *one->order.job;
    one->counts = word.counts;
    if (one->columns.begin(*job.order, job.document.size(), word.counts) == incoming_columns::verdict::impossible)
      end("it tells of columns that cannot be");
  }

  // Of a job that is abandoned, or for whose columns there is no memory, they come all the same.
  void hear(const chunk& word) {
    if (!in_ || word.epoch != link_.epoch()) return;
    if (!in_->came(word.bytes.size())) return end("it sends more than it may");
    if (word.tell) say(encode(bytes_taken{link_.epoch(), in_->tell()}));
    given* const one = of_number(word.epoch, word.number);
    if (one != nullptr && !one->columns.put(word.offset, word.bytes)) end("it sends bytes that are not the columns'");
  }

  void hear(const bytes_taken& word) {
    if (out_ && word.epoch == link_.epoch() && !out_->taken(word.bytes, now())) end("it has taken more than there was");
  }

  void hear(const node_hello&) { end("it says at its end what a giver says"); }
  void hear(const link_greeting&) { end("it says at its end what a giver says"); }
  void hear(const link_order&) { end("it says at its end what a giver says"); }
  void hear(const link_abandon&) { end("it says at its end what a giver says"); }
  void hear(const giver_beat&) { end("it says at its end what a giver says"); }
  void hear(const unknown_frame&) {} // of a newer minor version

  given* of_number(const link_epoch& epoch, uint64_t number) {
    if (epoch != link_.epoch()) return nullptr;
    for (auto& [job, one] : given_)
      if (one.number == number) return &one;
    return nullptr;
  }

  void look() {
    if (!lane_joined_ && now() - started_ > answer_time_max) return end("it does not answer");
    if (!link_started_) return;
    link_.tick(now());
    if (now() >= report_due_) tell_counts(peer_news::event::counts);
  }

  void look_later() {
    if (!ended_) delayed_anon_send(this, options_.link.beat, atom::look_v, local_word{});
  }

  // The results go last: before the broker gives the place of one that ended to another, it must know the room.
  void after_event() {
    if (ended_) return;
    if (down_) return end("it is silent");
    if (lane_joined_) tell_room();
    if (!results_.empty()) caf::anon_send(links_.broker, atom::finished_v, options_.lane, std::exchange(results_, {}));
    send_chunks();
  }

  void tell_room() {
    const uint32_t attempts = link_.state() == link_state::up ? static_cast<uint32_t>(given_.size()) + link_.room() : 0;
    if (room_told_ == attempts) return;
    room_told_ = attempts;
    caf::anon_send(links_.broker, atom::room_v, options_.lane, attempts);
  }

  // What nobody wants any more goes first: a chunk that was counted as sent must be sent, or the window is never whole
  // again.
  void send_chunks() {
    if (!out_) return;
    for (const auto& [job, one] : given_)
      if (one.order.job->stop.load(std::memory_order_relaxed)) {
        out_->drop(one.number);
        link_.abandon({job});
      }
    while (const auto part = out_->next(now())) {
      const given* const one = of_number(link_.epoch(), part->number);
      require(one != nullptr, "what is sent was given");
      const auto bytes = one->order.job->document.subspan(part->offset, part->bytes);
      say(encode(chunk{link_.epoch(),
                       part->number,
                       part->offset,
                       part->tell,
                       {reinterpret_cast<const char*>(bytes.data()), bytes.size()}}));
    }
  }

  void say(const frame_listener& whom, std::string frame) {
    remote_lane_listener::base::send(whom, atom::frame_v, std::move(frame)); // with this as the sender
  }
  void say(std::string frame) { say(peer_, std::move(frame)); }

  // lane_link_effects
  void send(const giver_word& word) override {
    if (const auto* const order = std::get_if<link_order>(&word)) given_[order->job.value].number = order->number;
    say(encode(word));
  }
  void up(uint32_t capacity, uint64_t document_bytes_max) override {
    report_.capacity = std::clamp<uint32_t>(capacity, 1, seen_numbers::window);
    options_.document_bytes_max = std::min(options_.document_bytes_max, document_bytes_max);
    caf::anon_send(links_.broker, atom::joined_v, options_.lane, remote_lane_actor{this},
                   lane_traits{.capacity = report_.capacity,
                               .document_bytes_max = options_.document_bytes_max,
                               .takes = link_.room(),
                               .remote = true,
                               .near = said_.zone == options_.self.zone});
    room_told_ = link_.room();
    lane_joined_ = true;
    report_due_ = instant::min();
  }
  void suspected() override {
    tell_room();
    caf::anon_send(links_.broker, atom::suspected_v, options_.lane);
    report_due_ = instant::min();
  }
  void cleared() override { report_due_ = instant::min(); }
  void down() override { down_ = true; }
  void finished(job_id job, const outcome& found) override {
    const auto which = given_.find(job.value);
    if (which == given_.end()) return;
    given& one = which->second;
    if (found.status != status::ok) return result(job, {.status = status_of(found.status, *one.order.job)});
    if (!may_be(found, one)) return end("its result cannot be");
    const column_order* const wanted = one.order.job->order.get();
    if (wanted == nullptr || wanted->columns == 0) return result(job, found);
    if (one.columns.short_of_memory()) return result(job, {.status = status::overload});
    auto columns = one.columns.finish();
    if (!columns) return end("its columns are not whole");
    result(job, found, std::move(columns));
  }

  // Columns are sent on with the counts of the result, so that both must be of one document.
  static bool may_be(const outcome& found, const given& one) noexcept {
    const job& job = *one.order.job;
    if (!are_possible({.tokens = found.token_count, .issues = found.issue_count}, 0, job.document.size())) return false;
    if (!job.order || job.order->columns == 0) return true;
    return found.token_count == one.counts.tokens && found.issue_count == one.counts.issues;
  }

  // What a worker here would not say of this job is nothing to tell its client.
  static status status_of(status said, const job& job) noexcept {
    const bool may_be_told = hands_back(said) || said == status::worker_lost || said == status::condemned_document
                             || (said == status::deadline_exceeded && job.deadline != instant::max());
    return may_be_told ? said : status::internal_error;
  }

  void lost(job_id) override {} // with its lane
  void handed_back(job_id job) override { result(job, {.status = status::cancelled}); }
  void room_changed() override {} // looked at after each event

  void result(job_id job, const outcome& found, column_answer_ptr columns = {}) {
    if (const auto which = given_.find(job.value); which != given_.end()) {
      count(which->second, found.status);
      if (out_) out_->drop(which->second.number);
      given_.erase(which);
    }
    results_.push_back({.job = job, .result = found, .columns = std::move(columns)});
  }

  // Of the latest sixteen, about.
  void count(const given& one, status how) {
    if (hands_back(how)) {
      ++report_.attempts_handed_back;
      return;
    }
    ++report_.attempts_answered;
    const double kib = static_cast<double>(std::max<size_t>(one.order.job->document.size(), 1024)) / 1024;
    const double us = std::chrono::duration<double, std::micro>(now() - one.at).count();
    double& mean = report_.latency_us_per_kib;
    mean += (us / kib - mean) / static_cast<double>(std::min<uint64_t>(report_.attempts_answered, 16));
  }

  void tell(peer_news news) { caf::anon_send(links_.gateway, atom::news_v, std::move(news)); }

  void tell_counts(peer_news::event what, std::string reason = {}) {
    report_due_ = now() + counts_interval;
    report_.state = link_.state() == link_state::greeting  ? peer_state::joining
                    : link_.leaving()                      ? peer_state::draining
                    : link_.state() == link_state::suspect ? peer_state::suspect
                                                           : peer_state::active;
    report_.attempts_in_flight = static_cast<uint32_t>(given_.size());
    report_.attempts_granted = report_.attempts_in_flight + link_.room();
    tell({.address = options_.address, .what = what, .reason = std::move(reason), .report = report_});
  }

  // What it has is lost with it, and run again elsewhere.
  void end(const std::string& reason) {
    tell_end(reason);
    quit();
  }

  void tell_end(const std::string& reason) {
    if (std::exchange(ended_, true)) return;
    if (lane_joined_) caf::anon_send(links_.broker, atom::left_v, options_.lane, death::failure);
    report_.attempts_lost += given_.size();
    tell_counts(peer_news::event::ended, reason);
  }

  remote_lane_options options_;
  remote_lane_links links_;
  frame_listener peer_; ///< the other end; null until it has answered
  node_hello said_;
  lane_link link_;
  std::optional<chunk_sender> out_;
  std::optional<chunk_receiver> in_;
  std::map<uint64_t, given> given_; ///< by job
  result_batch results_;            ///< of the event at hand
  peer_report report_;
  instant report_due_ = instant::min(), started_{};
  std::optional<uint32_t> room_told_;
  bool link_started_ = false, lane_joined_ = false, down_ = false, ended_ = false;
};

} // namespace

remote_lane_listener spawn_remote_lane(caf::actor_system& system, const remote_lane_options& options,
                                       const remote_lane_links& links) {
  return system.spawn<remote_lane>(options, links);
}

} // namespace texlex

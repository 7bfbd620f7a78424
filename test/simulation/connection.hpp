// One client and its connection: what it sends is fed to the session's protocol as the server's shell would, and what
// it gets is held against what it asked for. Bytes of one side arrive in order and late, in frames; a frame's last
// bytes may never come.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/state/session_protocol.hpp"
#include "test/simulation/plan.hpp"
#include "test/simulation/surroundings.hpp"
#include "test/support/answer_watch.hpp"

namespace texlex::simulation {

/// Who carries out what connections ask for.
class job_taker {
public:
  virtual ~job_taker() = default;
  virtual job_id next_jobs(uint32_t count) = 0;
  virtual void submit(std::shared_ptr<job> made, admission::place place, class connection& from) = 0;
  virtual void cancel(job_id job) = 0;
  /// Nobody is there to hear of it any more.
  virtual void forget(job_id job) = 0;
};

class connection {
public:
  connection(surroundings& around, const world_plan& plan, const client_plan& client, uint64_t number, gate& way_in,
             job_taker& jobs);

  void start();
  /// A job of its has ended.
  void answered(job_id job, const outcome& result, const column_answer_ptr& columns);
  /// There may be room again, or time has passed.
  void look();
  void drain();
  void abandon();
  /// Its document makes room for others.
  void give_up_payload();
  [[nodiscard]] bool starving() const noexcept { return !closed_ && protocol_->starving(); }
  [[nodiscard]] standing standing_now() const noexcept { return protocol_->standing_at(around_.time.now()); }

  [[nodiscard]] bool closed() const noexcept { return closed_; }
  [[nodiscard]] uint64_t number() const noexcept { return number_; }
  /// Aborts if anything was answered wrongly, twice or not at all.
  void check_at_end() const;
  [[nodiscard]] uint64_t answers(status how) const { return by_status_[static_cast<size_t>(how)]; }
  [[nodiscard]] uint64_t asked() const noexcept { return asked_; }
  [[nodiscard]] uint64_t answers_with_columns() const noexcept { return with_columns_; }
  [[nodiscard]] uint64_t answers_lent() const noexcept { return lent_; }

private:
  struct frame {
    frame_header header;
    std::shared_ptr<const std::vector<uint8_t>> payload;
    size_t there = 0; ///< bytes of it that come
    const wish* asks = nullptr;
  };
  struct question {
    const wish* asks = nullptr; ///< null: nonsense
    test::answer_watch answers{};
    bool cancelled = false;
  };

  // The client.
  void send_next();
  void send(frame one);
  void send_wish(const wish& one);
  void receive(const response& one);
  void check(const question& asked, const response& one, uint64_t key);
  [[nodiscard]] test::answer_reasons reasons_for(const question& asked) const;
  void give_back(uint64_t id);
  void vanish();

  // The server.
  void arrived(frame one);
  void pump();
  bool step();
  bool take_header();
  bool take_payload();
  void payload_complete();
  void submit(job_id id, std::span<const uint8_t> document, const known_document& known,
              const tokenize_options* options, admission::place place);
  void write();
  void close();

  surroundings& around_;
  const world_plan& plan_;
  const client_plan& client_;
  uint64_t number_;
  std::string name_;
  job_taker& jobs_;
  std::optional<session_protocol> protocol_; ///< until it is closed
  hello_texts hellos_;

  std::deque<frame> inbox_;
  size_t taken_ = 0;                                              ///< of the first one's payload
  std::optional<frame> current_;                                  ///< whose header was read
  std::vector<std::shared_ptr<const std::vector<uint8_t>>> kept_; ///< documents lie in them
  std::vector<std::pair<uint64_t, column_answer_ptr>> loans_;     ///< by the id they were asked for with
  bool half_closed_ = false, end_told_ = false;
  bool closed_ = false, gone_ = false;
  bool writing_ = false;
  bool abandoned_ = false;

  size_t next_wish_ = 0;
  instant last_arrival_{};
  bool reads_ = true;
  bool says_no_more_ = false;
  std::map<uint64_t, question> questions_; ///< by id: those whose header was read
  std::map<uint64_t, question> sent_;      ///< those that are on their way
  std::array<uint64_t, status_count> by_status_{};
  uint64_t asked_ = 0;
  uint64_t with_columns_ = 0, lent_ = 0; ///< answers
};

} // namespace texlex::simulation

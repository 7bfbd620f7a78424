// What a hostile node may say, to both ends of a link. Any bytes as a frame: what is decoded is encoded to what
// decodes to the same. And whole scripts of frames, right but for what two bytes change, to a giver (`lane_link`) and
// to a lender (`lane_port`) with the chunks that belong to them, while orders are given, carried out and abandoned and
// time passes: what they keep count of holds, no more runs than may, nothing is written beyond a document, and each
// order ends once.
//
// Six bytes make one event: what it is, two numbers, two of change, and how much time has passed.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/peers/chunk_flow.hpp"
#include "actors/peers/lane_link.hpp"
#include "actors/peers/lane_port.hpp"
#include "actors/peers/node_frames.hpp"
#include "test/fuzz/frames_made.hpp"
#include "test/fuzz/require.hpp"

using namespace texlex;
using test::frames_made;
using test::require;

namespace {

constexpr size_t event_bytes = 6;
constexpr uint64_t document_bytes_max = 2000;
constexpr uint64_t window_bytes = 1000;

uint64_t number_from(uint8_t byte) {
  static constexpr std::array<uint64_t, 8> awkward{62, 63, 64, 65, UINT32_MAX, 1ull << 63, UINT64_MAX, UINT64_MAX - 63};
  return byte < 248 ? byte % 62 : awkward[byte - 248];
}

std::string encoded(const node_frame& frame) {
  return std::visit(
    [](const auto& said) -> std::string {
      using kind = std::decay_t<decltype(said)>;
      if constexpr (std::is_constructible_v<giver_word, kind>)
        return encode(giver_word{said});
      else if constexpr (std::is_constructible_v<lane_word, kind>)
        return encode(lane_word{said});
      else if constexpr (std::is_same_v<kind, unknown_frame>)
        return {};
      else
        return encode(said);
    },
    frame);
}

void decode_any(std::string_view bytes) {
  const auto decoded = decode_node_frame(bytes);
  if (!decoded || std::holds_alternative<unknown_frame>(*decoded)) return;
  if (const auto* const part = std::get_if<chunk>(&*decoded))
    require(part->bytes.data() >= bytes.data()
              && part->bytes.data() + part->bytes.size() <= bytes.data() + bytes.size(),
            "a chunk's bytes are the frame's");
  const std::string once = encoded(*decoded);
  const auto again = decode_node_frame(once);
  require(again.has_value() && again->index() == decoded->index(), "what was decoded is encoded to what decodes");
  require(encoded(*again) == once, "and to the same");
}

/// A node that lends, and what is said to it.
class lender final : lane_port_effects {
public:
  void hear(const node_frame& frame, instant now) {
    if (over) return;
    if (const auto* const part = std::get_if<chunk>(&frame)) return take(*part, now);
    std::visit(
      [&](const auto& said) {
        if constexpr (std::is_constructible_v<giver_word, std::decay_t<decltype(said)>>) port.heard(said, now);
      },
      frame);
    settle(now);
  }

  void end_one(uint8_t which, instant now) {
    if (ready_.empty()) return;
    const uint64_t number =
      *std::next(ready_.begin(), which % static_cast<uint8_t>(std::min<size_t>(ready_.size(), 255)));
    finish(number, status::ok, now);
  }
  void tick(instant now) {
    port.tick(now);
    settle(now);
  }
  void leave(instant now) {
    port.leave();
    settle(now);
  }

  lane_port port{{.capacity = 4, .document_bytes_max = document_bytes_max}, *this};
  bool over = false; ///< its giver has been given up, as one that does not keep to what was granted

private:
  struct document {
    uint64_t bytes = 0;
    std::vector<uint8_t> memory{};
    uint64_t came = 0;
  };

  void send(const lane_word& word) override { decode_any(encode(word)); }
  void begin(const link_order& order) override { begun_.push_back(order); }
  void stop(uint64_t number) override { stopped_.push_back(number); }

  void settle(instant now) {
    for (const link_order& order : std::exchange(begun_, {})) {
      require(order.bytes <= 4 * document_bytes_max, "no more is begun than was granted");
      documents_[order.number] = {.bytes = order.bytes, .memory = std::vector<uint8_t>(order.bytes)};
      if (order.bytes == 0) ready_.insert(order.number);
    }
    for (const uint64_t number : std::exchange(stopped_, {})) finish(number, status::cancelled, now);
    over = over || port.overdrawn() > 0;
    port.check_invariants();
    require(port.running() <= 4, "no more runs than may");
  }

  void take(const chunk& part, instant now) {
    if (part.epoch != port.epoch()) return;
    if (!in_.came(part.bytes.size())) return give_up();
    if (part.tell) (void)in_.tell();
    const auto found = documents_.find(part.number);
    if (found == documents_.end() || ready_.contains(part.number)) return;
    document& one = found->second;
    if (part.offset != one.came || part.bytes.size() > one.bytes - one.came) return give_up();
    std::copy(part.bytes.begin(), part.bytes.end(), one.memory.begin() + static_cast<ptrdiff_t>(one.came));
    one.came += part.bytes.size();
    if (one.came == one.bytes) ready_.insert(part.number);
    settle(now);
  }

  void finish(uint64_t number, status how, instant now) {
    if (documents_.erase(number) == 0) return;
    ready_.erase(number);
    port.ended(port.epoch(), number, {.status = how}, now);
  }
  void give_up() { over = true; }

  chunk_receiver in_{window_bytes};
  std::map<uint64_t, document> documents_;
  std::set<uint64_t> ready_;
  std::vector<link_order> begun_;
  std::vector<uint64_t> stopped_;
};

/// A node that gives, and what is said to it.
class giver final : lane_link_effects {
public:
  explicit giver(instant now) { link.start(now); }

  void hear(const node_frame& frame, instant now) {
    if (const auto* const told = std::get_if<bytes_taken>(&frame)) {
      (void)out_.taken(told->epoch == link.epoch() ? told->bytes : 0, now);
      require(out_.under_way() <= window_bytes, "no more is under way than the window");
      return;
    }
    std::visit(
      [&](const auto& said) {
        if constexpr (std::is_constructible_v<lane_word, std::decay_t<decltype(said)>>) link.heard(said, now);
      },
      frame);
    check();
  }

  void order(uint64_t bytes, instant now) {
    if (link.room() == 0 || (bytes %= document_bytes_max + 1) > told_max_) return;
    const job_id job{++last_job_};
    open_.insert(job.value);
    link.order(job, 1, bytes, now + std::chrono::seconds{1}, now);
    if (bytes > 0) out_.begin(last_number_, bytes);
    check();
  }
  void abandon(uint64_t which) {
    link.abandon({which});
    check();
  }
  void tick(instant now) {
    link.tick(now);
    while (const auto part = out_.next(now))
      require(part->bytes > 0 && part->bytes <= window_bytes, "chunks fit the window");
    check();
  }

  lane_link link{{}, *this};

private:
  void send(const giver_word& word) override {
    if (const auto* const order = std::get_if<link_order>(&word)) last_number_ = std::max(last_number_, order->number);
    decode_any(encode(word));
  }
  void up(uint32_t, uint64_t told_max) override {
    told_max_ = told_max;
    last_number_ = 0;
    out_ = {window_bytes, chunk_bytes_max};
  }
  void suspected() override {}
  void cleared() override {}
  void down() override { require(open_.empty(), "what a lender had is lost with it"); }
  void finished(job_id job, const outcome&) override { end(job); }
  void lost(job_id job) override { end(job); }
  void handed_back(job_id job) override { end(job); }
  void room_changed() override {}

  void end(job_id job) { require(open_.erase(job.value) == 1, "an order ends once"); }
  void check() {
    link.check_invariants();
    require(link.in_flight() == open_.size() && open_.size() <= seen_numbers::window, "what is open is in flight");
    require(link.room() <= seen_numbers::window, "no more is given than can be told of");
  }

  chunk_sender out_{window_bytes, chunk_bytes_max};
  std::set<uint64_t> open_;
  uint64_t last_job_ = 0, last_number_ = 0, told_max_ = 0;
};

/// One frame of any kind, right but for what the last two bytes do to it.
std::string frame_from(std::span<const uint8_t> recipe, const link_epoch& to_giver, const link_epoch& to_lender) {
  const uint64_t one = number_from(recipe[1]), two = number_from(recipe[2]);
  const lane_credit credit{one, two * 1000};
  const seen_numbers seen{one, two};
  const std::string text(1 + recipe[2], 'x');
  const auto how = static_cast<status>(recipe[2] % status_count);
  std::string made;
  switch (recipe[0] % 16) {
    case 0: made = encode(giver_word{link_greeting{{.giver = one}}}); break;
    case 1:
    case 2: made = encode(giver_word{link_order{.epoch = to_lender, .number = one, .job = {one}, .bytes = two}}); break;
    case 3: made = encode(giver_word{link_abandon{to_lender, one}}); break;
    case 4: made = encode(giver_word{giver_beat{to_lender, seen}}); break;
    case 5:
    case 6: made = encode(chunk{to_lender, one, recipe[3] % 4 == 0 ? two : 0, recipe[3] % 8 < 4, text}); break;
    case 7:
    case 8: made = encode(lane_word{link_welcome{{to_giver.giver, one}, 4, two * 100, credit}}); break;
    case 9:
    case 10:
      made = encode(lane_word{link_result{to_giver, one, {recipe[3] < 200 ? one : two}, {.status = how}, credit}});
      break;
    case 11: made = encode(lane_word{lane_beat{to_giver, seen, credit}}); break;
    case 12:
      made = encode(
        lane_word{recipe[3] < 200 ? lane_word{lane_beat{to_giver, {}, credit}} : lane_word{link_stranger{to_giver}}});
      break;
    case 13: made = encode(lane_word{link_leaving{to_giver, one}}); break;
    case 14: made = encode(bytes_taken{to_giver, one * two}); break;
    default: made = encode(columns_begin{to_giver, one, {two, two, two}}); break;
  }
  if (recipe[3] % 8 == 7) made[recipe[4] % made.size()] ^= static_cast<char>(1 << recipe[4] / 32);
  ++frames_made;
  return made;
}

void play(std::span<const uint8_t> script) {
  instant now{std::chrono::hours{1}};
  lender lends;
  giver gives{now};
  for (; script.size() >= event_bytes; script = script.subspan(event_bytes)) {
    const auto recipe = script.first(event_bytes);
    now += std::chrono::milliseconds{recipe[5] < 200 ? recipe[5] % 8 : recipe[5] * 4};
    switch (recipe[0] / 16) {
      case 0: gives.order(number_from(recipe[1]) * 20, now); break;
      case 1: gives.abandon(recipe[1]); break;
      case 2: gives.tick(now); break;
      case 3: lends.end_one(recipe[1], now); break;
      case 4: lends.tick(now); break;
      case 5:
        if (recipe[1] < 16) lends.leave(now);
        break;
      default: {
        const std::string frame = frame_from(recipe, gives.link.epoch(), lends.port.epoch());
        const auto decoded = decode_node_frame(frame);
        if (!decoded) break;
        gives.hear(*decoded, now);
        lends.hear(*decoded, now);
      }
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  decode_any({reinterpret_cast<const char*>(data), size});
  play({data, size});
  return 0;
}

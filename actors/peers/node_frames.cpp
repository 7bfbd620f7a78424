#include "actors/peers/node_frames.hpp"
#include "actors/peers/node_frame_kinds.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <limits>
#include <type_traits>

#include <boost/endian/conversion.hpp>

namespace texlex {
namespace {

namespace endian = boost::endian;
using namespace node_frame_kinds;

/// What is not there reads as nothing, and is remembered.
class reader {
public:
  explicit reader(std::string_view frame) : rest_(frame) {}

  template <std::unsigned_integral Number>
  Number number() noexcept {
    if (rest_.size() < sizeof(Number)) return fail<Number>();
    Number little;
    rest_.copy(reinterpret_cast<char*>(&little), sizeof little);
    rest_.remove_prefix(sizeof little);
    return endian::little_to_native(little);
  }
  std::string text(size_t bytes_max) {
    const size_t bytes = number<uint16_t>();
    if (bytes > bytes_max || bytes > rest_.size()) return fail<std::string>();
    std::string value{rest_.substr(0, bytes)};
    rest_.remove_prefix(bytes);
    return value;
  }
  link_epoch epoch() noexcept {
    const auto giver = number<uint64_t>();
    return {.giver = giver, .lane = number<uint64_t>()};
  }
  lane_credit credit() noexcept {
    const auto attempts = number<uint64_t>();
    return {.attempts = attempts, .bytes = number<uint64_t>()};
  }
  seen_numbers seen() noexcept {
    const auto before = number<uint64_t>();
    return {.before = before, .after = number<uint64_t>()};
  }
  template <class Enum>
  Enum one_of(Enum last) noexcept {
    const auto value = number<uint8_t>();
    return value > static_cast<uint8_t>(last) ? fail<Enum>() : static_cast<Enum>(value);
  }
  std::string_view rest() noexcept { return rest_; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
  template <class Value>
  Value fail() noexcept {
    failed_ = true;
    rest_ = {};
    return Value{};
  }

  std::string_view rest_;
  bool failed_ = false;
};

// Names end up in logs and metrics: one with anything else in it is none.
bool is_plain(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\'; });
}

// Of another major only the beginning can be relied on.
std::optional<node_frame> read_hello(reader& in, node_hello& said) {
  if (in.number<uint64_t>() != hello_magic) return std::nullopt;
  said.major = in.number<uint16_t>();
  said.minor = in.number<uint16_t>();
  if (in.failed()) return std::nullopt;
  if (said.major != node_protocol_major) return said;
  for (uint8_t& byte : said.id.bytes) byte = in.number<uint8_t>();
  said.rules = in.number<uint64_t>();
  said.capacity = in.number<uint32_t>();
  said.document_bytes_max = in.number<uint64_t>();
  said.window_bytes = in.number<uint64_t>();
  said.draining = in.number<uint8_t>() != 0;
  said.cluster = in.text(node_text_bytes_max);
  said.name = in.text(node_text_bytes_max);
  said.zone = in.text(node_text_bytes_max);
  said.address = in.text(node_address_bytes_max);
  said.kernel = in.text(node_text_bytes_max);
  said.build = in.text(node_text_bytes_max);
  for (const std::string* text : {&said.cluster, &said.name, &said.zone, &said.address, &said.kernel, &said.build})
    if (!is_plain(*text)) return std::nullopt;
  return in.failed() || said.name.empty() ? std::nullopt : std::optional<node_frame>{said};
}

work_wanted read_wanted(reader& in) {
  work_wanted wanted;
  wanted.regime = in.text(regime_bytes_max);
  wanted.columns = in.number<uint32_t>();
  wanted.view = in.one_of(token_view::source);
  wanted.unit = in.one_of(position_unit::utf16_units);
  wanted.issues_told_max = in.number<uint32_t>();
  if (in.number<uint8_t>() == 0) return wanted;
  std::array<char, trace_context_bytes> trace;
  for (char& byte : trace) byte = static_cast<char>(in.number<uint8_t>());
  wanted.trace = decode_trace_context({trace.data(), trace.size()});
  return wanted;
}

std::optional<node_frame> read_order(reader& in) {
  link_order order{.epoch = in.epoch()};
  order.number = in.number<uint64_t>();
  order.job = {in.number<uint64_t>()};
  order.attempt = in.number<uint32_t>();
  order.bytes = in.number<uint64_t>();
  const auto left = in.number<uint64_t>();
  constexpr auto longest = static_cast<uint64_t>(duration::max().count());
  order.time_left = duration{static_cast<duration::rep>(std::min(left, longest))};
  order.wanted = read_wanted(in);
  if (order.number == 0 || (order.wanted.columns & ~all_columns) != 0) return std::nullopt;
  return order;
}

std::optional<node_frame> read_result(reader& in) {
  link_result result{.epoch = in.epoch()};
  result.number = in.number<uint64_t>();
  result.job = {in.number<uint64_t>()};
  const auto status = in.number<uint8_t>();
  result.result.token_count = in.number<uint32_t>();
  result.result.issue_count = in.number<uint32_t>();
  result.credit = in.credit();
  if (status >= status_count) return std::nullopt;
  result.result.status = static_cast<texlex::status>(status);
  return result;
}

std::optional<node_frame> read_columns(reader& in) {
  columns_begin said{.epoch = in.epoch()};
  said.number = in.number<uint64_t>();
  said.counts.tokens = in.number<uint64_t>();
  said.counts.issues = in.number<uint64_t>();
  said.counts.name_bytes = in.number<uint64_t>();
  return said;
}

std::optional<node_frame> read_chunk(reader& in) {
  chunk one{.epoch = in.epoch()};
  one.number = in.number<uint64_t>();
  one.offset = in.number<uint64_t>();
  one.tell = in.number<uint8_t>() != 0;
  one.bytes = in.rest();
  if (one.bytes.empty() || one.bytes.size() > chunk_bytes_max) return std::nullopt;
  return one;
}

std::optional<node_frame> read(kind what, reader& in) {
  switch (what) {
    case kind::hello: {
      node_hello said;
      return read_hello(in, said);
    }
    case kind::answer: {
      node_answer answer{.why = in.one_of(node_refusal::id_in_use)};
      if (!read_hello(in, answer.said)) return std::nullopt;
      return answer;
    }
    case kind::greeting: return link_greeting{in.epoch()};
    case kind::order: return read_order(in);
    case kind::abandon: {
      link_abandon said{.epoch = in.epoch()};
      said.number = in.number<uint64_t>();
      return said;
    }
    case kind::giver_beat: {
      giver_beat said{.epoch = in.epoch()};
      said.results = in.seen();
      return said;
    }
    case kind::welcome: {
      link_welcome said{.epoch = in.epoch()};
      said.capacity = in.number<uint32_t>();
      said.document_bytes_max = in.number<uint64_t>();
      said.credit = in.credit();
      return said;
    }
    case kind::result: return read_result(in);
    case kind::lane_beat: {
      texlex::lane_beat said{.epoch = in.epoch()};
      said.orders = in.seen();
      said.credit = in.credit();
      return said;
    }
    case kind::stranger: return link_stranger{in.epoch()};
    case kind::leaving: {
      link_leaving said{.epoch = in.epoch()};
      said.last = in.number<uint64_t>();
      return said;
    }
    case kind::columns_begin: return read_columns(in);
    case kind::chunk: return read_chunk(in);
    case kind::bytes_taken: {
      texlex::bytes_taken said{.epoch = in.epoch()};
      said.bytes = in.number<uint64_t>();
      return said;
    }
  }
  return unknown_frame{};
}

} // namespace

const char* name_of(node_refusal why) noexcept {
  switch (why) {
    case node_refusal::none: return "none";
    case node_refusal::another_cluster: return "another-cluster";
    case node_refusal::another_version: return "another-version";
    case node_refusal::another_rules: return "another-rules";
    case node_refusal::itself: return "itself";
    case node_refusal::leaving: return "leaving";
    case node_refusal::too_many_peers: return "too-many-peers";
    case node_refusal::id_in_use: return "id-in-use";
  }
  return "unknown";
}

std::optional<node_frame> decode_node_frame(std::string_view frame) {
  reader in{frame};
  const auto what = in.number<uint8_t>();
  if (in.failed()) return std::nullopt;
  auto decoded = read(static_cast<kind>(what), in);
  return in.failed() ? std::nullopt : std::move(decoded);
}

} // namespace texlex

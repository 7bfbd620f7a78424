#include "actors/peers/node_frames.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <limits>
#include <type_traits>

#include <boost/endian/conversion.hpp>

namespace texlex {
namespace {

namespace endian = boost::endian;

enum class kind : uint8_t {
  hello = 1,
  answer = 2,
  greeting = 3,
  order = 4,
  abandon = 5,
  giver_beat = 6,
  welcome = 7,
  result = 8,
  lane_beat = 9,
  stranger = 10,
  leaving = 11,
  columns_begin = 12,
  chunk = 13,
  bytes_taken = 14,
};

/// So that a text which happens to come this way is not taken for a hello.
constexpr uint64_t hello_magic = 0x31'65'64'6f'6e'78'6c'74; // "tlxnode1"

constexpr size_t regime_bytes_max = node_text_bytes_max;

class writer {
public:
  explicit writer(kind what, size_t expected = 128) {
    frame.reserve(expected);
    number(static_cast<uint8_t>(what));
  }

  template <std::unsigned_integral Number>
  void number(Number value) {
    const Number little = endian::native_to_little(value);
    frame.append(reinterpret_cast<const char*>(&little), sizeof little);
  }
  void text(std::string_view value, size_t bytes_max) {
    value = value.substr(0, bytes_max);
    number(static_cast<uint16_t>(value.size()));
    frame.append(value);
  }
  void epoch(const link_epoch& value) {
    number(value.giver);
    number(value.lane);
  }
  void credit(const lane_credit& value) {
    number(value.attempts);
    number(value.bytes);
  }
  void seen(const seen_numbers& value) {
    number(value.before);
    number(value.after);
  }

  std::string frame;
};

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

void write(writer& out, const node_hello& said) {
  out.number(hello_magic);
  out.number(said.major);
  out.number(said.minor);
  for (const uint8_t byte : said.id.bytes) out.number(byte);
  out.number(said.started);
  out.number(said.rules);
  out.number(said.capacity);
  out.number(said.document_bytes_max);
  out.number(said.window_bytes);
  out.number(static_cast<uint8_t>(said.draining));
  out.text(said.cluster, node_text_bytes_max);
  out.text(said.name, node_text_bytes_max);
  out.text(said.zone, node_text_bytes_max);
  out.text(said.address, node_address_bytes_max);
  out.text(said.kernel, node_text_bytes_max);
  out.text(said.build, node_text_bytes_max);
}

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
  said.started = in.number<uint64_t>();
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

void write(writer& out, const work_wanted& wanted) {
  out.text(wanted.regime, regime_bytes_max);
  out.number(wanted.columns);
  out.number(static_cast<uint8_t>(wanted.view));
  out.number(static_cast<uint8_t>(wanted.unit));
  out.number(wanted.issues_told_max);
  out.number(static_cast<uint8_t>(wanted.trace.has_value()));
  if (!wanted.trace) return;
  for (const uint8_t byte : encode_trace_context(*wanted.trace)) out.number(byte);
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

/// A writer with what all words of a link begin with.
writer word(kind what, const link_epoch& epoch, size_t expected = 128) {
  writer out{what, expected};
  out.epoch(epoch);
  return out;
}

std::string text_of(const link_greeting& said) { return word(kind::greeting, said.epoch).frame; }
std::string text_of(const link_stranger& said) { return word(kind::stranger, said.epoch).frame; }

std::string text_of(const link_order& order) {
  writer out = word(kind::order, order.epoch, 256);
  out.number(order.number);
  out.number(order.job.value);
  out.number(order.attempt);
  out.number(order.bytes);
  out.number(static_cast<uint64_t>(std::max<duration::rep>(order.time_left.count(), 0)));
  write(out, order.wanted);
  return std::move(out.frame);
}

std::string text_of(const link_abandon& said) {
  writer out = word(kind::abandon, said.epoch);
  out.number(said.number);
  return std::move(out.frame);
}

std::string text_of(const giver_beat& said) {
  writer out = word(kind::giver_beat, said.epoch);
  out.seen(said.results);
  return std::move(out.frame);
}

std::string text_of(const link_welcome& said) {
  writer out = word(kind::welcome, said.epoch);
  out.number(said.capacity);
  out.number(said.document_bytes_max);
  out.credit(said.credit);
  return std::move(out.frame);
}

std::string text_of(const link_result& said) {
  writer out = word(kind::result, said.epoch);
  out.number(said.number);
  out.number(said.job.value);
  out.number(static_cast<uint8_t>(said.result.status));
  out.number(said.result.token_count);
  out.number(said.result.issue_count);
  out.credit(said.credit);
  return std::move(out.frame);
}

std::string text_of(const lane_beat& said) {
  writer out = word(kind::lane_beat, said.epoch);
  out.seen(said.orders);
  out.credit(said.credit);
  return std::move(out.frame);
}

std::string text_of(const link_leaving& said) {
  writer out = word(kind::leaving, said.epoch);
  out.number(said.last);
  return std::move(out.frame);
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

std::string encode(const node_hello& said) {
  writer out{kind::hello, 512};
  write(out, said);
  return std::move(out.frame);
}

std::string encode(const node_answer& said) {
  writer out{kind::answer, 512};
  out.number(static_cast<uint8_t>(said.why));
  write(out, said.said);
  return std::move(out.frame);
}

std::string encode(const giver_word& said) {
  return std::visit([](const auto& each) { return text_of(each); }, said);
}

std::string encode(const lane_word& said) {
  return std::visit([](const auto& each) { return text_of(each); }, said);
}

std::string encode(const columns_begin& said) {
  writer out = word(kind::columns_begin, said.epoch);
  out.number(said.number);
  out.number(said.counts.tokens);
  out.number(said.counts.issues);
  out.number(said.counts.name_bytes);
  return std::move(out.frame);
}

std::string encode(const chunk& one) {
  writer out = word(kind::chunk, one.epoch, one.bytes.size() + 64);
  out.number(one.number);
  out.number(one.offset);
  out.number(static_cast<uint8_t>(one.tell));
  out.frame.append(one.bytes);
  return std::move(out.frame);
}

std::string encode(const bytes_taken& said) {
  writer out = word(kind::bytes_taken, said.epoch);
  out.number(said.bytes);
  return std::move(out.frame);
}

std::optional<node_frame> decode_node_frame(std::string_view frame) {
  reader in{frame};
  const auto what = in.number<uint8_t>();
  if (in.failed()) return std::nullopt;
  auto decoded = read(static_cast<kind>(what), in);
  return in.failed() ? std::nullopt : std::move(decoded);
}

} // namespace texlex

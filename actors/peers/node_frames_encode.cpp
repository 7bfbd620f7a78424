// What nodes say to each other, as bytes. The other way round: node_frames.cpp.
#include <algorithm>
#include <concepts>
#include <utility>

#include <boost/endian/conversion.hpp>

#include "actors/peers/node_frame_kinds.hpp"
#include "actors/peers/node_frames.hpp"

namespace texlex {
namespace {

namespace endian = boost::endian;
using namespace node_frame_kinds;

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

void write(writer& out, const node_hello& said) {
  out.number(hello_magic);
  out.number(said.major);
  out.number(said.minor);
  for (const uint8_t byte : said.id.bytes) out.number(byte);
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

} // namespace texlex

// What a hostile server may answer, and what a hostile client may ask: frames of version 2 that were right once and
// were changed, or were never right. Whatever a decoder yields lies within what it was given and is as long as it says.
// The first byte chooses the frame, the rest are changes to it: two bytes for the place, one for what is put there.
#include <array>
#include <string>
#include <vector>

#include "runtime/batch_frame.hpp"
#include "runtime/tokenize_frame.hpp"
#include "test/fuzz/frames_made.hpp"
#include "test/fuzz/require.hpp"

using namespace texlex;
using test::require;

namespace {

using bytes = std::vector<uint8_t>;
using view = std::span<const uint8_t>;

template <class Text>
bytes bytes_of(const Text& text) {
  return {text.begin(), text.end()};
}

bool within(view part, view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// An answer as the server makes it: two control sequences, with all columns; or the same lent.
struct valid_answer {
  alignas(64) std::array<uint8_t, 1024> memory{};
  std::vector<column_bytes> columns;
  tokenized_head head{.result = {status::ok, 2, 1, origin::primary}, .issues_told = 1};

  valid_answer() {
    size_t at = 0;
    const auto add = [&](column_id id, size_t length) {
      columns.push_back({id, view{memory}.subspan(at, length)});
      at += padded_to_column(length);
    };
    for (const column_id id : {column_id::kind, column_id::start, column_id::end, column_id::code, column_id::line,
                               column_id::column, column_id::name_offset, column_id::name_byte})
      add(id, id == column_id::kind ? 2 : id == column_id::name_offset ? 12 : id == column_id::name_byte ? 5 : 8);
    add(column_id::issue_kind, 1);
    add(column_id::issue_offset, 4);
  }
  [[nodiscard]] bytes lent() const { return bytes_of(encode_tokenized_head(head, columns, memory)); }
  [[nodiscard]] bytes whole() const {
    bytes payload = bytes_of(encode_tokenized_head(head, columns));
    for (const column_bytes& each : columns) {
      payload.insert(payload.end(), each.bytes.begin(), each.bytes.end());
      payload.resize(padded_to_column(payload.size()));
    }
    return payload;
  }
};

void check_answer(view payload, view lent) {
  const auto got = decode_tokenized(payload, lent);
  if (!got) return;
  const view memory = lent_bytes(payload) ? lent : payload;
  for (const auto& column : got->columns)
    require(!column || within(*column, memory), "a column lies outside of what was received");
  if (const auto kinds = got->column(column_id::kind))
    require(kinds->size() == got->head.result.token_count, "a column has another length than the head says");
}

bytes valid_frame(uint8_t which) {
  static const valid_answer answer;
  const tokenize_options options{.columns = 0xFF, .view = token_view::source, .regime = "latex"};
  switch (which % 8) {
    case 0: return answer.whole();
    case 1: return answer.lent();
    case 2: {
      const bytes one = answer.whole();
      const std::array<uint64_t, 2> lengths{one.size(), one.size()};
      bytes payload = bytes_of(encode_batch_response_head({.status = status::ok}, lengths));
      for (int i = 0; i < 2; ++i) payload.insert(payload.end(), one.begin(), one.end());
      return payload;
    }
    case 3: return bytes_of(encode_hello_response({.regimes = {"latex", "plain"}}));
    case 4: return bytes_of(encode_hello({1, 2, 3}));
    case 5: return bytes_of(encode_tokenize_head(options, 5) + "abcde");
    case 6: {
      const std::array<uint32_t, 3> lengths{2, 0, 3};
      return bytes_of(encode_batch_head(options, lengths) + "abcde");
    }
    default: return bytes_of(encode_going_away({7, 9}));
  }
}

void check(uint8_t which, view payload) {
  switch (which % 8) {
    case 0: return check_answer(payload, {});
    case 1: {
      static const valid_answer answer;
      return check_answer(payload, view{answer.memory}.first(1 + which / 8 * 33u));
    }
    case 2:
      if (const auto got = decode_batch_response(payload))
        for (const auto each : got->responses) {
          require(within(each, payload), "a response lies outside of its batch");
          check_answer(each, {});
        }
      return;
    case 3:
      if (const auto got = decode_hello_response(payload))
        require(got->regimes.size() <= payload.size(), "there are more regimes than bytes");
      return;
    case 4: return void(decode_hello(payload));
    case 5: {
      const auto got = decode_tokenize(payload);
      if (const auto* const request = std::get_if<tokenize_request>(&got)) {
        const bool passed = request->options.document_by_descriptor;
        require(request->document_offset + (passed ? 0 : request->document_bytes) == payload.size(),
                "a document lies outside of its payload");
      }
      return;
    }
    case 6: {
      const auto got = decode_batch(payload);
      if (const auto* const request = std::get_if<batch_request>(&got))
        request->for_each_document(
          [&](view document) { require(within(document, payload), "a document lies outside of its batch"); });
      return;
    }
    default: return void(decode_going_away(payload));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t which = data[0];
  check(which, {data + 1, size - 1});
  bytes payload = valid_frame(which);
  for (size_t at = 1; at + 3 <= size; at += 3) {
    const size_t place = (data[at] + 256u * data[at + 1]) % (payload.size() + 1);
    if (place == payload.size())
      payload.resize(payload.size() + data[at + 2] % 65);
    else if (data[at + 1] >= 0xF0)
      payload.resize(place); // cut
    else
      payload[place] = data[at + 2];
    if (payload.empty()) break;
  }
  const bytes exact(payload); // with no room behind it that a read past its end could fall into
  check(which, exact);
  test::frames_made += 2;
  return 0;
}

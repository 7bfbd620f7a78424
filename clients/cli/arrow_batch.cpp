#include "clients/cli/arrow_batch.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace texlex::cli {
namespace {

constexpr uint64_t text_bytes_max = std::numeric_limits<int32_t>::max();

uint32_t narrow(uint64_t value) noexcept {
  return static_cast<uint32_t>(std::min<uint64_t>(value, std::numeric_limits<uint32_t>::max()));
}

// The values of one field, in the order of its rows.
struct values {
  column what;
  std::vector<uint8_t> bytes;    ///< of kinds
  std::vector<uint32_t> numbers; ///< or of texts the offsets, one more than rows
  std::string text;
};

class batch_maker {
public:
  batch_maker(const scan_input& input, const token_columns& tokens, const arrow_schema& schema)
    : input_(input), tokens_(tokens) {
    for (const column what : schema.columns) {
      values_.push_back({what, {}, {}, {}});
      if (is_arrow_text(what)) values_.back().numbers.push_back(0);
      if (is_arrow_text(what) || what == column::code) wants_text_ = true;
      if (what == column::end && input.view == token_view::tex) wants_text_ = true;
      if (what == column::line || what == column::column) wants_position_ = true;
    }
  }

  // False: a text grew too long.
  bool derive(const token_part& part) {
    token_deriver deriver = part.deriver;
    position_counter counter = part.position;
    const uint64_t document_end = input_.document.size();
    const auto words = static_cast<size_t>(start_words(document_end));
    start_reader starts{{tokens_.start_bits.get(), words}, part.word, document_end};
    for (values& each : values_) reserve(each, part.count);
    uint64_t next = starts.next();
    for (uint64_t i = part.first; i < part.first + part.count; ++i) {
      row now{tokens_.kinds[i], next, 0, {}};
      now.end = next = starts.next();
      describe(now, deriver);
      if (wants_position_) now.position = counter.go_to(now.start);
      for (values& each : values_)
        if (!add(each, now)) return false;
    }
    return true;
  }

  [[nodiscard]] const std::vector<values>& all() const noexcept { return values_; }

private:
  struct row {
    token_kind kind;
    uint64_t start;
    uint64_t end;
    text_position position;
  };

  static void reserve(values& each, uint64_t rows) {
    if (each.what == column::kind) return each.bytes.reserve(rows);
    each.numbers.reserve(rows + 1);
  }

  void describe(row& now, token_deriver& deriver) {
    text_.name.clear();
    text_.code = 0;
    if (!wants_text_ || is_trivia(now.kind)) return;
    deriver.derive(now.kind, now.start, text_);
    if (!has_code(now.kind)) text_.code = 0;
    if (now.kind != token_kind::control_sequence) text_.name.clear();
    if (input_.view == token_view::tex) now.end = text_.end;
  }

  bool add(values& to, const row& now) {
    switch (to.what) {
      case column::kind: to.bytes.push_back(static_cast<uint8_t>(now.kind)); break;
      case column::start: to.numbers.push_back(narrow(now.start)); break;
      case column::end: to.numbers.push_back(narrow(now.end)); break;
      case column::line: to.numbers.push_back(narrow(now.position.line)); break;
      case column::column: to.numbers.push_back(narrow(now.position.column)); break;
      case column::code: to.numbers.push_back(static_cast<uint32_t>(text_.code)); break;
      case column::name: return add_text(to, text_.name);
      case column::text: {
        if (!has_code(now.kind)) return add_text(to, text_.name);
        std::array<char, 8> digits{};
        const auto* const end =
          fmt::format_to_n(digits.data(), digits.size(), "{:x}", static_cast<uint32_t>(text_.code)).out;
        return add_text(to, {digits.data(), static_cast<size_t>(end - digits.data())});
      }
    }
    return true;
  }

  static bool add_text(values& to, std::string_view text) {
    if (to.text.size() + text.size() > text_bytes_max) return false;
    to.text += text;
    to.numbers.push_back(static_cast<uint32_t>(to.text.size()));
    return true;
  }

  const scan_input& input_;
  const token_columns& tokens_;
  std::vector<values> values_;
  bool wants_text_ = false;
  bool wants_position_ = false;
  token_text text_;
};

// The body, buffer by buffer: first where each lies, then their bytes.
class body_plan {
public:
  void add(uint64_t bytes) {
    buffers_.push_back({bytes_, bytes});
    bytes_ += arrow_padded(bytes);
  }
  void add_validity() { buffers_.push_back({bytes_, 0}); } // left out, as nothing is null

  [[nodiscard]] const std::vector<arrow_buffer>& buffers() const noexcept { return buffers_; }
  [[nodiscard]] uint64_t bytes() const noexcept { return bytes_; }

private:
  std::vector<arrow_buffer> buffers_;
  uint64_t bytes_ = 0;
};

uint64_t number_bytes(const values& each) noexcept { return each.numbers.size() * sizeof(uint32_t); }

body_plan plan_body(const std::vector<values>& all, const arrow_schema& schema, uint64_t rows) {
  body_plan plan;
  if (schema.names_files) {
    plan.add_validity();
    plan.add(rows * sizeof(int32_t));
  }
  for (const values& each : all) {
    plan.add_validity();
    plan.add(each.what == column::kind ? each.bytes.size() : number_bytes(each));
    if (is_arrow_text(each.what)) plan.add(each.text.size());
  }
  return plan;
}

void append_padded(text_buffer& out, const void* bytes, uint64_t size) {
  constexpr std::array<char, arrow_alignment_bytes> zeros{};
  if (size > 0) out.append({static_cast<const char*>(bytes), static_cast<size_t>(size)});
  out.append({zeros.data(), static_cast<size_t>(arrow_padded(size) - size)});
}

} // namespace

bool append_arrow_batch(const scan_input& input, const token_columns& tokens, const arrow_schema& schema,
                        const batch_labels& labels, const token_part* part, output_piece& piece) {
  static_assert(std::endian::native == std::endian::little, "the schema says that numbers are little-endian");
  batch_maker made{input, tokens, schema};
  if (part != nullptr && !made.derive(*part)) return false;
  const uint64_t rows = part == nullptr ? 0 : part->count;
  const body_plan plan = plan_body(made.all(), schema, rows);
  const std::string message =
    arrow_batch_message(rows, schema.columns.size() + (schema.names_files ? 1 : 0), plan.buffers(), plan.bytes(),
                        {{"file", labels.file},
                         {"first_token", std::to_string(part == nullptr ? 0 : part->first)},
                         {"tokens", std::to_string(labels.tokens)},
                         {"issues", std::to_string(labels.issues)}});
  (void)piece.text.room_for(message.size() + plan.bytes());
  piece.text.append(message);
  piece.batch = output_batch{message.size(), rows};
  if (schema.names_files) {
    const std::vector<int32_t> indices(rows, 0);
    append_padded(piece.text, indices.data(), rows * sizeof(int32_t));
  }
  for (const values& each : made.all()) {
    if (each.what == column::kind)
      append_padded(piece.text, each.bytes.data(), each.bytes.size());
    else
      append_padded(piece.text, each.numbers.data(), number_bytes(each));
    if (is_arrow_text(each.what)) append_padded(piece.text, each.text.data(), each.text.size());
  }
  return true;
}

} // namespace texlex::cli

#include "clients/cli/token_formatter.hpp"

#include <algorithm>

#include "clients/cli/escaped_text.hpp"
#include "clients/cli/json_text.hpp"

// Calls, and what they push and pop, would take a third of the time of a row.
#define TEXLEX_IN_THE_LOOP [[gnu::always_inline]] inline

namespace texlex::cli {
namespace {

constexpr std::array<std::string_view, 8> names{"kind", "text", "start", "end", "line", "column", "code", "name"};
// What a row takes beside its name and what comes before each: six columns with what separates them, colours, and what
// is touched behind the last character.
constexpr size_t row_room = 6 * (decimal_writer::room + 16) + 64;
constexpr std::string_view color_end = "\x1b[0m";

// Bold for control sequences, dim for trivia, and the terminal's own colour for the rest.
std::string_view color_of(token_kind kind) {
  if (kind == token_kind::control_sequence) return "\x1b[1;34m";
  if (kind == token_kind::comment) return "\x1b[32m";
  if (is_trivia(kind)) return "\x1b[2m";
  if (kind == token_kind::paragraph) return "\x1b[35m";
  return {};
}

char* write(char* to, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// In lower-case hex, without leading zeros.
char* write_hex(char* to, uint32_t code) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  if (code < 0x10 || code > 0xff) return std::to_chars(to, to + 8, code, 16).ptr;
  to[0] = digits[code >> 4];
  to[1] = digits[code & 0xf];
  return to + 2;
}

// Whether both formats hold the name as it is.
bool is_plain(std::string_view name) noexcept {
  for (const char character : name) {
    const auto byte = static_cast<uint8_t>(character);
    if (byte < 0x21 || byte == 0x7f || byte == '\\' || byte == '"') return false;
  }
  return true;
}

} // namespace

std::span<const std::string_view> column_names() noexcept { return names; }

void token_formatter::short_text::set(std::string_view text) noexcept {
  length = static_cast<uint8_t>(text.size());
  cli::write(characters.data(), text);
}

char* token_formatter::short_text::write(char* to) const noexcept {
  std::memcpy(to, characters.data(), characters.size());
  return to + length;
}

token_formatter::token_formatter(const scan_input& input, const token_columns& tokens, const row_options& options,
                                 std::string_view file)
  : input_(input), tokens_(tokens), options_(options), ascii_(input.regime->catcodes.memory().ascii) {
  const int32_t line_end = input.regime->end_line_character;
  name_ends_with_line_ =
    line_end == no_end_line_character || input.regime->catcodes[static_cast<char32_t>(line_end)] != catcode::letter;
  for (const column what : options.columns) {
    if (what == column::text || (what == column::end && input.view == token_view::tex)) wants_text_ = true;
    if (what == column::line || what == column::column) wants_position_ = true;
  }
  constexpr std::array usual{column::kind, column::text, column::start, column::end, column::line, column::column};
  usual_columns_ = std::equal(usual.begin(), usual.end(), options.columns.begin(), options.columns.end());
  make_texts(file);
}

void token_formatter::make_texts(std::string_view file) {
  const bool json = options_.format == token_format::jsonl;
  for (size_t kind = 0; kind < kind_names_.size(); ++kind) {
    const std::string_view name = name_of(static_cast<token_kind>(kind));
    const bool quoted = json && kind >= static_cast<size_t>(token_kind::paragraph);
    kind_names_[kind].set(quoted ? json_string(name) : std::string{name});
  }
  after_.set(json ? "}\n" : "\n");
  if (json) {
    before_ = "{";
    text_quote_.set("\"");
    if (!file.empty()) before_ += "\"file\":" + json_string(file) + ",";
  }
  for (size_t i = 0; i < options_.columns.size(); ++i) {
    std::string text = i == 0 ? "" : json ? "," : "\t";
    if (json) text += "\"" + std::string{names[static_cast<size_t>(options_.columns[i])]} + "\":";
    between_[i].set(text);
  }
}

// What most tokens are: an ASCII character that stands for itself, a space of its own, or a control sequence of ASCII.
// A token at a line's end starts at its terminator, which is none of these.
TEXLEX_IN_THE_LOOP bool token_formatter::describe_plain(token_row& row) const noexcept {
  if (row.start >= input_.document.size()) return false;
  const uint8_t byte = input_.document[row.start];
  if (byte < 0x20 || byte >= 0x7f || ascii_[byte] != static_cast<uint8_t>(row.kind)) return false;
  if (row.kind == token_kind::control_sequence) return describe_name(row);
  if (row.kind == token_kind::superscript || (byte == ' ') != (row.kind == token_kind::space)) return false;
  row.code = byte;
  row.end = row.start + 1;
  return true;
}

bool token_formatter::describe_name(token_row& row) const noexcept {
  constexpr auto letter = static_cast<uint8_t>(catcode::letter);
  constexpr auto superscript = static_cast<uint8_t>(catcode::superscript);
  const auto document = input_.document;
  const uint64_t first = row.start + 1;
  uint64_t end = first;
  while (end < document.size() && document[end] > 0x20 && document[end] < 0x7f && ascii_[document[end]] == letter)
    ++end;
  if (end == document.size()) return false;
  const uint8_t next = document[end];
  // The line's end takes part in a name of no letters, and in any if it is a letter itself.
  if (end == first) {
    if (next <= 0x20 || next >= 0x7f || ascii_[next] == superscript) return false;
    ++end;
  } else if (next >= 0x7f || ascii_[next] == letter || ascii_[next] == superscript || !name_ends_with_line_) {
    return false;
  }
  row.name = {reinterpret_cast<const char*>(document.data()) + first, static_cast<size_t>(end - first)};
  row.end = end;
  return true;
}

TEXLEX_IN_THE_LOOP void token_formatter::describe(token_row& row, token_deriver& deriver) {
  row.name = {};
  row.code = 0;
  if (!wants_text_ || is_trivia(row.kind)) return;
  const uint64_t next = row.end;
  if (!describe_plain(row)) {
    deriver.derive(row.kind, row.start, text_);
    row.code = text_.code;
    row.name = text_.name;
    row.end = text_.end;
  }
  // In the source view a token ends where the next begins.
  if (input_.view == token_view::source) row.end = next;
  if (!is_plain(row.name)) escape_name(row);
}

void token_formatter::escape_name(token_row& row) {
  if (options_.format == token_format::jsonl) {
    escaped_name_ = json_string(row.name);
    row.name = std::string_view{escaped_name_}.substr(1, escaped_name_.size() - 2);
  } else {
    escaped_name_ = escape_control_sequence(row.name);
    row.name = escaped_name_;
  }
}

TEXLEX_IN_THE_LOOP char* token_formatter::write_text(char* to, const token_row& row) const noexcept {
  to = text_quote_.write(to);
  to = write(to, row.name);
  if (has_code(row.kind)) to = write_hex(to, static_cast<uint32_t>(row.code));
  return text_quote_.write(to);
}

char* token_formatter::write_column(char* to, column what, const token_row& row, row_numbers& numbers) const noexcept {
  switch (what) {
    case column::kind: return kind_names_[static_cast<size_t>(row.kind)].write(to);
    case column::text: return write_text(to, row);
    case column::start: return numbers.start.write(to, row.start);
    case column::end: return numbers.end.write(to, row.end);
    case column::line: return numbers.line.write(to, row.position->line);
    case column::column: return numbers.column.write(to, row.position->column);
    case column::code:
    case column::name: break; // refused by `chosen_columns`
  }
  return to;
}

// The loop over columns below, unrolled: it is half of the time a row takes, and most rows are these.
TEXLEX_IN_THE_LOOP char* token_formatter::write_usual_columns(char* to, const token_row& row,
                                                              row_numbers& numbers) const noexcept {
  to = kind_names_[static_cast<size_t>(row.kind)].write(between_[0].write(to));
  to = write_text(between_[1].write(to), row);
  to = numbers.start.write(between_[2].write(to), row.start);
  to = numbers.end.write(between_[3].write(to), row.end);
  to = numbers.line.write(between_[4].write(to), row.position->line);
  return numbers.column.write(between_[5].write(to), row.position->column);
}

TEXLEX_IN_THE_LOOP void token_formatter::append_row(const token_row& row, row_numbers& numbers,
                                                    text_buffer& out) const {
  char* to = out.room_for(before_.size() + row.name.size() + row_room);
  const std::string_view color = options_.color ? color_of(row.kind) : std::string_view{};
  to = write(to, color);
  to = write(to, before_);
  if (usual_columns_) {
    to = write_usual_columns(to, row, numbers);
  } else {
    for (size_t i = 0; i < options_.columns.size(); ++i)
      to = write_column(between_[i].write(to), options_.columns[i], row, numbers);
  }
  if (!color.empty()) to = write(to, color_end);
  out.end_at(after_.write(to));
}

void token_formatter::append(const token_part& part, text_buffer& out) {
  token_deriver deriver = part.deriver;
  position_counter position = part.position;
  const uint64_t document_end = input_.document.size();
  const auto words = static_cast<size_t>(start_words(document_end));
  start_reader starts{{tokens_.start_bits.get(), words}, part.word, document_end};
  token_row now{};
  row_numbers numbers;
  uint64_t start = starts.next();
  for (uint64_t i = part.first; i < part.first + part.count; ++i) {
    now.kind = tokens_.kinds[i];
    now.start = start;
    start = now.end = starts.next();
    describe(now, deriver);
    if (wants_position_) now.position = &position.go_to(now.start);
    append_row(now, numbers, out);
  }
}

} // namespace texlex::cli

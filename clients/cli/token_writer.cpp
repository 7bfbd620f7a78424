#include "clients/cli/token_writer.hpp"

#include <array>

#include "clients/cli/json_text.hpp"
#include "clients/cli/output.hpp"

namespace texlex::cli {
namespace {

constexpr std::array<std::string_view, 6> names{"kind", "text", "start", "end", "line", "column"};
constexpr size_t flush_bytes = 64u << 10;

// Bold for control sequences, dim for trivia, and the terminal's own colour for the rest.
std::string_view color_of(token_kind kind) {
  if (kind == token_kind::control_sequence) return "\x1b[1;34m";
  if (kind == token_kind::comment) return "\x1b[32m";
  if (is_trivia(kind)) return "\x1b[2m";
  if (kind == token_kind::paragraph) return "\x1b[35m";
  return {};
}

// One token with all that is derived.
struct token_row {
  token_kind kind;
  uint64_t start;
  uint64_t end;
  text_position position;
  const token_text* text;
};

void append_tsv(fmt::memory_buffer& out, const token_row& row, column what) {
  const auto append = [&out](const auto& value) { fmt::format_to(std::back_inserter(out), "{}", value); };
  switch (what) {
    case column::kind: return append(name_of(row.kind));
    case column::start: return append(row.start);
    case column::end: return append(row.end);
    case column::line: return append(row.position.line);
    case column::column: return append(row.position.column);
    case column::text:
      if (row.kind == token_kind::control_sequence) return append(escape_name(row.text->name));
      if (has_code(row.kind)) fmt::format_to(std::back_inserter(out), "{:x}", static_cast<uint32_t>(row.text->code));
  }
}

void append_json(fmt::memory_buffer& out, const token_row& row, column what) {
  fmt::format_to(std::back_inserter(out), "\"{}\":", names[static_cast<size_t>(what)]);
  if (what == column::kind && row.kind >= token_kind::paragraph) return append_json_string(out, name_of(row.kind));
  if (what != column::text) return append_tsv(out, row, what);
  if (row.kind == token_kind::control_sequence) return append_json_string(out, row.text->name);
  out.push_back('"');
  append_tsv(out, row, what);
  out.push_back('"');
}

void append_tsv_row(fmt::memory_buffer& out, const token_row& row, const writer_options& options) {
  const std::string_view color = options.color ? color_of(row.kind) : std::string_view{};
  out.append(color);
  for (size_t i = 0; i < options.columns.size(); ++i) {
    if (i > 0) out.push_back('\t');
    append_tsv(out, row, options.columns[i]);
  }
  if (!color.empty()) out.append(std::string_view{"\x1b[0m"});
  out.push_back('\n');
}

void append_json_row(fmt::memory_buffer& out, const token_row& row, const writer_options& options) {
  out.push_back('{');
  if (!options.file.empty()) {
    out.append(std::string_view{"\"file\":"});
    append_json_string(out, options.file);
    out.push_back(',');
  }
  for (size_t i = 0; i < options.columns.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_json(out, row, options.columns[i]);
  }
  out.append(std::string_view{"}\n"});
}

bool flush(std::FILE* out, fmt::memory_buffer& buffer) {
  const bool taken = write(out, {buffer.data(), buffer.size()});
  buffer.clear();
  return taken;
}

} // namespace

std::span<const std::string_view> column_names() noexcept { return names; }

std::string escape_name(std::string_view name) {
  std::string text;
  for (const char character : name) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x21 || byte == 0x7f || byte == '\\') {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += character;
    }
  }
  return text;
}

bool write_tokens(std::FILE* out, const scan_input& input, const token_columns& tokens, const writer_options& options) {
  fmt::memory_buffer buffer;
  token_deriver deriver{input.document, *input.regime};
  position_counter counter{input.document, input.regime->encoding, column_unit::code_points};
  token_text text;
  for (uint64_t i = 0; i < tokens.count; ++i) {
    const token_kind kind = tokens.kinds[i];
    const uint64_t start = tokens.starts[i];
    // In the source view a token ends where the next begins.
    uint64_t end = i + 1 < tokens.count ? tokens.starts[i + 1] : input.document.size();
    if (!is_trivia(kind)) deriver.derive(kind, start, text);
    if (input.view == token_view::tex) end = text.end;
    const token_row row{kind, start, end, counter.at(start), &text};
    options.format == token_format::tsv ? append_tsv_row(buffer, row, options) : append_json_row(buffer, row, options);
    if (buffer.size() >= flush_bytes && !flush(out, buffer)) return false;
  }
  return flush(out, buffer);
}

} // namespace texlex::cli

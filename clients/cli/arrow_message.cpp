#include "clients/cli/arrow_message.hpp"

#include <flatbuffers/flatbuffers.h>

namespace texlex::cli {
namespace {

using builder = flatbuffers::FlatBufferBuilder;
using table = flatbuffers::Offset<flatbuffers::Table>;
using tables = flatbuffers::Offset<flatbuffers::Vector<table>>;

// The place of a field in its table, by its number in Arrow's schema files (format/Message.fbs, Schema.fbs, File.fbs).
constexpr flatbuffers::voffset_t field_at(uint16_t number) noexcept {
  return static_cast<flatbuffers::voffset_t>(4 + 2 * number);
}

constexpr int16_t metadata_version_5 = 4;
constexpr std::string_view end_of_stream{"\xFF\xFF\xFF\xFF\0\0\0\0", 8};
constexpr std::string_view file_magic{"ARROW1\0\0", 8};
constexpr size_t closing_magic_bytes = 6; // without what aligns it
constexpr size_t message_alignment_bytes = 8;

enum class header_type : uint8_t { schema = 1, dictionary_batch = 2, record_batch = 3 };
enum class field_type : uint8_t { integer = 2, utf8 = 5 };

// Structures of Arrow's schema files, as they lie in memory.
struct field_node {
  int64_t length;
  int64_t null_count;
};
struct stored_buffer {
  int64_t offset;
  int64_t length;
};
struct stored_block {
  int64_t offset;
  int32_t metadata_bytes;
  int32_t padding;
  int64_t body_bytes;
};

int64_t to_signed(uint64_t value) noexcept { return static_cast<int64_t>(value); }

table end_table(builder& out, flatbuffers::uoffset_t start) { return table{out.EndTable(start)}; }

tables add_metadata(builder& out, const arrow_metadata& told) {
  std::vector<table> pairs;
  for (const auto& [key, value] : told) {
    const auto key_at = out.CreateString(key);
    const auto value_at = out.CreateString(value);
    const auto start = out.StartTable();
    out.AddOffset(field_at(0), key_at);
    out.AddOffset(field_at(1), value_at);
    pairs.push_back(end_table(out, start));
  }
  return out.CreateVector(pairs);
}

table add_integer(builder& out, int32_t bits, bool is_signed) {
  const auto start = out.StartTable();
  out.AddElement<int32_t>(field_at(0), bits, 0);
  out.AddElement<uint8_t>(field_at(1), is_signed ? 1 : 0, 0);
  return end_table(out, start);
}

table add_utf8(builder& out) { return end_table(out, out.StartTable()); }

table add_field(builder& out, std::string_view name, field_type type, table of_type, table dictionary = {}) {
  const auto name_at = out.CreateString(name.data(), name.size());
  const auto children = out.CreateVector(std::vector<table>{});
  const auto start = out.StartTable();
  out.AddOffset(field_at(0), name_at);
  out.AddElement<uint8_t>(field_at(2), static_cast<uint8_t>(type), 0);
  out.AddOffset(field_at(3), of_type);
  if (!dictionary.IsNull()) out.AddOffset(field_at(4), dictionary);
  out.AddOffset(field_at(5), children);
  return end_table(out, start);
}

table add_file_field(builder& out) {
  const auto index = add_integer(out, 32, true);
  const auto start = out.StartTable();
  out.AddElement<int64_t>(field_at(0), arrow_file_dictionary, -1); // never left out
  out.AddOffset(field_at(1), index);
  const auto dictionary = end_table(out, start);
  return add_field(out, "file", field_type::utf8, add_utf8(out), dictionary);
}

table add_column(builder& out, column what) {
  const std::string_view name = column_names()[static_cast<size_t>(what)];
  if (is_arrow_text(what)) return add_field(out, name, field_type::utf8, add_utf8(out));
  return add_field(out, name, field_type::integer, add_integer(out, what == column::kind ? 8 : 32, false));
}

table add_schema(builder& out, const arrow_schema& schema) {
  std::vector<table> fields;
  if (schema.names_files) fields.push_back(add_file_field(out));
  for (const column what : schema.columns) fields.push_back(add_column(out, what));
  const auto fields_at = out.CreateVector(fields);
  const auto told = add_metadata(out, {{"texlex.regime", schema.regime}, {"texlex.view", schema.view}});
  const auto start = out.StartTable();
  out.AddOffset(field_at(1), fields_at);
  out.AddOffset(field_at(2), told);
  return end_table(out, start);
}

table add_batch(builder& out, uint64_t rows, size_t fields, std::span<const arrow_buffer> buffers) {
  const std::vector<field_node> nodes(fields, {to_signed(rows), 0});
  std::vector<stored_buffer> stored;
  for (const arrow_buffer& each : buffers) stored.push_back({to_signed(each.offset), to_signed(each.bytes)});
  const auto buffers_at = out.CreateVectorOfStructs(stored);
  const auto nodes_at = out.CreateVectorOfStructs(nodes);
  const auto start = out.StartTable();
  out.AddElement<int64_t>(field_at(0), to_signed(rows), 0);
  out.AddOffset(field_at(1), nodes_at);
  out.AddOffset(field_at(2), buffers_at);
  return end_table(out, start);
}

void append_number(std::string& text, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xFF);
}

// The metadata's length counts its padding, which makes all a multiple of eight bytes.
std::string finish_message(builder& out, header_type type, table header, uint64_t body_bytes, tables told) {
  const auto start = out.StartTable();
  out.AddElement<int64_t>(field_at(3), to_signed(body_bytes), 0);
  out.AddOffset(field_at(2), header);
  if (!told.IsNull()) out.AddOffset(field_at(4), told);
  out.AddElement<int16_t>(field_at(0), metadata_version_5, 0);
  out.AddElement<uint8_t>(field_at(1), static_cast<uint8_t>(type), 0);
  out.Finish(end_table(out, start));
  const size_t padding = (message_alignment_bytes - out.GetSize() % message_alignment_bytes) % message_alignment_bytes;
  std::string message{end_of_stream.substr(0, 4)};
  append_number(message, static_cast<uint32_t>(out.GetSize() + padding));
  message.append(reinterpret_cast<const char*>(out.GetBufferPointer()), out.GetSize());
  message.append(padding, '\0');
  return message;
}

auto add_blocks(builder& out, std::span<const arrow_block> blocks) {
  std::vector<stored_block> stored;
  for (const arrow_block& each : blocks) stored.push_back({each.offset, each.metadata_bytes, 0, each.body_bytes});
  return out.CreateVectorOfStructs(stored);
}

} // namespace

std::string arrow_schema_message(const arrow_schema& schema) {
  builder out;
  const auto header = add_schema(out, schema);
  return finish_message(out, header_type::schema, header, 0, {});
}

std::string arrow_batch_message(uint64_t rows, size_t fields, std::span<const arrow_buffer> buffers,
                                uint64_t body_bytes, const arrow_metadata& told) {
  builder out;
  const auto header = add_batch(out, rows, fields, buffers);
  const auto told_at = add_metadata(out, told);
  return finish_message(out, header_type::record_batch, header, body_bytes, told_at);
}

std::string arrow_name_message(std::string_view name, bool is_delta) {
  const uint64_t offsets_bytes = 2 * sizeof(int32_t);
  const std::vector<arrow_buffer> buffers{{0, 0}, {0, offsets_bytes}, {arrow_padded(offsets_bytes), name.size()}};
  const uint64_t body_bytes = arrow_padded(offsets_bytes) + arrow_padded(name.size());
  builder out;
  const auto batch = add_batch(out, 1, 1, buffers);
  const auto start = out.StartTable();
  out.AddElement<int64_t>(field_at(0), arrow_file_dictionary, -1);
  out.AddOffset(field_at(1), batch);
  out.AddElement<uint8_t>(field_at(2), is_delta ? 1 : 0, 0);
  const auto header = end_table(out, start);
  std::string message = finish_message(out, header_type::dictionary_batch, header, body_bytes, {});
  const size_t body_at = message.size();
  append_number(message, 0);
  append_number(message, static_cast<uint32_t>(name.size()));
  message.resize(body_at + arrow_padded(offsets_bytes), '\0');
  message += name;
  message.resize(body_at + body_bytes, '\0');
  return message;
}

std::string_view arrow_end() noexcept { return end_of_stream; }

std::string_view arrow_file_magic() noexcept { return file_magic; }

std::string arrow_footer(const arrow_schema& schema, std::span<const arrow_block> dictionaries,
                         std::span<const arrow_block> batches) {
  builder out;
  const auto schema_at = add_schema(out, schema);
  const auto dictionaries_at = add_blocks(out, dictionaries);
  const auto batches_at = add_blocks(out, batches);
  const auto start = out.StartTable();
  out.AddOffset(field_at(1), schema_at);
  out.AddOffset(field_at(2), dictionaries_at);
  out.AddOffset(field_at(3), batches_at);
  out.AddElement<int16_t>(field_at(0), metadata_version_5, 0);
  out.Finish(end_table(out, start));
  std::string footer{reinterpret_cast<const char*>(out.GetBufferPointer()), out.GetSize()};
  append_number(footer, static_cast<uint32_t>(footer.size()));
  footer += file_magic.substr(0, closing_magic_bytes);
  return footer;
}

} // namespace texlex::cli

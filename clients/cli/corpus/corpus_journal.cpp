#include "clients/cli/corpus/corpus_journal.hpp"

#include <charconv>
#include <optional>

#include <spdlog/fmt/fmt.h>
#include <xxhash.h>

#include "clients/cli/escaped_text.hpp"

namespace texlex::cli {
namespace {

constexpr size_t checksum_digits = 16;

std::string checksum(std::string_view text) { return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size())); }

void append_line(std::string& lines, std::string_view text) {
  lines += checksum(text);
  lines += '\t';
  lines += text;
  lines += '\n';
}

// A sound line without its checksum.
std::optional<std::string_view> sound_text(std::string_view line) {
  if (line.size() <= checksum_digits || line[checksum_digits] != '\t') return std::nullopt;
  const std::string_view text = line.substr(checksum_digits + 1);
  if (line.substr(0, checksum_digits) != checksum(text)) return std::nullopt;
  return text;
}

// The fields of a line, taken one after the other; a field that is not there or no number makes all of them bad.
class line_fields {
public:
  explicit line_fields(std::string_view text) noexcept : rest_(text) {}

  std::string_view text() noexcept {
    if (ended_) good_ = false;
    const std::string_view field = rest_.substr(0, rest_.find('\t'));
    ended_ = field.size() == rest_.size();
    rest_.remove_prefix(ended_ ? rest_.size() : field.size() + 1);
    return field;
  }

  template <class Number>
  Number number() noexcept {
    const std::string_view field = text();
    Number value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc{} || end != field.data() + field.size()) good_ = false;
    return value;
  }

  [[nodiscard]] bool are_complete() const noexcept { return good_ && ended_; }

private:
  std::string_view rest_;
  bool ended_ = false;
  bool good_ = true;
};

class replay {
public:
  // False: a sound line that says nothing that may be said there.
  bool take(std::string_view text) {
    line_fields fields{text};
    const std::string_view what = fields.text();
    if (what == "option") return take_option(fields);
    if (what == "begin") return take_begin(fields);
    if (!begun_) return false;
    if (what == "file") return take_file(fields);
    if (what == "failed") return take_failed(fields);
    if (what == "settled") return take_settled(fields);
    return what == "commit" && take_commit(fields);
  }

  [[nodiscard]] bool committed() const noexcept { return committed_; }
  [[nodiscard]] bool begun() const noexcept { return begun_; }
  [[nodiscard]] journal_state& state() noexcept { return state_; }

private:
  bool take_option(line_fields& fields) {
    const std::string name{fields.text()};
    state_.options.emplace_back(name, fields.text());
    return !begun_ && fields.are_complete();
  }

  bool take_begin(line_fields& fields) {
    if (begun_ || !fields.are_complete()) return false;
    begun_ = committed_ = true;
    return true;
  }

  bool take_file(line_fields& fields) {
    committed_ = false;
    const auto file = fields.number<uint64_t>();
    file_stamp& stamp = now_.files[file];
    stamp.bytes = fields.number<uint64_t>();
    stamp.modified_ns = fields.number<int64_t>();
    return fields.are_complete();
  }

  bool take_failed(line_fields& fields) {
    committed_ = false;
    failed_document failed;
    failed.place.file = fields.number<uint64_t>();
    failed.place.document = fields.number<uint64_t>();
    failed.rest = fields.number<int>() != 0;
    failed.stamp.bytes = fields.number<uint64_t>();
    failed.stamp.modified_ns = fields.number<int64_t>();
    failed.name = fields.text();
    failed.reason = fields.text();
    now_.failed.push_back(std::move(failed));
    return fields.are_complete();
  }

  bool take_settled(line_fields& fields) {
    committed_ = false;
    document_place place;
    place.file = fields.number<uint64_t>();
    place.document = fields.number<uint64_t>();
    now_.settled.push_back(place);
    return fields.are_complete();
  }

  bool take_commit(line_fields& fields) {
    now_.number = fields.number<uint64_t>();
    now_.documents = fields.number<uint64_t>();
    now_.bytes = fields.number<uint64_t>();
    now_.next.file = fields.number<uint64_t>();
    now_.next.document = fields.number<uint64_t>();
    if (!fields.are_complete() || now_.number != state_.commits + 1) return false;
    apply(now_, state_);
    now_ = {};
    committed_ = true;
    return true;
  }

  journal_state state_;
  journal_commit now_; ///< what was told since the last one
  bool begun_ = false;
  bool committed_ = false;
};

// Whether behind a bad line something is committed that cannot be a remainder of the commit it lies in.
bool has_later_commit(std::string_view text, uint64_t commits) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto sound = sound_text(line);
    if (!sound) continue;
    line_fields fields{*sound};
    if (fields.text() == "commit" && fields.number<uint64_t>() > commits + 1) return true;
  }
  return false;
}

} // namespace

std::string journal_beginning(const journal_options& options) {
  std::string lines;
  for (const auto& [name, value] : options) append_line(lines, fmt::format("option\t{}\t{}", name, value));
  append_line(lines, "begin");
  return lines;
}

std::string journal_lines(const journal_commit& commit) {
  std::string lines;
  for (const auto& [file, stamp] : commit.files)
    append_line(lines, fmt::format("file\t{}\t{}\t{}", file, stamp.bytes, stamp.modified_ns));
  for (const document_place& place : commit.settled)
    append_line(lines, fmt::format("settled\t{}\t{}", place.file, place.document));
  for (const failed_document& each : commit.failed)
    append_line(lines,
                fmt::format("failed\t{}\t{}\t{}\t{}\t{}\t{}\t{}", each.place.file, each.place.document,
                            each.rest ? 1 : 0, each.stamp.bytes, each.stamp.modified_ns, each.name, each.reason));
  append_line(lines, fmt::format("commit\t{}\t{}\t{}\t{}\t{}", commit.number, commit.documents, commit.bytes,
                                 commit.next.file, commit.next.document));
  return lines;
}

void apply(const journal_commit& commit, journal_state& state) {
  state.commits = commit.number;
  state.documents += commit.documents;
  if (commit.documents > 0) state.parts[commit.number] = commit.bytes;
  state.next = commit.next;
  for (const auto& [file, stamp] : commit.files) state.files[file] = stamp;
  for (const document_place& place : commit.settled) state.failed.erase(place);
  for (const failed_document& each : commit.failed) state.failed[each.place] = each;
}

std::variant<journal_state, std::string> replay_journal(std::string_view text) {
  replay journal;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const auto sound = end == std::string_view::npos ? std::nullopt : sound_text(text.substr(at, end - at));
    if (!sound || !journal.take(*sound)) {
      if (sound || has_later_commit(text.substr(at), journal.state().commits))
        return fmt::format("it is damaged at byte {}, and what lies behind is not", at);
      break;
    }
    at = end + 1;
    if (journal.committed()) journal.state().sound_bytes = at;
  }
  if (!journal.begun()) return std::string{"it does not begin as one"};
  return std::move(journal.state());
}

bool is_of_files(const journal_state& state, uint64_t files) noexcept {
  return state.next.file <= files && (state.files.empty() || state.files.rbegin()->first < files)
         && (state.failed.empty() || state.failed.rbegin()->first.file < files);
}

std::string difference(const journal_options& then, const journal_options& now) {
  const std::map<std::string, std::string> before{then.begin(), then.end()};
  const std::map<std::string, std::string> after{now.begin(), now.end()};
  std::vector<std::string> told;
  for (const auto& [name, value] : before) {
    const auto found = after.find(name);
    if (found == after.end() || found->second != value)
      told.push_back(fmt::format("{}: then {}, now {}", name, value, found == after.end() ? "none" : found->second));
  }
  for (const auto& [name, value] : after)
    if (!before.contains(name)) told.push_back(fmt::format("{}: then none, now {}", name, value));
  return fmt::format("{}", fmt::join(told, "; "));
}

} // namespace texlex::cli

#include "kernels/reference.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "kernels/byte_issues.hpp"
#include "kernels/line_reader.hpp"

namespace texlex {
namespace {

// Writes an issue at its place among the others, and counts it.
void keep(const issue& found, uint64_t place, scan_cursor& cursor, const scan_output& output) {
  if (place < output.issues.size()) {
    const uint64_t kept = std::min<uint64_t>(cursor.issue_count, output.issues.size() - 1);
    const auto at = [&](uint64_t index) { return output.issues.begin() + static_cast<ptrdiff_t>(index); };
    std::move_backward(at(place), at(kept), at(kept + 1));
    output.issues[place] = found;
  }
  ++cursor.issue_count;
}

// Where a token starts.
uint32_t start_of(uint64_t token, const scan_output& output) {
  if (output.starts != nullptr) return output.starts[token];
  const uint64_t* word = output.start_bits;
  for (; token >= static_cast<uint64_t>(std::popcount(*word)); ++word)
    token -= static_cast<uint64_t>(std::popcount(*word));
  uint64_t bits = *word;
  for (; token > 0; --token) bits &= bits - 1;
  return static_cast<uint32_t>((word - output.start_bits) * 64 + std::countr_zero(bits));
}

struct group_counts {
  uint64_t begins = 0, ends = 0;
};

constexpr uint64_t block_tokens = 64;

// Bytes are summed as bytes, so that it is a few vector operations.
group_counts groups_of_block(const token_kind* kinds) {
  uint8_t begins = 0, ends = 0;
  for (uint64_t i = 0; i < block_tokens; ++i) {
    begins = static_cast<uint8_t>(begins + (kinds[i] == token_kind::begin_group));
    ends = static_cast<uint8_t>(ends + (kinds[i] == token_kind::end_group));
  }
  return {begins, ends};
}

// The begin-group of the outermost group that is still open after all tokens: backwards, the first one before which no
// group is open. Blocks with fewer begin-groups than are open cannot hold it.
uint32_t outermost_group(const scan_cursor& cursor, const scan_output& output) {
  uint64_t open = cursor.group_depth;
  for (uint64_t i = cursor.token_count; i > 0;) {
    const uint64_t block = i - std::min(i, block_tokens);
    if (i - block == block_tokens) {
      const group_counts groups = groups_of_block(output.kinds + block);
      if (groups.begins < open) {
        open += groups.ends - groups.begins;
        i = block;
        continue;
      }
    }
    while (i > block) {
      const token_kind kind = output.kinds[--i];
      open += kind == token_kind::end_group;
      if (kind == token_kind::begin_group && --open == 0) return start_of(i, output);
    }
  }
  assert(open == 0 && "a group that is open was begun");
  return 0;
}

// Writes starts into a bitmap nobody has cleared.
class start_bitmap {
public:
  // Bits of what is already read stay.
  start_bitmap(uint64_t* words, uint64_t offset) : words_(words), last_(offset / 64) {
    if (words_ != nullptr) words_[last_] &= (uint64_t{1} << offset % 64) - 1;
  }

  explicit operator bool() const { return words_ != nullptr; }

  void set(uint64_t offset) {
    clear_up_to(offset);
    words_[last_] |= uint64_t{1} << offset % 64;
  }

  void clear_up_to(uint64_t offset) {
    while (last_ < offset / 64) words_[++last_] = 0;
  }

private:
  uint64_t* words_;
  uint64_t last_; ///< words up to this one hold what they should
};

// One call of `advance`: the cursor is where it reads and writes; nothing of the object outlives the call.
class reference_scan {
public:
  reference_scan(const scan_input& input, scan_cursor& cursor, const scan_output& output)
    : document_(input.document), regime_(*input.regime), source_view_(input.view == token_view::source),
      cursor_(cursor), output_(output),
      start_bits_(output.starts == nullptr ? output.start_bits : nullptr, cursor.offset) {}

  ~reference_scan() {
    if (start_bits_) start_bits_.clear_up_to(cursor_.offset);
  }
  reference_scan(const reference_scan&) = delete;
  reference_scan& operator=(const reference_scan&) = delete;

  void advance(uint64_t limit) {
    while (!cursor_.finished && (cursor_.offset < limit || limit >= document_.size())) advance_line(limit);
  }

  void advance_line(uint64_t limit) {
    if (!cursor_.in_line) begin_line();
    scan_line(limit);
  }

private:
  void begin_line() {
    const auto line = find_line(document_, cursor_.offset);
    cursor_.line_end = line.text_end;
    cursor_.terminator = line.terminator;
    cursor_.next_line = line.next;
    cursor_.in_line = true;
  }

  // Tokens of the current line, until its end or until the limit is passed.
  void scan_line(uint64_t limit) {
    const line_reader reader{document_, regime_, {cursor_.line_end, cursor_.terminator, cursor_.next_line}};
    uint64_t position = cursor_.offset;
    while (position < reader.end()) {
      if (position >= limit && limit < document_.size()) {
        cursor_.offset = position;
        return;
      }
      position = scan_token(reader, position);
    }
    // A token that took the end-line character covers all up to the next line; else the line's rest is trivia.
    if (position == cursor_.line_end) line_trivia();
    end_line();
  }

  void end_line() {
    check_bytes(cursor_.next_line);
    cursor_.in_line = false;
    cursor_.offset = cursor_.next_line;
    cursor_.state = line_state::new_line;
    cursor_.run = token_kind::other;
    // A terminator at the very end starts no further line.
    if (cursor_.next_line != document_.size()) return;
    if (start_bits_) start_bits_.clear_up_to(cursor_.offset);
    finish_scan(cursor_, output_);
  }

  // Reads what begins at a position and says where the next begins; at or beyond the line's end the line is over.
  uint64_t scan_token(const line_reader& reader, uint64_t position) {
    const line_character character = reader.read(position);
    // The end-line character itself begins where the terminator does: trailing spaces lie between.
    const bool at_end = position == cursor_.line_end;
    const uint64_t start = at_end ? cursor_.terminator : position;
    if (at_end) blank_before_terminator();
    if (character.malformed_superscript) report(issue_kind::malformed_superscript, start);

    switch (character.category) {
      case catcode::escape: return control_sequence(reader, start, character.next);
      case catcode::end_of_line: return end_of_line(start, character.next);
      case catcode::comment: return drop_rest(start, character.next);
      case catcode::space: return space(start, character.next);
      case catcode::ignored: trivia(at_end ? token_kind::line_end : token_kind::ignored, start); return character.next;
      case catcode::invalid:
        report(issue_kind::invalid_character, start);
        trivia(at_end ? token_kind::line_end : token_kind::invalid, start);
        return character.next;
      case catcode::begin_group: ++cursor_.group_depth; break;
      case catcode::end_group:
        if (cursor_.group_depth == 0) {
          report(issue_kind::unbalanced_group, start);
        } else {
          --cursor_.group_depth;
        }
        break;
      default: break;
    }
    token(static_cast<token_kind>(character.category), start);
    cursor_.state = line_state::middle;
    return character.next;
  }

  // The longest run of letters, or one other character, or nothing at the end of a line (tex.web, section 354).
  uint64_t control_sequence(const line_reader& reader, uint64_t start, uint64_t position) {
    token(token_kind::control_sequence, start);
    cursor_.state = line_state::middle;
    if (position >= reader.end()) return position;
    line_character character = reader.read(position);
    report_malformed(character, position);
    if (character.category != catcode::letter) {
      if (character.category == catcode::space) cursor_.state = line_state::skipping_blanks;
      return character.next;
    }
    cursor_.state = line_state::skipping_blanks;
    do {
      position = character.next;
      if (position >= reader.end()) break;
      character = reader.read(position);
      if (character.category == catcode::letter) report_malformed(character, position);
    } while (character.category == catcode::letter);
    return position;
  }

  // An end-of-line character ends the line wherever it stands (tex.web, section 348).
  uint64_t end_of_line(uint64_t start, uint64_t next) {
    switch (cursor_.state) {
      case line_state::new_line: token(token_kind::paragraph, start); break;
      case line_state::middle: token(token_kind::space, start); break;
      case line_state::skipping_blanks:
        trivia(next > cursor_.line_end ? token_kind::line_end : token_kind::blank, start);
    }
    if (next > cursor_.line_end) return next;
    return drop_rest(next, next);
  }

  // Drops the line from `start` to its terminator, and that too.
  uint64_t drop_rest(uint64_t start, uint64_t next) {
    if (next > cursor_.line_end && start < cursor_.terminator) {
      trivia(token_kind::comment, start); // `^^` notation that took the end-line character: one token to the next line
    } else {
      if (start < cursor_.terminator) trivia(token_kind::comment, start);
      if (cursor_.terminator < cursor_.next_line) trivia(token_kind::line_end, cursor_.terminator);
    }
    return cursor_.line_end + 1;
  }

  uint64_t space(uint64_t start, uint64_t next) {
    if (cursor_.state == line_state::middle) {
      token(token_kind::space, start);
      cursor_.state = line_state::skipping_blanks;
    } else {
      trivia(start == cursor_.terminator ? token_kind::line_end : token_kind::blank, start);
    }
    return next;
  }

  void blank_before_terminator() {
    if (cursor_.line_end < cursor_.terminator) trivia(token_kind::blank, cursor_.line_end);
  }

  // The end of a line that has no end-line character.
  void line_trivia() {
    blank_before_terminator();
    if (cursor_.terminator < cursor_.next_line) trivia(token_kind::line_end, cursor_.terminator);
  }

  void token(token_kind kind, uint64_t start) {
    output_.kinds[cursor_.token_count] = kind;
    if (start_bits_) {
      start_bits_.set(start);
    } else {
      output_.starts[cursor_.token_count] = static_cast<uint32_t>(start);
    }
    ++cursor_.token_count;
    cursor_.run = token_kind::other;
  }

  // Blanks and ignored characters that touch share one token.
  void trivia(token_kind kind, uint64_t start) {
    if (!source_view_ || start == cursor_.next_line) return;
    const bool runs = kind == token_kind::blank || kind == token_kind::ignored;
    if (runs && cursor_.run == kind) return;
    token(kind, start);
    if (runs) cursor_.run = kind;
  }

  void report_malformed(const line_character& character, uint64_t position) {
    if (character.malformed_superscript) report(issue_kind::malformed_superscript, position);
  }

  // Issues come in order of offset; at the same offset those of single bytes come first.
  void report(issue_kind kind, uint64_t offset) {
    check_bytes(std::min<uint64_t>(offset + 1, document_.size()));
    keep({kind, static_cast<uint32_t>(offset)}, cursor_.issue_count, cursor_, output_);
  }

  void check_bytes(uint64_t end) {
    cursor_.checked = find_byte_issues(document_, regime_.encoding, cursor_.checked, end, [this](const issue& found) {
      keep(found, cursor_.issue_count, cursor_, output_);
    });
  }

  std::span<const uint8_t> document_;
  const regime& regime_;
  bool source_view_;
  scan_cursor& cursor_;
  const scan_output& output_;
  start_bitmap start_bits_;
};

void advance(const scan_input& input, uint64_t limit, scan_cursor& cursor, const scan_output& output) {
  reference_scan{input, cursor, output}.advance(limit);
}

void expand_starts(const uint64_t* start_bits, uint64_t document_bytes, uint32_t* starts) {
  for (uint64_t word = 0; word < start_words(document_bytes); ++word)
    for (uint64_t bits = start_bits[word]; bits != 0; bits &= bits - 1)
      *starts++ = static_cast<uint32_t>(word * 64 + static_cast<uint64_t>(std::countr_zero(bits)));
}

} // namespace

void advance_line(const scan_input& input, uint64_t limit, scan_cursor& cursor, const scan_output& output) {
  reference_scan{input, cursor, output}.advance_line(limit);
}

// The one issue that is known only at the end goes to its place among the others.
void finish_scan(scan_cursor& cursor, const scan_output& output) {
  cursor.finished = true;
  if (cursor.group_depth == 0) return;
  const uint32_t begin = outermost_group(cursor, output);
  const auto kept = output.issues.first(std::min<uint64_t>(cursor.issue_count, output.issues.size()));
  const auto after = std::upper_bound(kept.begin(), kept.end(), begin,
                                      [](uint32_t offset, const issue& other) { return offset < other.offset; });
  keep({issue_kind::unbalanced_group, begin}, static_cast<uint64_t>(after - kept.begin()), cursor, output);
}

constinit const kernel reference_kernel{"reference", advance, expand_starts};

} // namespace texlex

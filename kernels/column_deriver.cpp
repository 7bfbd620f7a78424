#include "kernels/column_deriver.hpp"

#include <algorithm>

#include "kernels/narrow.hpp"

namespace texlex {

column_deriver::column_deriver(const scan_input& input, column_unit unit, std::span<const token_kind> kinds,
                               const uint32_t* starts, const derived_columns& into) noexcept
  : input_(input), kinds_(kinds), starts_(starts), into_(into), deriver_(input.document, *input.regime),
    counter_(input.document, input.regime->encoding, unit),
    texts_(into.ends != nullptr || into.codes != nullptr || into.name_offsets != nullptr),
    places_(into.lines != nullptr || into.columns != nullptr) {}

bool column_deriver::derive(uint64_t tokens) {
  const uint64_t last = std::min<uint64_t>(kinds_.size(), next_ + tokens);
  for (; next_ < last; ++next_) {
    if (texts_) derive_text(next_);
    if (!places_) continue;
    const text_position place = counter_.at(starts_[next_]);
    if (into_.lines != nullptr) into_.lines[next_] = narrow(place.line);
    if (into_.columns != nullptr) into_.columns[next_] = narrow(place.column);
  }
  if (next_ < kinds_.size()) return true;
  if (into_.name_offsets != nullptr) into_.name_offsets[next_] = narrow(name_bytes_);
  return false;
}

// In the source view a token ends where the next begins, and trivia have no other text.
void column_deriver::derive_text(uint64_t index) {
  const token_kind kind = kinds_[index];
  text_.name.clear();
  if (!is_trivia(kind)) deriver_.derive(kind, starts_[index], text_);
  if (input_.view == token_view::source)
    text_.end = index + 1 < kinds_.size() ? starts_[index + 1] : input_.document.size();
  if (into_.ends != nullptr) into_.ends[index] = narrow(text_.end);
  if (into_.codes != nullptr) into_.codes[index] = has_code(kind) ? text_.code : 0;
  if (into_.name_offsets == nullptr) return;
  into_.name_offsets[index] = narrow(name_bytes_);
  std::copy(text_.name.begin(), text_.name.end(), into_.name_bytes + name_bytes_);
  name_bytes_ += text_.name.size();
}

} // namespace texlex

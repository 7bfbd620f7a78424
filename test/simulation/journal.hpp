// What happened in a world, for people: a line each, or a chart of who said what to whom. Kept only if somebody wants
// to read it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/time.hpp"

namespace texlex::simulation {

class journal {
public:
  explicit journal(bool wanted) : wanted_(wanted) {}

  /// `from` says something to `to`, or does it by itself if they are the same.
  template <class Text>
  void note(instant at, std::string_view from, std::string_view to, Text text) {
    if (wanted_) entries_.push_back({at, std::string{from}, std::string{to}, text()});
  }
  [[nodiscard]] bool wanted() const noexcept { return wanted_; }

  /// A line each: the time since the start in milliseconds, from, to, text.
  [[nodiscard]] std::string lines() const;
  /// A sequence chart: a column for everybody, time downwards.
  [[nodiscard]] std::string svg() const;

private:
  struct entry {
    instant at;
    std::string from, to, text;
  };
  [[nodiscard]] double ms(const entry& one) const;

  bool wanted_;
  std::vector<entry> entries_;
};

} // namespace texlex::simulation

// A corpus, and what `texlex corpus` makes of it.
#pragma once

#include <algorithm>
#include <filesystem>

#include <sstream>
#include <string>
#include <vector>

#include "test/cli/program_folder.hpp"

namespace texlex::test {

class corpus_folder : public program_folder {
public:
  explicit corpus_folder(size_t documents = 0) {
    std::filesystem::create_directory(*this / "in");
    for (size_t i = 0; i < documents; ++i) {
      std::string text;
      for (size_t line = 0; line <= i % 7; ++line) text += "\\a" + std::to_string(i * line) + " $x$ %\n";
      write("in/" + std::to_string(1000 + i) + ".tex", text);
    }
  }

  /// Runs it over `in`, into `out` by `journal`.
  [[nodiscard]] ended corpus(const std::string& more) const { return run("corpus " + (*this / "in") + usual() + more); }

  /// What it is called with there.
  [[nodiscard]] std::string usual() const {
    return " --journal " + (*this / "journal") + " --out " + (*this / "out") + " --format counts ";
  }

  /// All lines of all parts, sorted.
  [[nodiscard]] std::vector<std::string> lines(const std::string& folder = "out") const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator{*this / folder}) {
      std::istringstream text{read_file(entry.path().string())};
      for (std::string line; std::getline(text, line);) all.push_back(line);
    }
    std::sort(all.begin(), all.end());
    return all;
  }
};

} // namespace texlex::test

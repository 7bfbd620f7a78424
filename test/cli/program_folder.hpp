// Where a test's files lie and texlex runs, as a script meets it.
#pragma once

#include <cstdlib>
#include <string>

#include <sys/wait.h>

#include "test/support/temporary_folder.hpp"

namespace texlex::test {

/// How texlex ended, and what it wrote.
struct ended {
  int status = -1;
  std::string output;
  std::string errors;
};

class program_folder : public temporary_folder {
public:
  /// Runs texlex with arguments as a shell takes them.
  [[nodiscard]] ended run(const std::string& arguments) const {
    const std::string command = std::string{TEXLEX_PROGRAM} + " " + arguments + " >" + (*this / "output") + " 2>"
                                + (*this / "errors") + " </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read("output"), read("errors")};
  }

  /// Runs what bash is told, its errors kept in a file unless told otherwise; what it ended with, as bash tells it.
  [[nodiscard]] int shell(const std::string& commands) const {
    const auto script = write("script", "ulimit -c 0\n" + commands + "\n");
    const int status = std::system(("bash " + script + " >/dev/null 2>" + (*this / "errors") + " </dev/null").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

} // namespace texlex::test

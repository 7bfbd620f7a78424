// texlexd as it is shipped: started as a process of its own, talked to over its sockets, ended by a signal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "test/support/frame_caller.hpp"
#include "test/support/temporary_folder.hpp"

namespace texlex::test {

/// How a process ended.
struct process_end {
  int exit_status = -1; ///< -1: by a signal
  int signal = 0;
};

/// The counts the reference kernel has for a document, as a response carries them.
[[nodiscard]] outcome counts_of(std::string_view document);

/// Every document of test/engine/documents.
[[nodiscard]] std::vector<std::string> sample_documents();

/// A connection that knows what a document's answer must be.
class service_caller : public frame_caller {
public:
  using frame_caller::frame_caller;

  /// The next response is `id`'s, ok, and right whichever attempt made it.
  void expect_counts(uint64_t id, std::string_view document);
};

/// What it finds when it starts, where that is not the usual.
struct surroundings {
  std::string shell{}; ///< what `sh` does before it: `ulimit -n 256`, `exec 2>&-`
  int output = -1;     ///< descriptor of its standard output; else a file
  int errors = -1;     ///< likewise of its log
};

class running_texlexd {
public:
  /// Starts `texlexd serve --unix <folder>/texlex.sock` with `flags` behind and waits until it is ready. Requests wait
  /// for a worker as long as it takes, unless a flag says otherwise: tests send more at once than a slow machine does.
  explicit running_texlexd(std::vector<std::string> flags = {});
  /// The same, on that socket.
  running_texlexd(const std::string& socket, std::vector<std::string> flags);
  /// The same in these surroundings; where its standard output goes elsewhere, it is ready once it can be reached.
  running_texlexd(surroundings around, std::vector<std::string> flags);
  /// Ends it by SIGKILL if a failed test left it.
  ~running_texlexd();
  running_texlexd(const running_texlexd&) = delete;
  running_texlexd& operator=(const running_texlexd&) = delete;

  [[nodiscard]] service_caller connect() const;
  [[nodiscard]] service_caller connect_tcp() const; ///< needs `--tcp-port 0` among the flags

  void signal(int number) const;
  [[nodiscard]] process_end wait();
  /// SIGTERM and its end, which must be a drain.
  void stop();

  [[nodiscard]] const std::string& socket() const noexcept { return socket_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] std::string ready_line() const { return folder_.read("ready"); }
  [[nodiscard]] std::string log() const { return folder_.read("log"); }
  [[nodiscard]] uint64_t resident_bytes() const;

private:
  void start(const std::vector<std::string>& flags, const surroundings& around = {});
  [[nodiscard]] bool is_ready(const surroundings& around) const;

  temporary_folder folder_;
  std::string socket_;
  pid_t pid_ = -1;
};

/// Runs texlexd to its end with flags as they are; for starts that must fail, and for what it prints instead.
struct failed_start {
  process_end end;
  std::string errors;
  std::string output;
};
[[nodiscard]] failed_start run_texlexd(const std::vector<std::string>& arguments, const surroundings& around = {});

} // namespace texlex::test

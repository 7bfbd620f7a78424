#include "test/e2e/running_texlexd.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <regex>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/regimes.hpp"
#include "runtime/time.hpp"
#include "test/support/token_list.hpp"

extern char** environ;

namespace texlex::test {
namespace {

using namespace std::chrono_literals;

pid_t spawn(std::vector<std::string> arguments, const std::string& output, const std::string& errors,
            const surroundings& around) {
  arguments.insert(arguments.begin(), TEXLEXD_PROGRAM);
  if (!around.shell.empty())
    arguments.insert(arguments.begin(), {"/bin/sh", "-c", around.shell + "; exec \"$@\"", "sh"});
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  const auto direct = [&](int stream, int given, const std::string& path) {
    if (given >= 0)
      posix_spawn_file_actions_adddup2(&files, given, stream);
    else
      posix_spawn_file_actions_addopen(&files, stream, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  };
  direct(STDOUT_FILENO, around.output, output);
  direct(STDERR_FILENO, around.errors, errors);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, arguments.front().c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  BOOST_REQUIRE_MESSAGE(error == 0, "cannot start " << TEXLEXD_PROGRAM);
  return pid;
}

process_end wait_for(pid_t pid) {
  for (const instant until = now() + patience; now() < until; std::this_thread::sleep_for(1ms)) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) != pid) continue;
    return WIFEXITED(status) ? process_end{WEXITSTATUS(status), 0} : process_end{-1, WTERMSIG(status)};
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  BOOST_FAIL("texlexd did not end");
  return {};
}

} // namespace

outcome counts_of(std::string_view document) {
  const scanned tokens = scan(document, *find_regime("latex"));
  return {status::ok, static_cast<uint32_t>(tokens.kinds.size()), static_cast<uint32_t>(tokens.issue_count),
          origin::primary};
}

std::vector<std::string> sample_documents() {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator{TEXLEX_SOURCE_DIR "/test/engine/documents"})
    if (entry.path().extension() == ".tex") texts.push_back(read_file(entry.path().string()));
  BOOST_REQUIRE(texts.size() >= 10u);
  return texts;
}

void service_caller::expect_counts(uint64_t id, std::string_view document) {
  const client_response got = response();
  outcome wanted = counts_of(document);
  BOOST_TEST(got.id == id);
  BOOST_TEST((got.result.origin == origin::primary || got.result.origin == origin::hedge));
  wanted.origin = got.result.origin;
  BOOST_TEST(got.result == wanted);
}

running_texlexd::running_texlexd(std::vector<std::string> flags) : socket_(folder_ / "texlex.sock") { start(flags); }

running_texlexd::running_texlexd(const std::string& socket, std::vector<std::string> flags) : socket_(socket) {
  start(flags);
}

running_texlexd::running_texlexd(surroundings around, std::vector<std::string> flags)
  : socket_(folder_ / "texlex.sock") {
  start(flags, around);
}

bool running_texlexd::is_ready(const surroundings& around) const {
  if (around.output < 0) return ready_line().ends_with('\n');
  return std::holds_alternative<client>(client::connect_unix(socket_, patience));
}

void running_texlexd::start(const std::vector<std::string>& flags, const surroundings& around) {
  std::vector<std::string> arguments{"serve", "--unix", socket_};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  if (std::find(flags.begin(), flags.end(), "--queue-target-ms") == flags.end())
    arguments.insert(arguments.end(), {"--queue-target-ms", "0"});
  pid_ = spawn(std::move(arguments), folder_ / "ready", folder_ / "log", around);
  for (const instant until = now() + patience; now() < until; std::this_thread::sleep_for(1ms)) {
    if (is_ready(around)) return;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      BOOST_FAIL("texlexd ended instead of serving: " << log());
    }
  }
  BOOST_FAIL("texlexd did not become ready: " << log());
}

running_texlexd::~running_texlexd() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

service_caller running_texlexd::connect() const { return service_caller{client::connect_unix(socket_, patience)}; }

service_caller running_texlexd::connect_tcp() const {
  static const std::regex port{R"( tcp 127\.0\.0\.1:(\d+) )"};
  const std::string line = ready_line();
  std::smatch match;
  BOOST_REQUIRE_MESSAGE(std::regex_search(line, match, port), "no TCP port in: " << line);
  return service_caller{client::connect_tcp("127.0.0.1", static_cast<uint16_t>(std::stoul(match[1])), patience)};
}

void running_texlexd::signal(int number) const { ::kill(pid_, number); }

process_end running_texlexd::wait() { return wait_for(std::exchange(pid_, -1)); }

void running_texlexd::stop() {
  signal(SIGTERM);
  const process_end end = wait();
  BOOST_TEST(end.exit_status == 0,
             "texlexd ended with status " << end.exit_status << ", signal " << end.signal << ": " << log());
}

uint64_t running_texlexd::resident_bytes() const {
  std::ifstream file{"/proc/" + std::to_string(pid_) + "/statm"};
  uint64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

failed_start run_texlexd(const std::vector<std::string>& arguments, const surroundings& around) {
  const temporary_folder folder;
  const process_end end = wait_for(spawn(arguments, folder / "output", folder / "errors", around));
  return {end, folder.read("errors"), folder.read("output")};
}

} // namespace texlex::test

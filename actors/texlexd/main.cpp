// The program texlexd: settings in, then it serves, or works for a texlexd that does.

#include <exception>
#include <system_error>
#include <variant>

#include "actors/exit_status.hpp"
#include "actors/log.hpp"
#include "actors/texlexd/command_line.hpp"
#include "actors/texlexd/room_to_serve.hpp"
#include "actors/texlexd/serve.hpp"
#include "actors/texlexd/signals.hpp"
#include "actors/worker_process.hpp"
#include "runtime/standard_streams.hpp"

namespace texlex {
namespace {

int run(int argc, char** argv) try {
  const auto read = read_command_line(argc, argv); // signals still end it, as it may wait for whoever takes its help
  if (const int* status = std::get_if<int>(&read)) return *status;
  const auto& settings = std::get<texlex::settings>(read);
  be_sparing_with_address_space();
  signals signals{settings.drain.grace_ms > 0};
  start_log(settings.log.level);
  const auto why_not = serve(settings, signals);
  const int status = why_not ? cannot_serve(*why_not) : exit_status::served;
  flush_log(last_flush);
  return status;
} catch (const std::system_error& error) {
  const bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
  const int status =
    cannot_serve(no_thread ? "the system has no thread left for it: raise RLIMIT_NPROC or pids.max" : error.what());
  flush_log(last_flush);
  return status;
} catch (const std::exception& error) {
  const int status = cannot_serve(error.what());
  flush_log(last_flush);
  return status;
}

} // namespace
} // namespace texlex

int main(int argc, char** argv) {
  texlex::open_missing_standard_streams(texlex::missing_stream::is_empty);
  texlex::end_on_uncaught_exceptions();
  if (argc == 2 && argv[1] == texlex::worker_command) return texlex::run_worker_process();
  return texlex::run(argc, argv);
}

// The server texlexd is judged by: what the machine can do at all with the same frames and the same kernel. One thread
// waits for sockets, reads, scans and writes; no actors, no hedging, no time-outs, no limits but those of a frame and a
// document. Every connection waits while one document is scanned.
#include <csignal>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <variant>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/baseline/connection.hpp"
#include "config/regimes.hpp"
#include "config/settings.hpp"
#include "kernels/kernels.hpp"

namespace texlex::bench {
namespace {

enum exit_status : int { served = 0, usage = 2, cannot_serve = 4 };

constexpr int events_at_once = 64;
const std::string loopback = "127.0.0.1";

struct command_line {
  std::string unix_socket; ///< empty: none
  int32_t tcp_port = -1;   ///< -1: none; 0: any
  std::string kernel{best_kernel_name};
};

[[noreturn]] void fail(const std::string& what) { throw std::system_error{errno, std::generic_category(), what}; }

class event_loop {
public:
  explicit event_loop(scanner& with) : scanner_(with) {
    if (!epoll_.is_open() || !signals_.is_open()) fail("epoll or signalfd");
    watch(signals_.get(), EPOLLIN, EPOLL_CTL_ADD);
  }

  void listen_on(int fd) {
    if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) fail("fcntl");
    listening_ = fd;
    watch(fd, EPOLLIN, EPOLL_CTL_ADD);
  }

  /// Until SIGTERM or SIGINT.
  void run() {
    epoll_event events[events_at_once];
    for (;;) {
      const int count = ::epoll_wait(epoll_.get(), events, events_at_once, -1);
      if (count < 0 && errno != EINTR) fail("epoll_wait");
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == signals_.get()) return;
        if (fd == listening_) {
          accept_all();
        } else if (const auto found = connections_.find(fd); found != connections_.end()) {
          go_on(found->second);
        }
      }
    }
  }

  /// To be blocked before any of this is made.
  static sigset_t ending_signals() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    return ending;
  }

private:
  struct watched_connection {
    connection of;
    connection_state watched_for = connection_state::reading;
  };

  void watch(int fd, uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0) fail("epoll_ctl");
  }

  void accept_all() {
    for (;;) {
      owned_fd fd{::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
      if (!fd.is_open() && errno == EAGAIN) return;
      if (!fd.is_open() && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (!fd.is_open()) fail("accept");
      const int on = 1; // fails on a Unix socket, which needs it not
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const int number = fd.get();
      connections_.emplace(number, watched_connection{connection{std::move(fd), scanner_}});
      watch(number, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void go_on(watched_connection& each) {
    const int fd = each.of.fd();
    const connection_state next = each.of.go_on();
    if (next == connection_state::closed) {
      connections_.erase(fd); // closing it ends the watch
    } else if (next != each.watched_for) {
      each.watched_for = next;
      watch(fd, next == connection_state::writing ? EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    }
  }

  scanner& scanner_;
  owned_fd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  const sigset_t ending_ = ending_signals();
  owned_fd signals_{::signalfd(-1, &ending_, SFD_CLOEXEC)};
  int listening_ = -1;
  std::map<int, watched_connection> connections_;
};

void print_ready(const std::string& where, const kernel& kernel) {
  std::printf("bare_server ready: %s kernel %s pid %d\n", where.c_str(), kernel.name, getpid());
  std::fflush(stdout);
}

int cannot(const std::string& sentence) {
  std::fprintf(stderr, "bare_server: cannot serve: %s\n", sentence.c_str());
  return cannot_serve;
}

int serve(const command_line& line) {
  const sigset_t ending = event_loop::ending_signals();
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  raise_open_files_limit();
  const settings defaults; // the same room as a worker of texlexd has
  const uint64_t document_bytes_max = defaults.limits.document_bytes_max;
  scanner with{
    *find_kernel(line.kernel), *find_regime("latex"), document_bytes_max,
    arena{{.document_bytes_max = document_bytes_max, .resident_bytes = defaults.workers.arena_resident_mb << 20}}};
  event_loop loop{with};
  if (!line.unix_socket.empty()) {
    const auto opened = listen_unix(line.unix_socket, defaults.server.unix_socket_mode);
    if (const auto* error = std::get_if<socket_error>(&opened)) return cannot(error->sentence);
    loop.listen_on(std::get<unix_listener>(opened).fd.get());
    print_ready("unix " + line.unix_socket, with.kernel);
    loop.run();
    return served;
  }
  const auto opened = listen_tcp(loopback, static_cast<uint16_t>(line.tcp_port));
  if (const auto* error = std::get_if<socket_error>(&opened)) return cannot(error->sentence);
  const auto& listener = std::get<tcp_listener>(opened);
  loop.listen_on(listener.fd.get());
  print_ready("tcp " + loopback + ":" + std::to_string(listener.port), with.kernel);
  loop.run();
  return served;
}

int run(int argc, char** argv) {
  command_line line;
  CLI::App app{"The server texlexd is judged by: one thread, the same frames, the same kernel"};
  auto* const where = app.add_option_group("where to listen");
  where->add_option("--unix", line.unix_socket, "a Unix socket's path");
  where->add_option("--tcp-port", line.tcp_port, "a port on the loopback; 0: any free one")
    ->check(CLI::Range(0, 65535));
  where->require_option(1);
  std::vector<std::string> kernels{kernel_names().begin(), kernel_names().end()};
  kernels.emplace_back(best_kernel_name);
  app.add_option("--kernel", line.kernel, "who scans")
    ->check(CLI::IsMember(kernels))
    ->envname(kernel_environment_variable)
    ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? served : usage;
  }
  try {
    return serve(line);
  } catch (const std::exception& error) {
    return cannot(error.what());
  }
}

} // namespace
} // namespace texlex::bench

int main(int argc, char** argv) { return texlex::bench::run(argc, argv); }

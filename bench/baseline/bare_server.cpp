// The server texlexd is judged by: what the machine can do at all with the same frames and the same kernel. A thread
// waits for sockets, reads, scans and writes; no actors, no hedging, no time-outs, no limits but those of a frame and a
// document. All its connections wait while one document is scanned. Of several threads each is as bare and shares
// nothing with the others; the first accepts, and deals connections over all in turn: the system would deal them by a
// hash, and of four connections give one thread all.
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/baseline/connection.hpp"
#include "config/settings.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"

namespace texlex::bench {
namespace {

enum exit_status : int { served = 0, usage = 2, cannot_serve = 4 };

constexpr int events_at_once = 64;
constexpr uint32_t threads_max = 256;
const std::string loopback = "127.0.0.1";

struct command_line {
  std::string unix_socket; ///< empty: none
  int32_t tcp_port = -1;   ///< -1: none; 0: any
  std::string kernel{best_kernel_name};
  uint32_t threads = 1;
};

[[noreturn]] void fail(const std::string& what) { throw std::system_error{errno, std::generic_category(), what}; }

scanner make_scanner(const kernel& with) {
  const settings defaults; // the same room as a worker of texlexd has
  const uint64_t document_bytes_max = defaults.limits.document_bytes_max;
  return {
    with, *find_regime("latex"), document_bytes_max,
    arena{{.document_bytes_max = document_bytes_max, .resident_bytes = defaults.workers.arena_resident_mb << 20}}};
}

class event_loop {
public:
  explicit event_loop(const kernel& with) : scanner_(make_scanner(with)) {
    int dealt[2];
    if (!epoll_.is_open() || !signals_.is_open() || ::pipe2(dealt, O_CLOEXEC) != 0) fail("epoll, signalfd or pipe");
    dealt_ = owned_fd{dealt[0]};
    deal_ = owned_fd{dealt[1]};
    watch(signals_.get(), EPOLLIN, EPOLL_CTL_ADD);
    watch(dealt_.get(), EPOLLIN, EPOLL_CTL_ADD);
  }

  /// Accepts from there, for all of them in turn.
  void listen_on(int fd, std::vector<event_loop*> all) {
    if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) fail("fcntl");
    listening_ = fd;
    all_ = std::move(all);
    watch(fd, EPOLLIN, EPOLL_CTL_ADD);
  }

  /// Until SIGTERM or SIGINT, which every loop sees, as none takes it.
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
        } else if (fd == dealt_.get()) {
          take_dealt();
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
      event_loop* const next = all_[next_++ % all_.size()];
      next == this ? adopt(std::move(fd)) : next->hand(std::move(fd));
    }
  }

  void adopt(owned_fd fd) {
    const int number = fd.get();
    connections_.emplace(number, watched_connection{connection{std::move(fd), scanner_}});
    watch(number, EPOLLIN, EPOLL_CTL_ADD);
  }

  // Called by the thread that accepts. Less than PIPE_BUF is written in whole.
  void hand(owned_fd fd) {
    const int number = fd.get();
    if (::write(deal_.get(), &number, sizeof number) != sizeof number) fail("write");
    (void)fd.release();
  }

  void take_dealt() {
    int number = -1;
    if (::read(dealt_.get(), &number, sizeof number) != sizeof number) fail("read");
    adopt(owned_fd{number});
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

  scanner scanner_;
  owned_fd dealt_; ///< connections that the accepting thread hands over
  owned_fd deal_;
  std::vector<event_loop*> all_; ///< only of the loop that accepts
  size_t next_ = 0;
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

using event_loops = std::vector<std::unique_ptr<event_loop>>;

event_loops make_loops(const command_line& line) {
  event_loops loops;
  for (uint32_t i = 0; i < line.threads; ++i) loops.push_back(std::make_unique<event_loop>(*find_kernel(line.kernel)));
  return loops;
}

void run_all(const event_loops& loops, int listener, const std::string& where, const kernel& kernel) {
  std::vector<event_loop*> all;
  for (const auto& loop : loops) all.push_back(loop.get());
  loops.front()->listen_on(listener, all);
  print_ready(where, kernel);
  std::vector<std::jthread> others;
  for (size_t i = 1; i < all.size(); ++i) others.emplace_back([loop = all[i]] { loop->run(); });
  loops.front()->run();
}

int serve(const command_line& line) {
  const sigset_t ending = event_loop::ending_signals();
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  raise_open_files_limit();
  const event_loops loops = make_loops(line);
  const kernel& with = *find_kernel(line.kernel);
  if (!line.unix_socket.empty()) {
    const auto opened = listen_unix(line.unix_socket, settings{}.server.unix_socket_mode);
    if (const auto* error = std::get_if<socket_error>(&opened)) return cannot(error->sentence);
    run_all(loops, std::get<unix_listener>(opened).fd.get(), "unix " + line.unix_socket, with);
    return served;
  }
  const auto opened = listen_tcp(loopback, static_cast<uint16_t>(line.tcp_port));
  if (const auto* error = std::get_if<socket_error>(&opened)) return cannot(error->sentence);
  const auto& listener = std::get<tcp_listener>(opened);
  run_all(loops, listener.fd.get(), "tcp " + loopback + ":" + std::to_string(listener.port), with);
  return served;
}

int run(int argc, char** argv) {
  command_line line;
  CLI::App app{"The server texlexd is judged by: bare threads, the same frames, the same kernel"};
  auto* const where = app.add_option_group("where to listen");
  where->add_option("--unix", line.unix_socket, "a Unix socket's path");
  where->add_option("--tcp-port", line.tcp_port, "a port on the loopback; 0: any free one")
    ->check(CLI::Range(0, 65535));
  where->require_option(1);
  app.add_option("--threads", line.threads, "each with its own connections")
    ->check(CLI::Range(1u, threads_max))
    ->capture_default_str();
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

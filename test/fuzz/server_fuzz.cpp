// A hostile client at a request server: over a real socket, with descriptors, frames that are right, changed, cut or
// mixed up, and documents that are really scanned. Whatever it does, what it receives are whole frames that can be
// read, and never more answers than it has asked for.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actors/server/request_server.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/client.hpp"
#include "runtime/passed_descriptor.hpp"
#include "runtime/shared_memory.hpp"
#include "test/fuzz/require.hpp"
#include "test/support/frames.hpp"

using namespace texlex;
using test::require;

namespace {

/// Scans at once, on the thread that submits.
class scanning_port final : public job_port {
public:
  request_server* server = nullptr;

  void submit(job_batch jobs) override {
    for (const job_ptr& each : jobs) scan(*each);
  }
  void cancel(job_id) override {}
  void ask_stats(job_id number) override { server->tell(number, {}); }

private:
  void scan(const job& one) {
    const scan_input input{one.document, one.regime, one.order ? one.order->view : token_view::tex};
    if (!one.order || one.order->columns == 0) return server->deliver(one.id, {.status = status::ok, .token_count = 1});
    auto columns = column_scan::begin(*one.order, input);
    if (!columns) return server->deliver(one.id, {.status = status::overload});
    scan_cursor cursor;
    const std::atomic<bool> stop = false;
    find_kernel("best")->advance(input, UINT32_MAX, cursor, columns->output());
    const auto answer = columns->finish(cursor, stop);
    server->deliver(one.id,
                    {status::ok, static_cast<uint32_t>(cursor.token_count), static_cast<uint32_t>(cursor.issue_count),
                     origin::primary},
                    answer);
  }
};

struct house {
  scanning_port port;
  std::string socket = "/tmp/texlex-server-fuzz-" + std::to_string(::getpid()) + ".sock";
  std::unique_ptr<request_server> server;

  house() {
    server_settings settings;
    settings.unix_socket = socket;
    limit_settings limits;
    limits.document_bytes_max = 1u << 20;
    server = std::make_unique<request_server>(settings, limits, find_regime("latex"), port);
    port.server = server.get();
    require(std::holds_alternative<server_endpoints>(server->start()), "the server does not start");
  }
};

house& only_house() {
  static house one;
  return one;
}

owned_fd memory(const std::string& text, int seals) {
  owned_fd fd{::memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  require(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()), "no memory");
  require(::fcntl(fd.get(), F_ADD_SEALS, seals) == 0, "no seals");
  return fd;
}

constexpr int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/// Long enough for its columns to be lent.
const std::string& long_text() {
  static const std::string text = [] {
    std::string made;
    while (made.size() < 60'000) made += "\\section{Hi} $x^2$ {group} text\n";
    return made;
  }();
  return text;
}

/// One frame and what goes along with it, chosen by three bytes.
struct message {
  std::vector<uint8_t> bytes;
  std::vector<int> descriptors;
  bool asks = false;

  message(uint8_t what, uint8_t how, uint8_t id) {
    static const owned_fd good = memory(long_text(), all_seals), unsealed = memory(long_text(), F_SEAL_SHRINK),
                          half = memory(long_text().substr(0, 100), all_seals),
                          null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const tokenize_options options{.columns = how & 0xFFu,
                                   .view = (how & 1) != 0 ? token_view::source : token_view::tex,
                                   .issues_told_max = how,
                                   .regime = (how & 2) != 0 ? "plain" : "",
                                   .document_by_descriptor = what % 10 == 2,
                                   .columns_by_descriptor = (how & 4) != 0};
    const std::string& text = long_text();
    const auto short_text = text.substr(0, how);
    asks = what % 10 <= 5;
    switch (what % 10) {
      case 0: bytes = test::tokenize_frame(id, short_text, options); break;
      case 1: bytes = test::tokenize_frame(id, text, options); break;
      case 2:
        bytes =
          test::frame(frame_type::tokenize, id, encode_tokenize_head(options, static_cast<uint32_t>(text.size())));
        switch (how % 7) {
          case 0: descriptors = {unsealed.get()}; break;
          case 1: descriptors = {half.get()}; break;
          case 2: descriptors = {null.get()}; break;
          case 3: descriptors = {good.get(), good.get()}; break;
          case 4: break;
          default: descriptors = {good.get()};
        }
        break;
      case 3: bytes = test::batch_frame(id, {short_text, "", text.substr(0, 300)}, options); break;
      case 4: bytes = test::request_frame(id, short_text); break;
      case 5: bytes = test::frame(frame_type::stats, id, {}); break;
      case 6: bytes = test::cancel_frame(id); break;
      case 7: bytes = test::frame(frame_type::release, id, {}); break;
      case 8: bytes = test::hello_frame(id, {1, 2, how}); break;
      default: bytes.assign(how % 40, id); descriptors = {good.get(), null.get(), half.get()};
    }
  }
};

void send(int socket, const message& one) {
  iovec part{const_cast<uint8_t*>(one.bytes.data()), one.bytes.size()}; // sendmsg only reads
  alignas(cmsghdr) std::array<unsigned char, CMSG_SPACE(3 * sizeof(int))> space{};
  msghdr sent{};
  sent.msg_iov = &part;
  sent.msg_iovlen = 1;
  if (const size_t bytes = one.descriptors.size() * sizeof(int); bytes > 0) {
    sent.msg_control = space.data();
    sent.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const head = CMSG_FIRSTHDR(&sent);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(head), one.descriptors.data(), bytes);
  }
  (void)::sendmsg(socket, &sent, MSG_NOSIGNAL | MSG_DONTWAIT); // the server may have closed, or read no more
}

/// Frames until the server ends its side; how many of them answer something.
size_t receive_all(int socket) {
  std::vector<uint8_t> got;
  size_t answers = 0;
  std::array<uint8_t, 65536> room;
  owned_fd passed;
  for (;;) {
    pollfd watched{socket, POLLIN, 0};
    require(::poll(&watched, 1, 20'000) == 1, "the server neither answers nor ends");
    iovec part{room.data(), room.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    passed_descriptor beside;
    beside.receive_with(message);
    const ssize_t count = ::recvmsg(socket, &message, close_on_exec);
    if (count <= 0) break;
    if (auto came = passed_descriptor::of(message); came.fd.is_open()) passed = std::move(came.fd);
    got.insert(got.end(), room.begin(), room.begin() + count);
    while (got.size() >= frame_header_bytes) {
      const frame_header header = decode_header(std::span{got}.first<frame_header_bytes>());
      if (got.size() - frame_header_bytes < header.payload_bytes) break;
      const std::span<const uint8_t> payload{got.data() + frame_header_bytes, header.payload_bytes};
      if (header.type == static_cast<uint32_t>(frame_type::tokenize_response)) {
        const auto bytes = lent_bytes(payload);
        const auto lent = bytes ? shared_view::map(passed, *bytes) : std::nullopt;
        require(!bytes || lent, "what was lent cannot be mapped");
        require(decode_tokenized(payload, lent ? lent->bytes() : std::span<const uint8_t>{}).has_value(),
                "an answer contradicts itself");
      }
      if (header.type == static_cast<uint32_t>(frame_type::batch_response))
        require(decode_batch_response(payload).has_value(), "a batch's answer contradicts itself");
      ++answers;
      got.erase(got.begin(), got.begin() + static_cast<ptrdiff_t>(frame_header_bytes + header.payload_bytes));
    }
  }
  return answers;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  auto made = client::connect_unix(only_house().socket, std::chrono::seconds{20});
  require(std::holds_alternative<client>(made), "the server takes no connection");
  client& connection = std::get<client>(made);
  const bool greets = data[0] % 16 != 0, leaves = data[0] % 16 == 1;
  size_t asked = 1; // a last response may be to no request
  if (greets) {
    message hello{8, data[1], 0};
    send(connection.fd(), hello);
    ++asked;
    if (data[0] % 3 != 0) { // waits for the answer, as who passes descriptors has to
      pollfd watched{connection.fd(), POLLIN, 0};
      require(::poll(&watched, 1, 20'000) == 1, "a hello is not answered");
    }
  }
  for (size_t at = 2; at + 6 <= size && at < 2 + 6 * 40; at += 6) {
    message one{data[at], data[at + 1], static_cast<uint8_t>(data[at + 2] % 8)};
    if (data[at + 3] < 64 && !one.bytes.empty()) // most stay as they are
      one.bytes[(data[at + 4] + 256u * data[at + 3]) % std::min<size_t>(one.bytes.size(), 120)] ^= data[at + 5];
    else if (data[at + 3] < 80)
      one.bytes.resize(one.bytes.size() * data[at + 4] / 256);
    if (one.bytes.empty()) continue;
    asked += 1 + one.bytes.size() / frame_header_bytes; // a changed length may make frames of what was a document
    send(connection.fd(), one);
  }
  if (leaves) return 0;
  connection.end_sending();
  require(receive_all(connection.fd()) <= asked, "there are more answers than requests");
  return 0;
}

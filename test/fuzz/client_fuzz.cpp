// A hostile server at a connection of the client library: over a socket pair, answers that are right, changed, cut, of
// another request or none, with descriptors beside them. Whatever it says, each request ends once at most, what is
// taken for an answer is whole and lies where it may be read, and the connection never says more than it was asked.
//
// The first byte chooses the connection, five bytes each make a turn: what the client does, what the server says, of
// which request, and two of change.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients/cpp/connection.hpp"
#include "runtime/batch_frame.hpp"
#include "test/fuzz/frames_made.hpp"
#include "test/fuzz/require.hpp"
#include "test/support/frames.hpp"
#include "test/support/server_payloads.hpp"

using namespace texlex;
using namespace texlex::client_core;
using test::require;

namespace {

constexpr std::string_view document = "abcdefgh";
constexpr size_t turn_bytes = 5;
constexpr instant begin{std::chrono::hours{1}};

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// The columns of `letters`, in memory that can be lent.
struct lent_letters {
  std::string memory = std::string(document.size(), '\x0b');
  std::string head;
  owned_fd sealed, unsealed, other{::open("/dev/null", O_RDONLY | O_CLOEXEC)};

  lent_letters() {
    memory.resize(column_alignment_bytes);
    for (char i = 0; i < static_cast<char>(document.size()); ++i) memory.append({i, '\0', '\0', '\0'});
    memory.resize(padded_to_column(memory.size()));
    const auto all = bytes_of(memory);
    const std::array<column_bytes, 2> columns{
      {{column_id::kind, all.first(document.size())},
       {column_id::start, all.subspan(column_alignment_bytes, 4 * document.size())}}};
    head = encode_tokenized_head({.result = {status::ok, static_cast<uint32_t>(document.size()), 0, origin::primary},
                                  .unit = position_unit::code_points},
                                 columns, all);
    sealed = file(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    unsealed = file(F_SEAL_GROW);
  }

private:
  [[nodiscard]] owned_fd file(int seals) const {
    owned_fd fd{::memfd_create("columns", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    require(::write(fd.get(), memory.data(), memory.size()) == static_cast<ssize_t>(memory.size()), "no memory");
    require(::fcntl(fd.get(), F_ADD_SEALS, seals) == 0, "no seals");
    return fd;
  }
};

const lent_letters& lent() {
  static const lent_letters one;
  return one;
}

struct said {
  std::vector<uint8_t> bytes;
  int descriptor = -1;
};

/// What the server says next, of the request with that id.
said answer_from(uint8_t what, uint64_t id) {
  const std::string right = test::letters(document.size());
  switch (what % 14) {
    case 0:
    case 1: {
      hello_response offer = test::usual_offer();
      offer.features = what / 14 % 4;
      offer.version = what == 14 ? 1 : 2;
      return {test::frame(frame_type::hello_response, 1, encode_hello_response(offer))};
    }
    case 2:
    case 3:
    case 4: return {test::frame(frame_type::tokenize_response, id, right)};
    case 5: {
      const std::array<uint64_t, 2> lengths{right.size(), right.size()};
      return {test::frame(frame_type::batch_response, id,
                          encode_batch_response_head({.status = status::ok}, lengths) + right + right)};
    }
    case 6: return {test::frame(frame_type::tokenize_response, id, test::refusal(static_cast<status>(what / 14), 7))};
    case 7: {
      const auto made = encode_response(what < 128 ? id : 1, {static_cast<status>(what / 14), 3, 0, origin::primary});
      return {{made.begin(), made.end()}};
    }
    case 8: {
      const auto made = encode_going_away({.requests_taken = id, .last_id = id});
      return {test::frame(frame_type::going_away, 0, {reinterpret_cast<const char*>(made.data()), made.size()})};
    }
    case 9: return {test::frame(frame_type::tokenize_response, id, lent().head), lent().sealed.get()};
    case 10: return {test::frame(frame_type::tokenize_response, id, lent().head), lent().unsealed.get()};
    case 11:
      return {test::frame(frame_type::tokenize_response, id, what < 128 ? right : lent().head),
              what % 2 == 0 ? lent().other.get() : -1};
    case 12: return {test::frame(static_cast<frame_type>(what), id, right)};
    default:
      return {test::frame(frame_type::batch_response, id,
                          encode_batch_response_head({.status = static_cast<status>(what / 14)}, {}))};
  }
}

struct pair_of_ends {
  owned_fd server;
  connection client;
  std::shared_ptr<question> asked = std::make_shared<question>();
  std::vector<request_ptr> open; ///< asked and neither settled nor abandoned
  uint64_t sent = 0;             ///< frames

  pair_of_ends(owned_fd ours, owned_fd theirs, uint8_t choice)
    : server(std::move(ours)),
      client(std::move(theirs), choice % 2 == 0, choice % 16 != 1, begin + std::chrono::seconds{1}) {
    asked->columns = static_cast<uint32_t>(column_set::kinds) | static_cast<uint32_t>(column_set::starts);
    asked->unit = position_unit::code_points;
    asked->columns_by_descriptor = choice % 4 == 0;
  }

  static pair_of_ends make(uint8_t choice) {
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0, "no sockets");
    return {owned_fd{ends[0]}, owned_fd{ends[1]}, choice};
  }

  /// False: the connection is over.
  bool client_does(uint8_t what) {
    if (what % 8 == 7 && !open.empty()) {
      const request_ptr ended = open[what / 8 % open.size()];
      std::erase(open, ended);
      return !client.abandon(*ended, begin);
    }
    const bool batch = what % 4 == 3;
    std::vector<request_ptr> requests;
    for (size_t i = 0; i < (batch ? 2 : what % 4 == 0 ? 0 : 1); ++i) {
      const auto made = std::make_shared<request>();
      made->asked = asked;
      made->is_of_batch = batch;
      made->document = bytes_of(document);
      made->deadline = begin + std::chrono::seconds{9};
      requests.push_back(made);
    }
    if (requests.empty() || !client.has_room(*requests.front())) return !client.write();
    if (client.room().documents < requests.size()) requests.resize(1);
    open.insert(open.end(), requests.begin(), requests.end());
    ++sent;
    return !client.send(requests, begin);
  }

  void server_says(const said& what) {
    std::array<uint8_t, 4096> heard;
    while (::read(server.get(), heard.data(), heard.size()) > 0) {
    }
    iovec part{const_cast<uint8_t*>(what.bytes.data()), what.bytes.size()}; // sendmsg only reads
    alignas(cmsghdr) std::array<unsigned char, CMSG_SPACE(sizeof(int))> space{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (what.descriptor >= 0) {
      message.msg_control = space.data();
      message.msg_controllen = space.size();
      cmsghdr* const head = CMSG_FIRSTHDR(&message);
      head->cmsg_level = SOL_SOCKET;
      head->cmsg_type = SCM_RIGHTS;
      head->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(head), &what.descriptor, sizeof(int));
    }
    if (!what.bytes.empty()) (void)::sendmsg(server.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  bool client_reads() {
    std::vector<settled> ended;
    const auto over = client.read(ended);
    for (const settled& each : ended) {
      require(std::erase(open, each.asked) == 1, "a request ends once");
      check(each.result);
    }
    if (over) require(!over->ok() && !over->text.empty(), "a connection that is over says why");
    return !over;
  }

  static void check(const answer& result) {
    if (!result.ok()) return require(!result.text.empty(), "a failure says why");
    const auto column = [&](column_id id) { return result.columns[static_cast<size_t>(id)]; };
    if (result.memory == nullptr) return; // counts, of version 1
    require(column(column_id::kind).size() == result.token_count, "there is a kind for each token");
    require(column(column_id::start).size() == 4 * size_t{result.token_count}, "and a start");
    const volatile uint32_t sum =
      std::accumulate(column(column_id::kind).begin(), column(column_id::kind).end(), uint32_t{0});
    (void)sum;
    uint64_t last = 0;
    for (size_t i = 0; i < result.token_count; ++i) {
      uint32_t start = 0;
      std::memcpy(&start, &column(column_id::start)[4 * i], sizeof start);
      require(start >= last && start <= document.size(), "tokens lie in their document, in their order");
      last = start;
    }
  }

  void check_open() const {
    const auto there = client.requests();
    const std::set<request_ptr> left(there.begin(), there.end());
    require(left.size() == there.size() && left == std::set<request_ptr>(open.begin(), open.end()),
            "what has not ended is in flight");
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  pair_of_ends all = pair_of_ends::make(data[0]);
  if (all.client.write()) return 0;
  if (data[0] < 224) all.server_says(answer_from(14 * 3, 1)); // mostly it is greeted at once
  if (!all.client_reads()) return 0;
  for (size_t at = 1; at + turn_bytes <= size; at += turn_bytes) {
    if (!all.client_does(data[at])) break;
    said what = answer_from(data[at + 1], 2 + data[at + 2] % (all.sent + 1));
    if (data[at + 3] < 48)
      what.bytes[(data[at + 4] + 256u * (data[at + 3] / 24)) % what.bytes.size()] ^=
        static_cast<uint8_t>(1u << data[at + 3] % 8);
    else if (data[at + 3] < 60)
      what.bytes.resize(data[at + 4] % (what.bytes.size() + 1));
    all.server_says(what);
    ++test::frames_made;
    if (!all.client_reads()) break;
    all.check_open();
  }
  all.check_open();
  return 0;
}

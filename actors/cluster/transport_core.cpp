#include "actors/cluster/transport_core.hpp"

#include <chrono>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/make_counted.hpp>

#include "actors/cluster/peer_scribe.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t lookup_threads_max = 4;
/// A dial's own times end it; this is for one that found no memory to tell so.
constexpr auto grace = 1s;

} // namespace

std::optional<uint64_t> dial_book::enter(told done, size_t dials_max) {
  const std::lock_guard guard{mutex_};
  if (is_closed_ || waiting_.size() >= dials_max) return std::nullopt;
  waiting_.emplace(++last_, std::move(done));
  return last_;
}

void dial_book::finish(uint64_t dial, const caf::strong_actor_ptr& whom, const std::string& error) {
  told done;
  {
    const std::lock_guard guard{mutex_};
    const auto there = waiting_.find(dial);
    if (there == waiting_.end()) return;
    done = std::move(there->second);
    waiting_.erase(there);
  }
  done(whom, error);
}

void dial_book::close(const std::string& error) {
  std::map<uint64_t, told> left;
  {
    const std::lock_guard guard{mutex_};
    is_closed_ = true;
    left.swap(waiting_);
  }
  for (const auto& [dial, done] : left) done(nullptr, error);
}

transport_core::transport_core(caf::actor_system& system, caf::io::network::default_multiplexer& multiplexer,
                               caf::actor basp, const transport_options& options,
                               std::unique_ptr<tls_store> certificates)
  : system_(system), multiplexer_(multiplexer), options_(options), basp_(std::move(basp)),
    tally_(std::make_shared<connection_tally>(options.refused)),
    book_(std::make_shared<connection_book>(connection_limits{options.connections_max, options.handshakes_max})),
    certificates_(std::move(certificates)), names_(lookup_threads_max, options.connections_max),
    room_(book_, tally_, certificates_.get(), {options.handshake_timeout, options.unheard_max}) {}

void transport_core::end() {
  has_ended_.store(true);
  room_.stop();
  book_->close("this node ends its connections");
  dials_.close("this node ends its connections");
  const std::lock_guard guard{mutex_};
  basp_ = nullptr;
}

caf::actor transport_core::basp() {
  const std::lock_guard guard{mutex_};
  return basp_;
}

void transport_core::note_port(uint16_t port) {
  const std::lock_guard guard{mutex_};
  ports_.insert(port);
}

std::set<uint16_t> transport_core::take_ports() {
  const std::lock_guard guard{mutex_};
  return std::exchange(ports_, {});
}

void transport_core::connect(const std::string& host, uint16_t port, std::set<std::string> wanted,
                             const transport::connected& done) {
  const auto dial_number = dials_.enter(done, options_.connections_max);
  if (!dial_number)
    return done(nullptr, has_ended() ? "this node ends its connections" : "too many connections are being made");
  const uint64_t number = *dial_number;
  const instant due = now() + options_.connect_timeout;
  room_.call_at(due + options_.handshake_timeout + grace, [weak = weak_from_this(), number] {
    if (const auto self = weak.lock()) self->dials_.finish(number, nullptr, "timed out");
  });
  if (auto address = numeric_address(host, port)) return dial(number, {host, port, {*address}}, due, wanted);
  look_up(number, host, port, due, std::move(wanted));
}

// Whichever comes first: the addresses, or the end of the time there is.
void transport_core::look_up(uint64_t dial_number, const std::string& host, uint16_t port, instant due,
                             std::set<std::string> wanted) {
  const auto is_over = std::make_shared<std::atomic<bool>>(false);
  room_.call_at(due, [weak = weak_from_this(), is_over, dial_number, host] {
    const auto self = weak.lock();
    if (self != nullptr && !is_over->exchange(true))
      self->dials_.finish(dial_number, nullptr, "the name " + host + " was not found in time");
  });
  const auto found = [weak = weak_from_this(), is_over, dial_number, host, port, due,
                      wanted = std::move(wanted)](name_lookup::found result) {
    const auto self = weak.lock();
    if (self == nullptr || is_over->exchange(true)) return;
    if (const auto* const error = std::get_if<std::string>(&result))
      return self->dials_.finish(dial_number, nullptr, "the name " + host + " was not found: " + *error);
    self->dial(dial_number, {host, port, std::get<std::vector<peer_address>>(std::move(result))}, due, wanted);
  };
  if (!names_.look_up(host, port, found)) dials_.finish(dial_number, nullptr, "too many names are being looked up");
}

void transport_core::dial(uint64_t dial_number, handshake_room::destination to, instant due,
                          const std::set<std::string>& wanted) {
  const uint16_t port = to.port;
  room_.dial(std::move(to), due, [weak = weak_from_this(), dial_number, port, wanted](auto result) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    if (const auto* const error = std::get_if<std::string>(&result))
      return self->dials_.finish(dial_number, nullptr, *error);
    self->introduce(dial_number, std::get<ready_socket>(std::move(result)), port, wanted);
  });
}

// CAF's actor for connections answers once the handshake is done, or the connection has ended before. Who asks it is
// given the connection as an argument: of a function without one, CAF 0.17.6 looks at arguments that are not there.
void transport_core::introduce(uint64_t dial_number, ready_socket socket, uint16_t port,
                               const std::set<std::string>& wanted) {
  const auto broker = basp();
  if (!broker) return;
  const std::shared_ptr<peer_connection> connection = socket.connection.get();
  const auto ask = [=, self = shared_from_this()](caf::event_based_actor* asker, const caf::io::scribe_ptr& scribe) {
    asker->request(broker, caf::infinite, caf::connect_atom::value, scribe, port)
      .then(
        [=](const caf::node_id&, const caf::strong_actor_ptr& whom, const std::set<std::string>& signatures) {
          const std::string error = self->misfit(whom, signatures, wanted);
          self->dials_.finish(dial_number, error.empty() ? whom : nullptr, error);
        },
        [=](const caf::error& error) {
          const std::string text = connection->text();
          self->dials_.finish(dial_number, nullptr, text.empty() ? self->system_.render(error) : text);
        });
  };
  system_.spawn<caf::hidden>(
    ask, caf::io::scribe_ptr{caf::make_counted<peer_scribe>(shared_from_this(), std::move(socket))});
}

std::string transport_core::misfit(const caf::strong_actor_ptr& whom, const std::set<std::string>& signatures,
                                   const std::set<std::string>& wanted) const {
  if (whom == nullptr) return "no actor is published there";
  if (!system_.assignable(signatures, wanted)) return "the actor that is published there has another interface";
  return {};
}

} // namespace texlex

#include "test/cluster/relay/relay.hpp"

#include <boost/asio/socket_base.hpp>

#include <algorithm>
#include <stdexcept>

namespace texlex::test {

namespace {

const std::string any = "*";

// So that the other side sees a reset and no orderly end.
void reset(tcp::socket& socket) {
  boost::system::error_code ignored; // it may be closed already
  socket.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
  socket.close(ignored);
}

} // namespace

class relayed_connection : public std::enable_shared_from_this<relayed_connection> {
public:
  relayed_connection(relay& owner, tcp::socket from, way& there, way& back, bool may_be_spoilt)
    : relay_{owner}, from_{std::move(from)}, to_{from_.get_executor()},
      there_{from_, to_, there, may_be_spoilt, owner.next_seed(), what_ends()},
      back_{to_, from_, back, may_be_spoilt, owner.next_seed(), what_ends()} {}

  void connect(const tcp::endpoint& source, const tcp::endpoint& target) {
    to_.open(target.protocol());
    to_.bind(source);
    to_.async_connect(target, [this, self = shared_from_this()](const boost::system::error_code& error) {
      if (is_over_) return;
      if (error) return end_by_reset();
      boost::system::error_code ignored; // what has gone already is found by the pumps
      for (tcp::socket* each : {&from_, &to_}) each->set_option(tcp::no_delay{true}, ignored);
      there_.run(self);
      back_.run(self);
    });
  }

  bool goes(const way& along) const { return &there_.along() == &along || &back_.along() == &along; }

  void look_again() {
    there_.look_again();
    back_.look_again();
  }

  bool insert(const way& along, std::string_view bytes) {
    return (&there_.along() == &along ? there_ : back_).insert(bytes);
  }

  void end_by_reset() {
    if (is_over_) return;
    is_over_ = true;
    const auto self = shared_from_this();
    reset(from_);
    reset(to_);
    stop();
  }

private:
  pump::ends what_ends() {
    return {.passed =
              [this] {
                if (++ends_passed_ == 2 && !is_over_) {
                  is_over_ = true;
                  const auto self = shared_from_this();
                  boost::system::error_code ignored; // both ways have ended already
                  from_.close(ignored);
                  to_.close(ignored);
                  stop();
                }
              },
            .broken = [this] { end_by_reset(); }};
  }

  void stop() {
    there_.stop();
    back_.stop();
    relay_.forget(this);
  }

  relay& relay_;
  tcp::socket from_;
  tcp::socket to_;
  pump there_;
  pump back_;
  int ends_passed_ = 0;
  bool is_over_ = false;
};

relay::relay(boost::asio::io_context& context, uint64_t seed) : context_{context}, seed_{seed} {}

relay::~relay() = default;

void relay::add_node(const std::string& name, const boost::asio::ip::address& real,
                     const boost::asio::ip::address& stand_in) {
  for (const auto& entry : nodes_) {
    ways_.between(name, entry.first);
    ways_.between(entry.first, name);
  }
  nodes_[name] = {real, stand_in, name};
}

void relay::listen(const std::string& name, uint16_t port) {
  const tcp::endpoint at{known(name).stand_in, port};
  listeners_.push_back(std::make_shared<listener>(listener{name, port, tcp::acceptor{context_, at}}));
  accept_on(listeners_.back());
}

void relay::listen_no_more(const std::string& name) {
  known(name);
  std::erase_if(listeners_, [&](const std::shared_ptr<listener>& each) {
    if (each->name == name) each->acceptor.close();
    return each->name == name;
  });
}

void relay::redirect(const std::string& name, const std::string& instead) {
  known(instead);
  known(name);
  nodes_[name].instead = instead;
}

std::vector<way*> relay::ways_between(const std::string& from, const std::string& to) {
  for (const std::string& name : {from, to})
    if (name != any) known(name);
  std::vector<way*> found;
  ways_.for_each([&](way& each) {
    if ((from == any || from == each.from) && (to == any || to == each.to)) found.push_back(&each);
  });
  return found;
}

void relay::changed() {
  const auto all = connections_; // one may end meanwhile
  for (const auto& each : all) each->look_again();
}

size_t relay::insert(const way& along, std::string_view bytes) {
  size_t count = 0;
  const auto all = connections_;
  for (const auto& each : all) {
    if (each->goes(along) && each->insert(along, bytes)) ++count;
  }
  return count;
}

size_t relay::cut(const way& along) {
  size_t count = 0;
  const auto all = connections_;
  for (const auto& each : all) {
    if (!each->goes(along)) continue;
    each->end_by_reset();
    ++count;
  }
  return count;
}

void relay::accept_on(const std::shared_ptr<listener>& listening) {
  listening->acceptor.async_accept([this, listening](const boost::system::error_code& error, tcp::socket from) {
    if (!listening->acceptor.is_open()) return reset(from); // it came in the moment before
    if (!error) open(std::move(from), *listening);
    accept_on(listening);
  });
}

void relay::open(tcp::socket from, const listener& listening) {
  boost::system::error_code error;
  const auto peer = from.remote_endpoint(error);
  if (error) return; // it has gone already
  const std::string opener = name_of(peer.address());
  if (opener.empty()) return reset(from);
  way& there = ways_.between(opener, listening.name);
  if (there.now.refuses) {
    ++there.counts.refused;
    return reset(from);
  }
  ++there.counts.connections;
  const auto made =
    std::make_shared<relayed_connection>(*this, std::move(from), there, ways_.between(listening.name, opener),
                                         spoilt_port_ == 0 || spoilt_port_ == listening.port);
  connections_.push_back(made);
  const node& target = known(known(listening.name).instead);
  try {
    made->connect({known(opener).stand_in, 0}, {target.real, listening.port});
  } catch (const boost::system::system_error&) { // no descriptor, no port
    made->end_by_reset();
  }
}

std::string relay::name_of(const boost::asio::ip::address& real) const {
  const auto found =
    std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& entry) { return entry.second.real == real; });
  return found == nodes_.end() ? std::string{} : found->first;
}

const relay::node& relay::known(const std::string& name) const {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) throw std::invalid_argument{"no node is named " + name};
  return found->second;
}

uint64_t relay::next_seed() { return seed_ + 0x9E3779B97F4A7C15 * ++seeds_drawn_; }

void relay::forget(const relayed_connection* which) {
  std::erase_if(connections_, [&](const auto& each) { return each.get() == which; });
}

} // namespace texlex::test

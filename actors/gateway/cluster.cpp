#include "actors/gateway/cluster.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <future>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include <caf/send.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "actors/cluster/name_lookup.hpp"
#include "actors/cluster/transport.hpp"
#include "actors/gateway/gateway.hpp"
#include "actors/house_part.hpp"
#include "actors/state/warning_pace.hpp"
#include "runtime/host_port.hpp"
#include "runtime/limits.hpp"
#include "runtime/quota.hpp"

namespace texlex {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "node";
  return std::string{name.data()}.substr(0, node_text_bytes_max);
}

/// What peers are told. An address that stands for all of this machine's is nobody's.
std::string advertised(const cluster_settings& asked, const host_port& listen, uint16_t port) {
  if (!asked.advertise.empty()) return asked.advertise;
  const bool any = listen.host == "0.0.0.0" || listen.host == "::";
  return address_text(any ? host_name() : listen.host, port);
}

node_id drawn_id() {
  std::random_device system;
  node_id id;
  for (uint8_t& byte : id.bytes) byte = static_cast<uint8_t>(system());
  return id;
}

/// Of a text that `check` has passed.
node_id told_id(const std::string& digits) {
  spdlog::warn("test.cluster_node_id is set: other nodes may have the same id");
  node_id id;
  for (size_t i = 0; i < id.bytes.size(); ++i)
    id.bytes[i] = static_cast<uint8_t>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  return id;
}

uint32_t capacity_of(const settings& settings) {
  const auto workers = static_cast<uint32_t>(settings.workers.cores.size());
  // Four times as many as there are workers, so that the next ones are here when some end.
  const uint32_t asked = settings.cluster.attempts_max > 0 ? settings.cluster.attempts_max : 4 * workers;
  return std::clamp<uint32_t>(asked, 1, seen_numbers::window);
}

node_hello self_of(const settings& settings, const kernel& kernel) {
  const cluster_settings& asked = settings.cluster;
  node_hello self;
  self.id = settings.test.cluster_node_id.empty() ? drawn_id() : told_id(settings.test.cluster_node_id);
  self.rules = rules_hash();
  self.capacity = capacity_of(settings);
  self.document_bytes_max = asked.document_bytes_max;
  self.window_bytes = asked.credit_bytes;
  self.cluster = asked.name;
  self.name = asked.node.empty() ? host_name() : asked.node;
  self.zone = asked.zone;
  self.kernel = kernel.name;
  self.build = TEXLEX_VERSION;
  return self;
}

transport_options transport_of(const cluster_settings& asked) {
  transport_options options;
  if (!asked.tls.certificate.empty())
    options.tls = tls_files{asked.tls.certificate, asked.tls.key, asked.tls.ca, asked.tls.allowed_names};
  options.connections_max = 4 * asked.peers_max;
  options.refused = [pace = std::make_shared<std::pair<std::mutex, warning_pace>>()](const std::string& why) {
    const std::lock_guard lock{pace->first};
    if (const auto left_out = pace->second.due(std::chrono::steady_clock::now()))
      spdlog::warn("cluster: {}{}", why, left_out_text(*left_out));
  };
  return options;
}

gateway_options gateway_of(const settings& settings, const kernel& kernel) {
  using std::chrono::milliseconds;
  const cluster_settings& asked = settings.cluster;
  const duration beat = milliseconds{asked.heartbeat_ms};
  const document_pool memory{limits::lent_memory_kept_bytes_max,
                             std::make_shared<quota>(limits::lent_memory_bytes_max)};
  gateway_options options{.memory = memory};
  options.self = self_of(settings, kernel);
  options.seeds = asked.seeds;
  options.peers_max = asked.peers_max;
  options.link = {.beat = beat,
                  .resend = 2 * beat,
                  .suspect = milliseconds{asked.suspect_ms},
                  .down = milliseconds{asked.down_ms},
                  .late = 2 * beat};
  options.port = {.capacity = options.self.capacity,
                  .document_bytes_max = asked.document_bytes_max,
                  .beat = beat,
                  .resend = 2 * beat,
                  .orphaned = 3 * options.link.down};
  options.document_bytes_max = asked.document_bytes_max;
  options.names_interval = std::chrono::seconds{asked.dns_interval_s};
  options.seed = std::random_device{}();
  return options;
}

class node final : public house_part {
public:
  node(const settings& settings, const kernel& kernel, const house_part_links& house) {
    auto made = transport::make(house.system, transport_of(settings.cluster));
    if (auto* const error = std::get_if<std::string>(&made)) throw std::runtime_error{"cluster: " + *error};
    transport_ = std::move(std::get<std::unique_ptr<transport>>(made));
    const auto listen = split_listen_address(settings.cluster.listen);
    if (!listen) throw std::runtime_error{"cluster.listen is no address"};
    const gateway_options options = gateway_of(settings, kernel);
    gateway_ = spawn_gateway(house.system, options, links_of(settings.cluster, house));
    gateway_->attach_functor([this](const caf::error&) { gateway_ended_.set_value(); });
    const auto port = transport_->publish(caf::actor_cast<caf::strong_actor_ptr>(gateway_),
                                          house.system.message_types<frame_listener>(), listen->host, listen->port);
    if (const auto* const error = std::get_if<std::string>(&port)) {
      finish();
      throw std::runtime_error{"cluster.listen: " + *error};
    }
    port_ = std::get<uint16_t>(port);
    caf::anon_send(gateway_, atom::listens_v, listens_at{advertised(settings.cluster, *listen, port_)});
    spdlog::info("node {} of cluster {} listens for peers on {}{}", options.self.name, options.self.cluster,
                 address_text(listen->host, port_), settings.cluster.tls.certificate.empty() ? ", without TLS" : "");
  }

  bool owns(job_id job) const noexcept override { return is_lent(job); }
  void answered(const delivery& answer) override { caf::anon_send(gateway_, atom::answered_v, answer); }
  void leave() override { caf::anon_send(gateway_, atom::leave_v, local_word{}); }

  void wait_until_left(std::chrono::milliseconds at_most) override {
    std::unique_lock lock{left_mutex_};
    left_changed_.wait_for(lock, at_most, [this] { return left_; });
  }

  void finish() override {
    if (port_ != 0) transport_->unpublish(port_);
    caf::anon_send(gateway_, atom::finish_v, local_word{});
    gateway_ended_.get_future().wait();
    gateway_ = nullptr;
    names_.reset();
    transport_.reset();
  }

private:
  gateway_links links_of(const cluster_settings& asked, const house_part_links& house) {
    gateway_links links;
    links.broker = house.broker;
    links.metrics = house.metrics;
    links.dial = [this](const std::string& address, const gateway_actor& gateway) { dial(address, gateway); };
    links.disconnect = [this](const frame_listener& peer) {
      transport_->disconnect(caf::actor_cast<caf::strong_actor_ptr>(peer));
    };
    if (!asked.dns.empty()) {
      names_.emplace(1, 1);
      links.look_up = [this, name = asked.dns](const gateway_actor& gateway) { look_up(name, gateway); };
    }
    links.every_second = [this] { reload_certificates(); };
    links.left = [this] {
      const std::lock_guard lock{left_mutex_};
      left_ = true;
      left_changed_.notify_all();
    };
    return links;
  }

  void dial(const std::string& address, const gateway_actor& gateway) {
    const auto where = split_host_port(address);
    if (!where) return caf::anon_send(gateway, atom::dialed_v, dialed{address, {}, "it is no host:port"});
    transport_->connect<frame_listener>(where->host, where->port,
                                        [address, gateway](const frame_listener& peer, const std::string& error) {
                                          caf::anon_send(gateway, atom::dialed_v, dialed{address, peer, error});
                                        });
  }

  void look_up(const std::string& name, const gateway_actor& gateway) {
    const auto where = split_host_port(name);
    const bool asked = where && names_->look_up(where->host, where->port, [gateway](const name_lookup::found& found) {
      names_found told;
      if (const auto* const error = std::get_if<std::string>(&found))
        told.error = *error;
      else
        for (const peer_address& each : std::get<std::vector<peer_address>>(found))
          told.addresses.push_back(text_of(each.bytes));
      caf::anon_send(gateway, atom::names_v, told);
    });
    if (!asked) caf::anon_send(gateway, atom::names_v, names_found{{}, "no look-up could be begun"});
  }

  void reload_certificates() {
    const auto now = transport_->reload_if_changed();
    if (now.error) spdlog::error("cluster.tls: {}: going on with the certificates there are", *now.error);
    if (now.replaced) spdlog::info("cluster.tls: certificates were replaced");
  }

  std::unique_ptr<transport> transport_;
  std::optional<name_lookup> names_;
  gateway_actor gateway_;
  std::promise<void> gateway_ended_;
  uint16_t port_ = 0;
  std::mutex left_mutex_;
  std::condition_variable left_changed_;
  bool left_ = false;
};

} // namespace

house_part_maker cluster_of(const settings& settings, const kernel& kernel) {
  return {.configure = [](caf::actor_system_config& config) { load_transport(config); },
          .make = [&settings, &kernel](const house_part_links& house) -> std::unique_ptr<house_part> {
            return std::make_unique<node>(settings, kernel, house);
          }};
}

} // namespace texlex

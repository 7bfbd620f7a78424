// A relay of TCP connections between nodes that each has an address to stand in for, and makes what goes between them
// slow, late, stuck, wrong or cut as it is told.
#pragma once

#include "test/cluster/relay/pump.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace texlex::test {

class relayed_connection;

class relay {
public:
  relay(boost::asio::io_context& context, uint64_t seed);
  ~relay();

  /// Others reach the node at `real` by `stand_in`, and what it opens itself comes from there.
  void add_node(const std::string& name, const boost::asio::ip::address& real,
                const boost::asio::ip::address& stand_in);
  /// Connections to the node's stand-in at this port go to the node.
  void listen(const std::string& name, uint16_t port);
  /// As where a process has ended: they are refused, by the system.
  void listen_no_more(const std::string& name);
  /// What is meant for one node goes to another.
  void redirect(const std::string& name, const std::string& instead);

  /// Only connections to this port, of those that are opened from now on, have bytes changed or put in.
  void spoil_only(uint16_t port) { spoilt_port_ = port; }

  /// By names; "*" is any.
  std::vector<way*> ways_between(const std::string& from, const std::string& to);
  void changed();
  size_t insert(const way& along, std::string_view bytes);
  size_t cut(const way& along);

private:
  friend class relayed_connection;

  struct node {
    boost::asio::ip::address real;
    boost::asio::ip::address stand_in;
    std::string instead; ///< the node that is reached: itself, mostly
  };

  struct listener {
    std::string name;
    uint16_t port;
    tcp::acceptor acceptor;
  };

  void accept_on(const std::shared_ptr<listener>& listening);
  void open(tcp::socket from, const listener& listening);
  std::string name_of(const boost::asio::ip::address& real) const;
  const node& known(const std::string& name) const;
  uint64_t next_seed();
  void forget(const relayed_connection* which);

  boost::asio::io_context& context_;
  uint64_t seed_;
  uint64_t seeds_drawn_ = 0;
  uint16_t spoilt_port_ = 0; ///< 0: any
  ways ways_;
  std::map<std::string, node> nodes_;
  std::vector<std::shared_ptr<listener>> listeners_;
  std::vector<std::shared_ptr<relayed_connection>> connections_;
};

} // namespace texlex::test

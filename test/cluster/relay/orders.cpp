#include "test/cluster/relay/orders.hpp"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

namespace texlex::test {

namespace {

template <class Value>
Value next(std::istringstream& words, const char* what) {
  Value value{};
  if (!(words >> value)) throw std::invalid_argument{std::string{"it wants "} + what};
  return value;
}

bool next_switch(std::istringstream& words) {
  const auto word = next<std::string>(words, "on or off");
  if (word != "on" && word != "off") throw std::invalid_argument{word + " is neither on nor off"};
  return word == "on";
}

std::string next_bytes(std::istringstream& words) {
  const auto digits = next<std::string>(words, "bytes in hexadecimal digits");
  if (digits.size() % 2 != 0 || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw std::invalid_argument{"bytes are pairs of hexadecimal digits"};
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

using change = std::function<void(trouble&, std::istringstream&)>;

const std::map<std::string, change>& changes() {
  static const std::map<std::string, change> all{
    {"delay",
     [](trouble& now, std::istringstream& words) { now.delay = milliseconds{next<int64_t>(words, "milliseconds")}; }},
    {"loss", [](trouble& now, std::istringstream& words) { now.loss_percent = next<double>(words, "a percentage"); }},
    {"rate",
     [](trouble& now, std::istringstream& words) { now.bytes_per_second = next<uint64_t>(words, "bytes a second"); }},
    {"hold", [](trouble& now, std::istringstream& words) { now.held = next_switch(words); }},
    {"swallow-ends", [](trouble& now, std::istringstream& words) { now.ends_swallowed = next_switch(words); }},
    {"refuse", [](trouble& now, std::istringstream& words) { now.refuses = next_switch(words); }},
    {"corrupt", [](trouble& now, std::istringstream& words) { now.corrupt_left = next<uint64_t>(words, "a count"); }},
    {"swap", [](trouble& now, std::istringstream& words) { now.swap_left = next<uint64_t>(words, "a count"); }},
    {"calm", [](trouble& now, std::istringstream&) { now = {}; }}};
  return all;
}

std::vector<way*> next_ways(relay& relay, std::istringstream& words) {
  const auto from = next<std::string>(words, "a node or *");
  const auto to = next<std::string>(words, "a node or *");
  return relay.ways_between(from, to);
}

void change_ways(relay& relay, const change& apply, std::istringstream& words) {
  const auto chosen = next_ways(relay, words);
  const auto arguments = words.tellg();
  for (way* each : chosen) {
    words.clear();
    words.seekg(arguments);
    apply(each->now, words);
  }
  relay.changed();
}

std::string insert(relay& relay, std::istringstream& words) {
  const auto chosen = next_ways(relay, words);
  const std::string bytes = next_bytes(words);
  size_t count = 0;
  for (const way* each : chosen) count += relay.insert(*each, bytes);
  return " " + std::to_string(count);
}

std::string cut(relay& relay, std::istringstream& words) {
  size_t count = 0;
  for (way* each : next_ways(relay, words)) {
    const size_t connections = relay.cut(*each);
    each->counts.cut += connections;
    count += connections;
  }
  return " " + std::to_string(count);
}

std::string counts(relay& relay, std::istringstream& words) {
  way_counts sum;
  for (const way* each : next_ways(relay, words)) {
    const way_counts& more = each->counts;
    for (const auto field : {&way_counts::connections, &way_counts::bytes, &way_counts::stalls, &way_counts::corrupted,
                             &way_counts::swapped, &way_counts::inserted, &way_counts::cut, &way_counts::refused,
                             &way_counts::ends_swallowed})
      sum.*field += more.*field;
  }
  std::ostringstream text;
  text << " connections=" << sum.connections << " bytes=" << sum.bytes << " stalls=" << sum.stalls
       << " corrupted=" << sum.corrupted << " swapped=" << sum.swapped << " inserted=" << sum.inserted
       << " cut=" << sum.cut << " refused=" << sum.refused << " ends_swallowed=" << sum.ends_swallowed;
  return text.str();
}

void add_node(relay& relay, std::istringstream& words) {
  const auto name = next<std::string>(words, "a name");
  const auto real = boost::asio::ip::make_address(next<std::string>(words, "the node's address"));
  relay.add_node(name, real, boost::asio::ip::make_address(next<std::string>(words, "the address to stand in for it")));
}

std::string answer(relay& relay, const std::string& line) {
  std::istringstream words{line};
  const auto order = next<std::string>(words, "an order");
  if (const auto found = changes().find(order); found != changes().end()) {
    change_ways(relay, found->second, words);
    return "";
  }
  if (order == "insert") return insert(relay, words);
  if (order == "cut") return cut(relay, words);
  if (order == "counts") return counts(relay, words);
  if (order == "node") {
    add_node(relay, words);
    return "";
  }
  if (order == "spoil-only") {
    relay.spoil_only(next<uint16_t>(words, "a port"));
    return "";
  }
  const auto name = next<std::string>(words, "a node");
  if (order == "listen") {
    relay.listen(name, next<uint16_t>(words, "a port"));
    return "";
  }
  if (order == "listen-no-more") {
    relay.listen_no_more(name);
    return "";
  }
  if (order == "redirect") {
    relay.redirect(name, next<std::string>(words, "the node that is reached instead"));
    return "";
  }
  throw std::invalid_argument{"no order is named " + order};
}

} // namespace

std::string obey(relay& relay, const std::string& line) {
  try {
    return "ok" + answer(relay, line);
  } catch (const std::exception& problem) { // a wrong order, or a port that is taken
    return std::string{"error: "} + problem.what();
  }
}

} // namespace texlex::test

#include "actors/peers/peer_book.hpp"

#include <algorithm>
#include <set>

#include "runtime/invariant.hpp"

namespace texlex {

peer_book::peer_book(const peer_book_options& options) : options_(options), dice_(options.seed) {}

address_record* peer_book::add(const std::string& address, instant now) {
  if (const auto known = addresses_.find(address); known != addresses_.end()) return &known->second;
  if (addresses_.size() >= options_.addresses_max) return nullptr;
  return &addresses_.emplace(address, address_record{.next = now, .since = now}).first->second;
}

bool peer_book::configure(const std::string& address, instant now) {
  address_record* const one = add(address, now);
  if (one == nullptr) return false;
  return one->configured = true;
}

void peer_book::named(const std::vector<std::string>& addresses, instant now) {
  if (addresses.empty()) return;
  for (auto& [address, one] : addresses_) one.named = false;
  for (const std::string& address : addresses)
    if (address_record* const one = add(address, now)) one->named = true;
}

void peer_book::told(const std::string& address, instant now) {
  address_record* const one = address.empty() ? nullptr : add(address, now);
  if (one != nullptr && one->state == address_state::waiting) one->since = now;
}

std::vector<std::string> peer_book::due(instant now) {
  std::erase_if(addresses_, [&](const auto& each) {
    const address_record& one = each.second;
    const bool wanted = one.configured || one.named || now - one.since < options_.told_max;
    return one.state == address_state::waiting && !wanted;
  });
  std::vector<std::string> addresses;
  for (auto& [address, one] : addresses_) {
    if (one.state != address_state::waiting || now < one.next) continue;
    one.state = address_state::trying;
    addresses.push_back(address);
  }
  return addresses;
}

// A fifth more or less, as in gRPC's connection backoff.
void peer_book::wait(address_record& one, duration pause, instant now) {
  const auto permille = static_cast<duration::rep>(800 + dice_() % 401);
  one.state = address_state::waiting;
  one.next = now + pause / 1000 * permille;
}

void peer_book::failed(const std::string& address, const std::string& reason, instant now) {
  const auto found = addresses_.find(address);
  if (found == addresses_.end()) return;
  address_record& one = found->second;
  one.reason = reason;
  one.refusal = node_refusal::none;
  one.pause = std::clamp(2 * one.pause, options_.pause_min, options_.pause_max);
  wait(one, one.pause, now);
}

void peer_book::refused(const std::string& address, node_refusal why, instant now) {
  const auto found = addresses_.find(address);
  if (found == addresses_.end()) return;
  found->second.reason = name_of(why);
  found->second.refusal = why;
  // An address that leads to oneself or to a known node may lead to another one soon.
  wait(found->second, why == node_refusal::itself ? options_.known_pause : options_.refused_pause, now);
}

bool peer_book::found(const std::string& address, const node_id& node, const std::string& name, instant now) {
  address_record* const here = add(address, now);
  if (here == nullptr) return false;
  here->node = node;
  here->name = name;
  for (const auto& [other, one] : addresses_) {
    if (&one == here || one.state != address_state::joined || one.node != node) continue;
    here->reason = "known at " + other;
    wait(*here, options_.known_pause, now);
    return false;
  }
  here->state = address_state::joined;
  here->reason.clear();
  here->refusal = node_refusal::none;
  here->pause = duration{0};
  here->since = now;
  ++here->joins;
  return true;
}

// Whoever is joined and gone at once is no better than one that cannot be reached.
void peer_book::lost(const std::string& address, const std::string& reason, instant now) {
  const auto found = addresses_.find(address);
  if (found == addresses_.end()) return;
  address_record& one = found->second;
  if (now - one.since < options_.pause_max) one.pause = std::max(one.pause, options_.pause_min);
  one.since = now;
  failed(address, reason, now);
}

void peer_book::check_invariants() const {
  require(addresses_.size() <= options_.addresses_max, "addresses are bounded");
  std::set<node_id> joined;
  for (const auto& [address, one] : addresses_) {
    if (one.state == address_state::joined)
      require(one.node && joined.insert(*one.node).second, "a node is joined at one address");
    require(one.pause <= options_.pause_max, "pauses are bounded");
  }
}

} // namespace texlex

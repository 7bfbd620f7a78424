#include "actors/cluster/connection_book.hpp"

#include <algorithm>

namespace texlex {

connection_place::~connection_place() {
  if (connection_ == nullptr) return;
  connection_->forget_socket();
  book_->leave(*connection_);
}

std::optional<connection_place> connection_book::enter(const std::shared_ptr<peer_connection>& connection) {
  std::shared_ptr<peer_connection> pushed_out;
  {
    const std::lock_guard guard{mutex_};
    if (is_closed_ || entries_.size() >= limits_.connections_max) return std::nullopt;
    if (connection->side() == connection_side::accepted) pushed_out = oldest_if_crowded();
    entries_.push_back(connection);
  }
  if (pushed_out != nullptr) pushed_out->end(ending::crowded, "too many connections are being made at once");
  return connection_place{shared_from_this(), connection};
}

void connection_book::leave(const peer_connection& connection) noexcept {
  const std::lock_guard guard{mutex_};
  const auto here =
    std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.get() == &connection; });
  if (here != entries_.end()) entries_.erase(here);
}

std::shared_ptr<peer_connection> connection_book::oldest_if_crowded() const {
  const auto is_new = [](const auto& entry) {
    return entry->side() == connection_side::accepted && !entry->is_established() && !entry->has_ended();
  };
  if (std::count_if(entries_.begin(), entries_.end(), is_new) < static_cast<ptrdiff_t>(limits_.handshakes_max))
    return nullptr;
  return *std::find_if(entries_.begin(), entries_.end(), is_new);
}

void connection_book::end_all_to(const caf::node_id& peer, const std::string& text) {
  for (const auto& entry : all())
    if (entry->is_established() && entry->peer() == peer) entry->end(ending::by_owner, text);
}

void connection_book::close(const std::string& text) {
  {
    const std::lock_guard guard{mutex_};
    is_closed_ = true;
  }
  for (const auto& entry : all()) entry->end(ending::by_owner, text);
}

size_t connection_book::size() const {
  const std::lock_guard guard{mutex_};
  return entries_.size();
}

connection_book::entries connection_book::all() const {
  const std::lock_guard guard{mutex_};
  return entries_;
}

} // namespace texlex

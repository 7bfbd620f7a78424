#include "runtime/early_receives.hpp"

#include <algorithm>
#include <cerrno>

namespace texlex {

void early_receives::forget(const descriptor_watcher& gone) noexcept {
  const auto end = std::remove(expected_.begin(), expected_.end(), &gone);
  expected_.erase(end, expected_.end());
  for (finding& each : found_)
    if (each.by == &gone) each.by = nullptr;
}

// Without an early receive to go along with, or with more sends than go in one call, they go by themselves.
void early_receives::carry_out(socket_batch& sockets, std::span<socket_operation> sends) noexcept {
  const auto asked = expected_;
  expected_.clear();
  if (!sockets.by_io_uring() || asked.empty() || sends.size() > receives_max || any()) return sockets.carry_out(sends);
  std::copy(sends.begin(), sends.end(), operations_.begin());
  boost::container::static_vector<descriptor_watcher*, receives_max> receiving;
  for (descriptor_watcher* const each : asked)
    if (const auto wanted = each->wants_to_receive(memory_.at(receiving.size()))) {
      operations_[sends.size() + receiving.size()] = *wanted;
      receiving.push_back(each);
    }
  const std::span all{operations_.data(), sends.size() + receiving.size()};
  sockets.carry_out(all);
  std::copy_n(all.begin(), sends.size(), sends.begin());
  for (size_t i = 0; i < receiving.size(); ++i) {
    const ssize_t result = all[sends.size() + i].result;
    if (result == -EAGAIN)
      receiving[i]->received(result); // it has sent nothing yet: the loop will say when
    else
      found_.push_back({receiving[i], result});
  }
}

void early_receives::tell() noexcept {
  for (size_t i = 0; i < found_.size(); ++i) // one may make another go
    if (found_[i].by != nullptr) found_[i].by->received(found_[i].result);
  found_.clear();
}

} // namespace texlex

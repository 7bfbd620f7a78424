// What is wrong with the way from one node to another, as told at run time, and what that did so far.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace texlex::test {

using milliseconds = std::chrono::milliseconds;

/// What may be wrong.
struct trouble {
  milliseconds delay{0};
  double loss_percent = 0;       ///< of slices of time in which something goes
  uint64_t bytes_per_second = 0; ///< 0: as fast as it can
  bool held = false;             ///< nothing goes any more, and nothing says so
  bool ends_swallowed = false;   ///< the end of a connection is not passed on
  bool refuses = false;          ///< connections that are opened this way are reset
  uint64_t corrupt_left = 0;     ///< so many pieces get a bit that is wrong
  uint64_t swap_left = 0;        ///< in so many pieces two blocks change places
};

struct way_counts {
  uint64_t connections = 0;
  uint64_t bytes = 0;
  uint64_t stalls = 0;
  uint64_t corrupted = 0;
  uint64_t swapped = 0;
  uint64_t inserted = 0;
  uint64_t cut = 0;
  uint64_t refused = 0;
  uint64_t ends_swallowed = 0;
};

/// One direction between two nodes, whoever opened the connections that it goes along.
struct way {
  std::string from;
  std::string to;
  trouble now{};
  way_counts counts{};
};

/// All of them, by the names of both ends. References stay valid.
class ways {
public:
  way& between(const std::string& from, const std::string& to) {
    const auto [place, is_new] = ways_.try_emplace({from, to});
    if (is_new) {
      place->second.from = from;
      place->second.to = to;
    }
    return place->second;
  }

  template <class Each>
  void for_each(Each each) {
    for (auto& entry : ways_) each(entry.second);
  }

private:
  std::map<std::pair<std::string, std::string>, way> ways_;
};

} // namespace texlex::test

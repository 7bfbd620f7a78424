// What everybody in a simulated world shares.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "runtime/quota.hpp"
#include "test/simulation/dice.hpp"
#include "test/simulation/faults.hpp"
#include "test/simulation/journal.hpp"
#include "test/simulation/timeline.hpp"

namespace texlex::simulation {

/// A document as all machines know it, by the number of its job.
struct known_document {
  uint64_t key = 0;
  uint32_t bytes = 0;
  bool kills = false; ///< whoever begins with it
  bool lent = false;  ///< its columns are, if there is something to lend
};

/// What keeps a world from being at rest, and how much of it, or which.
struct leftover {
  const char* what = "";
  uint64_t number = 0;
};

struct surroundings {
  timeline time;
  fault_book faults;
  journal notes;
  dice chance; ///< of what is no fault
  std::unordered_map<uint64_t, known_document> documents{};
  std::shared_ptr<quota> column_memory{};    ///< of all columns, until they are sent or given back
  std::shared_ptr<quota> lent_memory{};      ///< of it, what may be lent
  uint64_t last_far_job = uint64_t{1} << 40; ///< jobs elsewhere are numbered apart from those at home

  template <class Text>
  void note(std::string_view from, std::string_view to, Text text) {
    notes.note(time.now(), from, to, text);
  }
};

} // namespace texlex::simulation

// Jobs for tests of decisions: what they point at does not matter.
#pragma once

#include <memory>

#include "actors/job.hpp"

namespace texlex::test {

inline job_ptr make_job(uint64_t id) {
  auto made = std::make_shared<job>();
  made->id = {id};
  return made;
}

inline outcome counted(uint32_t tokens) { return {.status = status::ok, .token_count = tokens}; }

} // namespace texlex::test

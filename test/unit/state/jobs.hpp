// Jobs for tests of decisions: what their documents say does not matter, only that each has its own.
#pragma once

#include <cstring>
#include <memory>

#include "actors/job.hpp"

namespace texlex::test {

inline job_ptr make_job(uint64_t id) {
  auto made = std::make_shared<job>();
  made->id = {id};
  made->memory = std::make_shared<document_buffer>(sizeof id);
  std::memcpy(made->memory->data(), &id, sizeof id);
  made->document = {made->memory->data(), sizeof id};
  return made;
}

inline outcome counted(uint32_t tokens) { return {.status = status::ok, .token_count = tokens}; }

} // namespace texlex::test

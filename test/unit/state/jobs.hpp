// Jobs for tests of decisions: what their documents say does not matter, only that each has its own.
#pragma once

#include <cstring>
#include <memory>

#include "actors/job.hpp"

namespace texlex::test {

inline job_ptr make_job_on(uint64_t text, uint64_t id) {
  auto made = std::make_shared<job>();
  made->id = {id};
  made->memory = std::make_shared<document_buffer>(sizeof text);
  std::memcpy(made->memory->data(), &text, sizeof text);
  made->document = {made->memory->data(), sizeof text};
  return made;
}

inline job_ptr make_job(uint64_t id) { return make_job_on(id, id); }

inline outcome counted(uint32_t tokens) { return {.status = status::ok, .token_count = tokens}; }

} // namespace texlex::test

// Jobs with real documents, and what the reference kernel makes of them.
#pragma once

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "actors/job.hpp"
#include "kernels/regimes.hpp"
#include "test/support/token_list.hpp"

namespace texlex::test {

inline const regime& house_regime() { return *find_regime(default_regime_name); }

inline document_lease document_of(std::string_view text) {
  auto document = std::make_shared<document_buffer>(std::max<size_t>(text.size(), 1));
  std::ranges::copy(bytes_of(text), document->data());
  return document;
}

/// Of the first bytes of a document that jobs may share.
inline job_ptr make_job(uint64_t id, const document_lease& document, size_t bytes, instant received = now()) {
  auto made = std::make_shared<job>();
  made->id = {id};
  made->memory = document;
  made->document = {document->data(), bytes};
  made->regime = &house_regime();
  made->received = received;
  return made;
}

inline job_ptr make_job(uint64_t id, std::string_view text, instant received = now()) {
  return make_job(id, document_of(text), text.size(), received);
}

/// What a job with that document is to be answered.
inline outcome counts_of(std::string_view text, origin origin = origin::primary) {
  const scanned tokens = scan(text, house_regime());
  return {.status = status::ok,
          .token_count = static_cast<uint32_t>(tokens.kinds.size()),
          .issue_count = static_cast<uint32_t>(tokens.issue_count),
          .origin = origin};
}

} // namespace texlex::test

namespace texlex {

/// For Boost.Test.
inline std::ostream& operator<<(std::ostream& out, const outcome& result) {
  const char* origins[] = {"nobody", "primary", "hedge"};
  return out << name_of(result.status) << " from " << origins[static_cast<size_t>(result.origin)] << ", "
             << result.token_count << " tokens, " << result.issue_count << " issues";
}

} // namespace texlex

// Every kernel gives the reference's answer, bit for bit, wherever its chunks end: those of this processor, and the
// SIMD targets as SIMDe emulates them where their instructions are missing. A failure prints its seed;
// TEXLEX_SEED=<seed> replays it alone, TEXLEX_DOCUMENTS=<n> tries so many.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

#include "kernels/simd/simd_kernel.hpp"
#include "test/property/emulated_targets.hpp"
#include "test/support/awkward_document.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;

namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<kernel> all_kernels() {
  std::vector<kernel> kernels;
  for (const auto name : kernel_names()) kernels.push_back(*find_kernel(name));
  for (const kernel& each : emulated_kernels) kernels.push_back(each);
  return kernels;
}

void check_document(uint64_t seed, const std::vector<kernel>& kernels) {
  awkward_document document{seed};
  for (const token_view view : {token_view::tex, token_view::source}) {
    const scanned wanted = scan(document.text, document.rules, view);
    for (const kernel& each : kernels) {
      const uint64_t chunk_bytes = document.any_chunk();
      if (scan(document.text, document.rules, view, chunk_bytes, each) == wanted
          && scan_to_bitmap(document.text, document.rules, view, chunk_bytes, each) == wanted)
        continue;
      BOOST_FAIL("kernel " << each.name << " differs: TEXLEX_SEED=" << seed << ", regime " << document.rules.name
                           << ", " << (view == token_view::tex ? "tex" : "source") << " view, chunks of " << chunk_bytes
                           << " bytes");
    }
  }
}

// Memory with a page behind and before it that nobody may touch.
class guarded_memory {
public:
  explicit guarded_memory(size_t bytes) : page_(static_cast<size_t>(::sysconf(_SC_PAGESIZE))) {
    bytes_ = (bytes + page_ - 1) / page_ * page_;
    base_ = static_cast<uint8_t*>(
      ::mmap(nullptr, bytes_ + 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    BOOST_REQUIRE(base_ != MAP_FAILED);
    ::mprotect(base_, page_, PROT_NONE);
    ::mprotect(base_ + page_ + bytes_, page_, PROT_NONE);
  }
  ~guarded_memory() { ::munmap(base_, bytes_ + 2 * page_); }
  guarded_memory(const guarded_memory&) = delete;
  guarded_memory& operator=(const guarded_memory&) = delete;

  uint8_t* first() { return base_ + page_; }
  uint8_t* last(size_t bytes) { return base_ + page_ + bytes_ - bytes; } ///< so that they end at the guard

private:
  size_t page_;
  size_t bytes_ = 0;
  uint8_t* base_ = nullptr;
};

#if defined(TEXLEX_SANITIZED) // which takes ten times as long, and the fuzzer has the same eyes
constexpr uint64_t documents_usual = 6'000;
#else
constexpr uint64_t documents_usual = 20'000;
#endif

} // namespace

BOOST_AUTO_TEST_CASE(on_awkward_documents) {
  const auto kernels = all_kernels();
  if (std::getenv("TEXLEX_SEED") != nullptr) return check_document(number_from("TEXLEX_SEED", 0), kernels);
  const uint64_t documents = number_from("TEXLEX_DOCUMENTS", documents_usual);
  for (uint64_t seed = 1; seed <= documents; ++seed) check_document(seed, kernels);
}

BOOST_AUTO_TEST_CASE(when_the_rules_change_at_any_byte) {
  const auto kernels = all_kernels();
  const uint64_t documents = number_from("TEXLEX_DOCUMENTS", documents_usual) / 4;
  for (uint64_t seed = 1; seed <= documents; ++seed) {
    const awkward_document document{seed}, other{seed + 1'000'000};
    if (document.rules.encoding != other.rules.encoding) continue;
    const token_view view = seed % 2 == 0 ? token_view::tex : token_view::source;
    const uint64_t step = seed % 97 + 1;
    const auto scan_with = [&](const kernel& each) {
      return scan_in_turns(document.text, document.rules, other.rules, view, step, each);
    };
    const auto wanted = scan_with(*find_kernel("reference"));
    for (const kernel& each : kernels)
      if (scan_with(each) != wanted)
        BOOST_FAIL("kernel " << each.name << " differs: seed " << seed << ", regimes " << document.rules.name << " and "
                             << other.rules.name << ", every " << step << " bytes");
  }
}

BOOST_AUTO_TEST_CASE(without_a_byte_read_or_written_beyond_the_memory_they_are_given) {
  constexpr size_t most = 4096;
  guarded_memory document_memory{most}, kinds_memory{most + 1}, starts_memory{4 * (most + 1)};
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    const awkward_document made{seed};
    const std::string text = made.text.substr(0, most);
    const size_t tokens = tokens_max(text.size());
    for (const bool at_end : {false, true}) {
      uint8_t* const document = at_end ? document_memory.last(text.size()) : document_memory.first();
      auto* const kinds = reinterpret_cast<token_kind*>(at_end ? kinds_memory.last(tokens) : kinds_memory.first());
      auto* const starts = reinterpret_cast<uint32_t*>(at_end ? starts_memory.last(4 * tokens) : starts_memory.first());
      std::memcpy(document, text.data(), text.size());
      const scanned wanted = scan(text, made.rules, token_view::source);
      for (const kernel& each : all_kernels()) {
        scan_cursor cursor;
        run_scan(each, {{document, text.size()}, &made.rules, token_view::source}, cursor, {kinds, starts, {}});
        BOOST_REQUIRE(cursor.token_count == wanted.kinds.size());
        BOOST_REQUIRE(std::memcmp(kinds, wanted.kinds.data(), wanted.kinds.size()) == 0);
      }
    }
  }
}

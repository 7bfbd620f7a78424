// Any bytes under any regime: the views agree, chunks do not matter, the source view tiles the document, and every
// kernel of this processor gives the reference's answer, also when another regime takes over at any byte. The first
// byte chooses the regimes, the second the chunk size.

#include "kernels/regimes.hpp"
#include "test/fuzz/require.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;

namespace {

void require_tiling(const scanned& source, size_t document_bytes) {
  uint64_t expected = 0;
  for (size_t i = 0; i < source.starts.size(); ++i) {
    require(i > 0 || source.starts[i] == 0, "the first token does not begin the document");
    require(i == 0 || source.starts[i] > expected || source.starts[i] == document_bytes, "a token is empty");
    expected = source.starts[i];
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const auto names = regime_names();
  const regime& rules = *find_regime(names[data[0] % names.size()]);
  const uint64_t chunk_bytes = data[1] + 1u;
  const std::string_view document{reinterpret_cast<const char*>(data + 2), size - 2};

  const regime& other = *find_regime(names[data[0] / names.size() % names.size()]);

  const auto tex = scan(document, rules);
  const auto source = scan(document, rules, token_view::source);
  require(tex == scan(document, rules, token_view::tex, chunk_bytes), "chunks matter in the tex view");
  require(source == scan(document, rules, token_view::source, chunk_bytes), "chunks matter in the source view");
  require_tiling(source, document.size());
  const auto in_turns = [&](const kernel& each) {
    return scan_in_turns(document, rules, other, token_view::source, chunk_bytes % 96 + 1, each);
  };
  const bool may_turn = rules.encoding == other.encoding;
  const auto turned = may_turn ? in_turns(*find_kernel("reference")) : scanned_in_steps{};
  for (const auto name : kernel_names()) {
    require(!may_turn || turned == in_turns(*find_kernel(name)), name.data());
    require(tex == scan(document, rules, token_view::tex, chunk_bytes, *find_kernel(name)), name.data());
    require(source == scan(document, rules, token_view::source, UINT32_MAX, *find_kernel(name)), name.data());
    require(source == scan_to_bitmap(document, rules, token_view::source, chunk_bytes, *find_kernel(name)),
            name.data());
  }
  size_t kept = 0;
  for (size_t i = 0; i < source.kinds.size(); ++i) {
    if (is_trivia(source.kinds[i])) continue;
    require(kept < tex.kinds.size() && tex.kinds[kept] == source.kinds[i] && tex.starts[kept] == source.starts[i],
            "the views differ");
    ++kept;
  }
  require(kept == tex.kinds.size(), "the tex view has more tokens");
  return 0;
}

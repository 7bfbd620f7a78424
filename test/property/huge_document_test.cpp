// The largest document there may be: 4 GiB - 1, where offsets come to the end of their 32 bits. Its memory is sparse:
// only the last page is ever written.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>

#include <sys/mman.h>

#include "kernels/regimes.hpp"
#include "runtime/limits.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;

namespace {

struct mapping {
  explicit mapping(size_t size)
    : bytes(size),
      data(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    BOOST_REQUIRE(data != MAP_FAILED);
  }
  ~mapping() { munmap(data, bytes); }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;

  size_t bytes;
  void* data;
};

} // namespace

BOOST_DATA_TEST_CASE(the_last_tokens_of_the_largest_document_have_their_offsets,
                     (std::vector<std::string>{"reference", "best"}), kernel_name) {
  constexpr size_t size = limits::scan_bytes_max;
  const mapping document{size};
  const mapping kinds{size + 1};
  const mapping starts{(size + 1) * sizeof(uint32_t)};

  // One comment of 4 GiB of NUL bytes, then a line of text without terminator.
  auto* text = static_cast<uint8_t*>(document.data);
  constexpr std::string_view tail = "\n\\end x";
  text[0] = '%';
  std::memcpy(text + size - tail.size(), tail.data(), tail.size());

  const scan_input input{{text, size}, find_regime("latex"), token_view::tex};
  const scan_output output{static_cast<token_kind*>(kinds.data), static_cast<uint32_t*>(starts.data), {}};
  scan_cursor cursor;
  run_scan(*find_kernel(kernel_name), input, cursor, output);

  BOOST_TEST(cursor.finished);
  BOOST_REQUIRE(cursor.token_count == 3u);
  BOOST_TEST((output.kinds[0] == token_kind::control_sequence));
  BOOST_TEST(output.starts[0] == size - 6);
  BOOST_TEST((output.kinds[1] == token_kind::letter));
  BOOST_TEST(output.starts[1] == size - 1);
  BOOST_TEST((output.kinds[2] == token_kind::space));
  BOOST_TEST(output.starts[2] == size);
  BOOST_TEST(cursor.issue_count == size - 1 - tail.size());
}

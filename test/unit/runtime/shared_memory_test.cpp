// Memory two processes share: what its maker writes others see, and nobody else can change it, or both write.
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <new>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtime/memory.hpp"
#include "runtime/shared_memory.hpp"
#include "test/support/passing_caller.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(shared_memory_test)

namespace {

owned_fd copy_of(const shared_memory& memory) { return owned_fd{::dup(memory.fd())}; }

} // namespace

BOOST_AUTO_TEST_CASE(what_is_written_is_seen_through_a_view) {
  shared_memory memory{10'000};
  BOOST_TEST(memory.bytes() >= 10'000u);
  memory.data()[0] = 1;
  const auto view = shared_view::map(copy_of(memory), memory.bytes());
  BOOST_REQUIRE(view.has_value());
  BOOST_TEST(view->bytes().size() == memory.bytes());
  BOOST_TEST(view->bytes()[0] == 1);
  memory.data()[memory.bytes() - 1] = 2;
  BOOST_TEST(view->bytes().back() == 2);
}

BOOST_AUTO_TEST_CASE(a_view_outlives_the_memory_it_was_made_of) {
  std::optional<shared_view> view;
  {
    shared_memory memory{100};
    memory.data()[99] = 7;
    view = shared_view::map(copy_of(memory), memory.bytes());
  }
  BOOST_REQUIRE(view.has_value());
  BOOST_TEST(view->bytes()[99] == 7);
  shared_view moved = std::move(*view);
  BOOST_TEST(view->bytes().empty());
  BOOST_TEST(moved.bytes()[99] == 7);
}

BOOST_AUTO_TEST_CASE(no_number_is_given_twice) {
  const uint64_t first = shared_memory{1}.number();
  BOOST_TEST(first != 0u);
  BOOST_TEST(shared_memory{1}.number() != first);
}

BOOST_AUTO_TEST_CASE(its_size_is_sealed_so_that_a_reader_cannot_lose_its_pages) {
  const shared_memory memory{100};
  BOOST_TEST(::ftruncate(memory.fd(), 0) == -1);
  BOOST_TEST(errno == EPERM);
  BOOST_TEST(::ftruncate(memory.fd(), 1 << 20) == -1);
}

BOOST_AUTO_TEST_CASE(only_its_maker_writes_it) {
  const shared_memory memory{100};
  BOOST_TEST(::pwrite(memory.fd(), "x", 1, 0) == -1);
  BOOST_TEST((::mmap(nullptr, memory.bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd(), 0) == MAP_FAILED));
}

BOOST_AUTO_TEST_CASE(what_is_shorter_than_told_or_not_sealed_is_not_mapped) {
  const shared_memory memory{100};
  BOOST_TEST(!shared_view::map(copy_of(memory), memory.bytes() + 1).has_value());
  BOOST_TEST(!shared_view::map(copy_of(memory), 0).has_value());
  BOOST_TEST(!shared_view::map(owned_fd{}, 100).has_value());
  const owned_fd unsealed{::memfd_create("unsealed", MFD_CLOEXEC)};
  BOOST_REQUIRE(::ftruncate(unsealed.get(), 4096) == 0);
  BOOST_TEST(!shared_view::map(unsealed, 4096).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_stranger_passes_is_mapped_only_if_nobody_can_change_it_and_all_of_it_is_there) {
  const std::string text(5000, 'x');
  const owned_fd good = test::memory_file(text);
  const auto view = shared_view::map_unchanging(good, text.size());
  BOOST_REQUIRE(view);
  BOOST_TEST((view->bytes().size() == text.size() && view->bytes()[4999] == 'x'));
  BOOST_TEST(!shared_view::map_unchanging(good, text.size() + 1));
  const auto none = shared_view::map_unchanging(good, 0);
  BOOST_REQUIRE(none);
  BOOST_TEST(none->bytes().empty());
  for (const int seals : {F_SEAL_SEAL, F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_SHRINK | F_SEAL_WRITE,
                          F_SEAL_GROW | F_SEAL_WRITE, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE})
    BOOST_TEST(!shared_view::map_unchanging(test::memory_file(text, seals), text.size()));
  BOOST_TEST(!shared_view::map_unchanging(owned_fd{}, text.size()));
}

#ifndef TEXLEX_SANITIZED // whose runtime needs address space itself
BOOST_AUTO_TEST_CASE(no_room_to_map_what_a_stranger_passes_is_told_apart_from_what_is_wrong_with_it) {
  const std::string text(16u << 20, 'x');
  const owned_fd good = test::memory_file(text);
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  const rlimit little{8u << 20, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_AS, &little) == 0);
  BOOST_CHECK_THROW((void)shared_view::map_unchanging(good, text.size()), std::bad_alloc);
  BOOST_REQUIRE(::setrlimit(RLIMIT_AS, &before) == 0);
  BOOST_TEST(shared_view::map_unchanging(good, text.size()).has_value());
}
#endif

BOOST_AUTO_TEST_CASE(pages_that_were_never_written_are_not_made_for_a_stranger) {
  owned_fd holes{::memfd_create("holes", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  BOOST_REQUIRE(::ftruncate(holes.get(), 1 << 20) == 0);
  BOOST_REQUIRE(::pwrite(holes.get(), "x", 1, 0) == 1);
  BOOST_REQUIRE(::fcntl(holes.get(), F_ADD_SEALS, test::all_seals) == 0);
  BOOST_TEST(shared_view::map_unchanging(holes, 4096).has_value());
  BOOST_TEST(!shared_view::map_unchanging(holes, 1 << 20));
}

BOOST_AUTO_TEST_CASE(memory_of_huge_pages_which_could_not_be_given_back_in_part_is_not_mapped) {
  owned_fd huge{::memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB)};
  if (!huge.is_open()) {
    BOOST_TEST_MESSAGE("the system has no huge pages");
    return;
  }
  BOOST_REQUIRE(::fcntl(huge.get(), F_ADD_SEALS, test::all_seals) == 0);
  BOOST_TEST(!shared_view::map_unchanging(huge, 0));
}

BOOST_AUTO_TEST_CASE(common_memory_is_written_by_both_sides_and_may_be_passed_on_once) {
  common_memory memory{5000};
  BOOST_TEST(memory.bytes() == round_up(5000, page_bytes()));
  const owned_fd passed{::dup(memory.fd())};
  memory.passed();
  BOOST_TEST(memory.fd() == -1);
  auto view = common_memory::map(passed, memory.bytes());
  BOOST_REQUIRE(view.has_value());
  BOOST_TEST(view->bytes() == memory.bytes());
  BOOST_TEST(memory.data()[0] == 0);
  memory.data()[0] = 7;
  view->data()[memory.bytes() - 1] = 8;
  BOOST_TEST(view->data()[0] == 7);
  BOOST_TEST(memory.data()[memory.bytes() - 1] == 8);
  const common_memory moved{std::move(*view)};
  BOOST_TEST(moved.data()[0] == 7);
}

BOOST_AUTO_TEST_CASE(the_size_of_common_memory_is_sealed_and_so_are_its_seals) {
  const common_memory memory{100};
  BOOST_TEST(::ftruncate(memory.fd(), 0) == -1);
  BOOST_TEST(::ftruncate(memory.fd(), 1 << 20) == -1);
  BOOST_TEST(::fcntl(memory.fd(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == -1);
}

BOOST_AUTO_TEST_CASE(its_maker_numbers_memory_of_both_kinds_and_nobody_else_does) {
  const common_memory memory{100};
  BOOST_TEST(memory.number() != 0u);
  BOOST_TEST(memory.number() != shared_memory{1}.number());
  const auto view = common_memory::map(owned_fd{::dup(memory.fd())}, memory.bytes());
  BOOST_REQUIRE(view.has_value());
  BOOST_TEST(view->number() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_too_short_not_sealed_or_only_to_be_read_is_not_mapped_as_common_memory) {
  const common_memory memory{100};
  BOOST_TEST(!common_memory::map(owned_fd{::dup(memory.fd())}, memory.bytes() + 1).has_value());
  BOOST_TEST(!common_memory::map(owned_fd{::dup(memory.fd())}, 0).has_value());
  BOOST_TEST(!common_memory::map(owned_fd{}, 100).has_value());
  const owned_fd unsealed{::memfd_create("unsealed", MFD_CLOEXEC)};
  BOOST_REQUIRE(::ftruncate(unsealed.get(), 1 << 20) == 0);
  BOOST_TEST(!common_memory::map(unsealed, 4096).has_value());
  const shared_memory to_read{100};
  BOOST_TEST(!common_memory::map(copy_of(to_read), to_read.bytes()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

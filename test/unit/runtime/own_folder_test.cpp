// The folder in /tmp that a socket lies in: only its user's own is taken, whoever came first.
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/socket.hpp"
#include "test/support/temporary_folder.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(own_folder_test)

namespace {

std::string told(const std::optional<socket_error>& error) { return error ? error->sentence : "nothing"; }

// Root owns the top of all; of what root may give away it gives away some.
std::string folder_of_another_user(const std::string& made) {
  if (::geteuid() != 0) return "/";
  BOOST_TEST_REQUIRE(::mkdir(made.c_str(), 0700) == 0);
  BOOST_TEST_REQUIRE(::chown(made.c_str(), 1, 1) == 0);
  return made;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(is_made_for_its_user_only_and_taken_again, test::temporary_folder) {
  const std::string path = *this / "own";
  BOOST_TEST(told(check_own_folder(path)) == "nothing"); // a client that comes first finds no socket there
  BOOST_TEST(told(prepare_own_folder(path)) == "nothing");
  struct stat made {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &made) == 0);
  BOOST_TEST((made.st_mode & 07777) == 0700u);
  BOOST_TEST(told(prepare_own_folder(path)) == "nothing");
  BOOST_TEST(told(check_own_folder(path)) == "nothing");
}

BOOST_FIXTURE_TEST_CASE(is_refused_where_others_may_write_it, test::temporary_folder) {
  const std::string path = *this / "open";
  BOOST_TEST_REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  for (const mode_t mode : {0720u, 0702u, 0777u}) {
    BOOST_TEST_REQUIRE(::chmod(path.c_str(), mode) == 0);
    BOOST_TEST(told(check_own_folder(path)) == "The folder " + path + " may be written by others.");
    BOOST_TEST(told(prepare_own_folder(path)) == "The folder " + path + " may be written by others.");
  }
}

BOOST_FIXTURE_TEST_CASE(is_refused_where_another_user_made_it, test::temporary_folder) {
  const std::string path = folder_of_another_user(*this / "other");
  BOOST_TEST(told(check_own_folder(path)) == "The folder " + path + " belongs to another user.");
}

BOOST_FIXTURE_TEST_CASE(is_refused_where_it_is_a_file_or_a_link, test::temporary_folder) {
  const std::string file = write("file", "x"), link = *this / "link";
  BOOST_TEST(told(prepare_own_folder(file)) == file + " is no folder.");
  BOOST_TEST_REQUIRE(::symlink("/tmp", link.c_str()) == 0);
  BOOST_TEST(told(prepare_own_folder(link)) == link + " is no folder.");
}

BOOST_FIXTURE_TEST_CASE(is_told_where_it_cannot_be_made, test::temporary_folder) {
  const std::string path = *this / "none/own";
  BOOST_TEST(told(prepare_own_folder(path))
             == "Cannot listen on " + path + ": the folder cannot be made: No such file or directory.");
}

BOOST_AUTO_TEST_SUITE_END()

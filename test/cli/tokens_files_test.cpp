// Where `texlex tokens` takes documents from: several files, folders, lists, archives; and what it shows meanwhile.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <string>

#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include "test/cli/program_folder.hpp"

BOOST_AUTO_TEST_SUITE(tokens_files_test)

namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class folder : public texlex::test::program_folder {
public:
  /// Writes a file in a folder that is made for it.
  std::string write_in(const std::string& within, const std::string& name, std::string_view text) const {
    fs::create_directories(*this / within);
    return write(within + "/" + name, text);
  }

  /// Runs texlex in the folder, what it reads coming from a file.
  [[nodiscard]] int run_here(const std::string& arguments, const std::string& from = "/dev/null") const {
    return shell("cd " + (*this / "") + "; " + TEXLEX_PROGRAM + " " + arguments + " >output <" + from);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(of_a_folder_the_documents_are_taken_in_the_order_of_their_paths) {
  const folder here;
  for (const char* name : {"b.tex", "a.sty", "C.TEX", "notes.txt", "picture.png", ".hidden.tex"})
    (void)here.write_in("papers", name, "%");
  (void)here.write_in("papers/a", "z.cls", "%");
  (void)here.write_in("papers/a.d", "y.ltx", "%");
  (void)here.write_in("papers/.git", "x.tex", "%");
  fs::create_directory_symlink(here / "papers", here / "papers/round"); // and round for ever
  BOOST_TEST(here.run_here("tokens papers") == 0);
  BOOST_TEST(here.read("output")
             == "# papers/C.TEX\n# papers/a.d/y.ltx\n# papers/a.sty\n# papers/a/z.cls\n# papers/b.tex\n");
}

BOOST_AUTO_TEST_CASE(files_and_folders_keep_the_order_in_which_they_were_named) {
  const folder here;
  (void)here.write_in("b", "1.tex", "a");
  (void)here.write("a.txt", "ab"); // named, it needs no suffix
  BOOST_TEST(here.run_here("tokens --format counts b/ a.txt b") == 0);
  BOOST_TEST(here.read("output") == "2\t0\tb/1.tex\n3\t0\ta.txt\n2\t0\tb/1.tex\n");
}

BOOST_AUTO_TEST_CASE(a_folder_without_documents_or_that_cannot_be_read_is_an_error_and_the_others_are_done) {
  const folder here;
  (void)here.write_in("empty", "a.txt", "a");
  const auto file = here.write("a.tex", "a");
  const auto result = here.run("tokens --format counts " + (here / "empty") + " " + file);
  BOOST_TEST(result.status == 3);
  BOOST_TEST(has(result.errors, "cannot read " + (here / "empty") + ": no file"), result.errors);
  BOOST_TEST(result.output == "2\t0\t" + file + "\n");
}

BOOST_AUTO_TEST_CASE(names_may_come_from_a_list) {
  const folder here;
  (void)here.write("a.tex", "a");
  (void)here.write("b b.tex", "ab");
  (void)here.write("c\nc.tex", "abc");
  const std::string by_line{"a.tex\n\nb b.tex"}, by_nul{"c\nc.tex\0a.tex\0", 14};
  (void)here.write("lines", by_line);
  (void)here.write("nuls", by_nul);
  const std::string expected = "2\t0\ta.tex\n3\t0\tb b.tex\n";
  BOOST_TEST(here.run_here("tokens --format counts --files-from lines") == 0);
  BOOST_TEST(here.read("output") == expected);
  BOOST_TEST(here.run_here("tokens --format counts --files-from -", "lines") == 0);
  BOOST_TEST(here.read("output") == expected);
  BOOST_TEST(here.run_here("tokens --format counts --null --files-from nuls 'b b.tex'") == 0);
  BOOST_TEST(here.read("output") == "3\t0\tb b.tex\n4\t0\tc\\x0ac.tex\n2\t0\ta.tex\n");
}

BOOST_AUTO_TEST_CASE(a_list_that_names_no_file_is_an_error_and_nothing_is_done) {
  const folder here;
  (void)here.write("a.tex", "a");
  (void)here.write("blank", "\n\n");
  for (const std::string list : {"/dev/null", "blank"})
    for (const std::string more : {"", " a.tex"}) {
      BOOST_TEST(here.run_here("tokens --format counts --files-from " + list + more) == 3);
      BOOST_TEST(here.read("errors") == "texlex: cannot read " + list + ": this list names no file\n");
      BOOST_TEST(here.read("output").empty());
    }
  BOOST_TEST(here.run_here("tokens --format counts --null --files-from -", "/dev/null") == 3);
  BOOST_TEST(here.read("errors") == "texlex: cannot read standard input: this list names no file\n");
  BOOST_TEST(here.run_here("corpus --files-from blank --journal j --out tokens") == 3);
  BOOST_TEST(here.read("errors") == "texlex: cannot read blank: this list names no file\n");
  BOOST_TEST(!fs::exists(here / "j"));
}

BOOST_AUTO_TEST_CASE(a_list_that_is_none_is_an_error_that_says_so) {
  const folder here;
  (void)here.write("nuls", std::string_view{"a\0b", 3});
  (void)here.write("gap", std::string_view{"a\0\0b", 4});
  (void)here.write("itself", "-\n");
  BOOST_TEST(here.run_here("tokens --files-from nuls") == 3);
  BOOST_TEST(has(here.read("errors"), "add --null"), here.read("errors"));
  BOOST_TEST(here.run_here("tokens --null --files-from gap") == 3);
  BOOST_TEST(has(here.read("errors"), "empty name"), here.read("errors"));
  BOOST_TEST(here.run_here("tokens --files-from -", "itself") == 3);
  BOOST_TEST(here.run_here("tokens --files-from missing") == 3);
  BOOST_TEST(has(here.read("errors"), "cannot read missing: "), here.read("errors"));
}

BOOST_AUTO_TEST_CASE(a_compressed_document_is_read_as_what_it_was_under_its_own_name) {
  const folder here;
  (void)here.write("a.tex", "abc");
  BOOST_TEST(here.shell("cd " + (here / "") + "; gzip a.tex") == 0);
  for (const std::string from : {"a.tex.gz", "/dev/null"}) {
    const bool piped = from == "a.tex.gz";
    BOOST_TEST(here.run_here(piped ? "tokens --format counts -" : "tokens --format counts a.tex.gz", from) == 0);
    BOOST_TEST(here.read("output") == (piped ? "4\t0\t-\n" : "4\t0\ta.tex.gz\n"));
  }
  BOOST_TEST(here.run_here("tokens --format counts .") == 0);
  BOOST_TEST(here.read("output") == "4\t0\t./a.tex.gz\n");
  BOOST_TEST(here.run_here("tokens --format counts --no-unpack a.tex.gz") == 0);
  BOOST_TEST(here.read("output") != "4\t0\ta.tex.gz\n");
}

BOOST_AUTO_TEST_CASE(of_an_archive_each_document_is_one_in_the_archives_order) {
  const folder here;
  (void)here.write_in("src", "main.tex", "abc");
  (void)here.write_in("src/sub", "a.sty", "%");
  (void)here.write_in("src", "figure.png", "abc");
  (void)here.write_in("src", "caf\xC3\xA9.tex", "a");
  fs::create_symlink("main.tex", here / "src/link.tex");
  for (const std::string pack : {"tar cf", "tar czf", "tar --format=pax -czf"}) {
    const std::string made =
      pack + " x.archive src/sub/a.sty src/main.tex src/figure.png src/link.tex src/caf\xC3\xA9.tex";
    BOOST_TEST(here.shell("cd " + (here / "") + "; " + made) == 0);
    BOOST_TEST(here.run_here("tokens --format counts x.archive") == 0, here.read("errors"));
    BOOST_TEST(here.read("output")
               == "0\t0\tx.archive/src/sub/a.sty\n4\t0\tx.archive/src/main.tex\n"
                  "2\t0\tx.archive/src/caf\xC3\xA9.tex\n");
    BOOST_TEST(here.run_here("tokens --columns kind -", "x.archive") == 0);
    BOOST_TEST(here.read("output")
               == "# -/src/sub/a.sty\n# -/src/main.tex\n11\n11\n11\n10\n# -/src/caf\xC3\xA9.tex\n11\n10\n");
  }
}

BOOST_AUTO_TEST_CASE(an_archive_without_documents_is_an_error) {
  const folder here;
  (void)here.write("a.txt", "a");
  BOOST_TEST(here.shell("cd " + (here / "") + "; tar cf a.tar a.txt") == 0);
  BOOST_TEST(here.run_here("tokens a.tar") == 3);
  BOOST_TEST(has(here.read("errors"), "cannot read a.tar: no member"), here.read("errors"));
}

// Within its header, its compressed bytes, its check sum; a member's header, its text, or just behind it.
BOOST_AUTO_TEST_CASE(an_archive_that_ends_too_soon_is_an_error_that_names_it_wherever_it_ends) {
  const folder here;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::to_string(i * 7919 % 10007) + " ";
  (void)here.write("a.tex", text);
  BOOST_TEST(here.shell("cd " + (here / "") + "; gzip -k a.tex; tar cf a.tar a.tex; tar czf b.tar.gz a.tex") == 0);
  for (const std::string name : {"a.tex.gz", "a.tar", "b.tar.gz"}) {
    const std::string whole = here.read(name);
    const size_t unpadded = 512 + (text.size() + 511) / 512 * 512; // of a.tar: header and text
    for (const size_t kept :
         {size_t{14}, whole.size() / 3, whole.size() - 9, whole.size() - 1, size_t{700}, unpadded}) {
      const bool still_tar = name == "a.tar" && (kept < 512 || kept > unpadded + 512);
      if (still_tar || kept >= whole.size()) continue; // no tar archive yet, or one with its end
      (void)here.write("cut", std::string_view{whole}.substr(0, kept));
      BOOST_TEST(here.run_here("tokens --format counts cut") == 3, name << " " << kept);
      BOOST_TEST(has(here.read("errors"), "cannot read cut: it is damaged or ends too soon"), name << " " << kept);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_compressed_file_whose_bytes_are_not_what_they_were_is_an_error) {
  const folder here;
  (void)here.write("a.tex", "abc");
  BOOST_TEST(here.shell("cd " + (here / "") + "; gzip a.tex; cat a.tex.gz a.tex.gz >two.gz") == 0);
  std::string whole = here.read("a.tex.gz");
  BOOST_TEST(here.run_here("tokens --format counts two.gz") == 0);
  BOOST_TEST(here.read("output") == "7\t0\ttwo.gz\n");
  (void)here.write("garbage.gz", whole + "garbage");
  whole[whole.size() - 8] ^= 1; // of the check sum
  (void)here.write("changed.gz", whole);
  for (const std::string name : {"garbage.gz", "changed.gz"}) {
    BOOST_TEST(here.run_here("tokens " + name) == 3);
    BOOST_TEST(here.read("errors").starts_with("texlex: cannot read " + name + ": it is damaged"), here.read("errors"));
    BOOST_TEST(here.read("output").empty());
  }
}

BOOST_AUTO_TEST_CASE(a_document_that_unpacks_to_more_than_the_limit_is_an_error_and_the_others_are_done) {
  const folder here;
  (void)here.write("large.tex", std::string(2'000'000, ' '));
  (void)here.write("small.tex", "a");
  BOOST_TEST(here.shell("cd " + (here / "") + "; tar czf a.tar.gz large.tex small.tex; gzip -k large.tex") == 0);
  for (const auto& [name, output] : {std::pair{"a.tar.gz", "2\t0\ta.tar.gz/small.tex\n"}, {"large.tex.gz", ""}}) {
    const std::string counts = "tokens --format counts --unpacked-bytes-max ";
    BOOST_TEST(here.run_here(counts + "1999999 " + name) == 3, name);
    BOOST_TEST(has(here.read("errors"), "more than 1999999 bytes when unpacked; --unpacked-bytes-max"), name);
    BOOST_TEST(here.read("output") == output);
    BOOST_TEST(here.run_here(counts + "2000000 " + name) == 0, name);
  }
}

BOOST_AUTO_TEST_CASE(the_output_is_the_same_however_many_threads_make_it) {
  const folder here;
  std::string long_document;
  for (size_t i = 0; i < 8'000; ++i) long_document += "\\name" + std::string(i % 7, 'x') + "{\xC3\xA9 a^^41}% c\n\x01";
  (void)here.write_in("all", "long.tex", long_document);
  (void)here.write_in("all", "line.tex", std::string(150'000, 'a') + std::string(20'000, '\x01') + " \\b");
  for (size_t i = 0; i < 200; ++i) (void)here.write_in("all", std::to_string(i) + ".tex", std::string(i * 2, '\x01'));
  for (const std::string how : {"", "--format jsonl --view source ", "--format counts "}) {
    const std::string command = "tokens --issues --issues-max 30000 " + how + "all missing.tex --jobs ";
    BOOST_TEST(here.run_here(command + "1") == 3);
    const std::string output = here.read("output"), errors = here.read("errors");
    BOOST_TEST(!output.empty());
    for (const char* jobs : {"2", "7"}) {
      BOOST_TEST(here.run_here(command + jobs) == 3);
      BOOST_TEST((here.read("output") == output), how << jobs);
      BOOST_TEST((here.read("errors") == errors), how << jobs);
    }
  }
}

BOOST_AUTO_TEST_CASE(work_that_takes_longer_than_a_second_is_shown_on_a_terminal_and_only_there) {
  const folder here;
  const std::string slow = "(printf a; sleep 2; printf a) | " + std::string{TEXLEX_PROGRAM}
                           + " tokens --format counts - >" + (here / "output");
  BOOST_TEST(here.shell(slow) == 0);
  BOOST_TEST(here.read("errors").empty());
  int terminal = -1, end = -1;
  BOOST_TEST_REQUIRE(openpty(&terminal, &end, nullptr, nullptr, nullptr) == 0);
  const std::string device = ttyname(end);
  BOOST_TEST(here.shell("{ " + slow + "; } 2>" + device) == 0);
  BOOST_TEST(here.read("output") == "3\t0\t-\n");
  std::string shown(4096, '\0');
  pollfd waited_for{terminal, POLLIN, 0};
  const bool any = poll(&waited_for, 1, 0) == 1;
  shown.resize(any ? static_cast<size_t>(std::max<ssize_t>(0, read(terminal, shown.data(), shown.size()))) : 0);
  BOOST_TEST(has(shown, "texlex: 0 documents done"), shown);
  BOOST_TEST(has(shown, "0.0 MB written"), shown);
  BOOST_TEST(shown.ends_with("\r\x1b[K")); // and taken away
  close(terminal);
  close(end);
}

BOOST_AUTO_TEST_SUITE_END()

// Holds the tree to its own rules: who may include whom, what a file must begin with, how long it may grow. A package
// lies in the system's include path whether a target links it or not, so only a look at the sources can tell.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr size_t file_lines_max = 400;
constexpr size_t line_columns_max = 120;
const fs::path root = TEXLEX_SOURCE_DIR;

struct source {
  std::string path; ///< from the root, with slashes
  std::vector<std::string> lines;
};

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream file{path};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".cpp" || path.extension() == ".hpp" || path.extension() == ".h";
}

const std::vector<source>& sources() {
  static const auto found = [] {
    std::vector<source> result;
    for (const char* room : {"runtime", "kernels", "config", "actors", "clients", "bench", "test", "include"}) {
      if (!fs::exists(root / room)) continue;
      for (const auto& entry : fs::recursive_directory_iterator{root / room})
        if (entry.is_regular_file() && is_source(entry.path()))
          result.push_back({fs::relative(entry.path(), root).generic_string(), read_lines(entry.path())});
    }
    return result;
  }();
  return found;
}

std::vector<std::string> includes_of(const source& file) {
  static const std::regex directive{R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])"};
  std::vector<std::string> found;
  std::smatch match;
  for (const std::string& line : file.lines)
    if (std::regex_search(line, match, directive)) found.push_back(match[1]);
  return found;
}

// What a room may include of the project, by the beginning of the path; the first rule that fits a file holds.
struct room_rule {
  std::string_view room;
  std::vector<std::string_view> may_include;
  bool may_use_caf;
};

const std::array<room_rule, 12> rules{{
  {"runtime/", {"runtime/"}, false},
  {"kernels/", {"runtime/", "kernels/"}, false},
  {"config/", {"runtime/", "kernels/", "config/"}, false},
  {"actors/state/",
   {"runtime/", "kernels/", "config/", "actors/state/", "actors/job.hpp", "actors/reports.hpp"},
   false},
  {"actors/server/",
   {"runtime/", "kernels/", "config/", "actors/state/", "actors/server/", "actors/job.hpp", "actors/reports.hpp"},
   false},
  {"actors/", {"runtime/", "kernels/", "config/", "actors/"}, true},
  {"clients/", {"runtime/", "kernels/", "config/", "clients/"}, false},
  {"test/unit/actors/", {"runtime/", "kernels/", "config/", "actors/", "test/"}, true},
  {"test/unit/cluster/", {"runtime/", "actors/", "test/"}, true},
  {"test/unit/gateway/", {"runtime/", "kernels/", "actors/", "test/"}, true},
  {"bench/", {"runtime/", "kernels/", "config/", "actors/", "bench/"}, true},
  {"", {"runtime/", "kernels/", "config/", "actors/", "clients/", "bench/", "test/"}, false},
}};

const room_rule& rule_of(const std::string& path) {
  return *std::find_if(rules.begin(), rules.end(), [&](const room_rule& rule) { return path.starts_with(rule.room); });
}

bool is_ours(const std::string& include) {
  const auto& rooms = rules.back().may_include;
  return std::any_of(rooms.begin(), rooms.end(), [&](auto room) { return include.starts_with(room); });
}

// Code points, as an editor's ruler counts.
size_t columns_of(const std::string& line) {
  return static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

} // namespace

BOOST_AUTO_TEST_CASE(there_are_sources_to_look_at) { BOOST_TEST(sources().size() > 40u); }

BOOST_AUTO_TEST_CASE(includes_run_one_way) {
  for (const source& file : sources()) {
    const room_rule& rule = rule_of(file.path);
    for (const std::string& include : includes_of(file)) {
      if (!is_ours(include)) continue;
      const bool allowed = std::any_of(rule.may_include.begin(), rule.may_include.end(),
                                       [&](auto room) { return include.starts_with(room); });
      BOOST_TEST(allowed, file.path << " must not include " << include);
    }
  }
}

BOOST_AUTO_TEST_CASE(only_actors_know_caf_and_their_decisions_do_not) {
  for (const source& file : sources())
    for (const std::string& include : includes_of(file))
      BOOST_TEST((rule_of(file.path).may_use_caf || !include.starts_with("caf/")),
                 file.path << " must not include " << include);
}

// What lies in include/ is installed, and nothing else of the tree is. One header is for those who have Boost.Asio.
BOOST_AUTO_TEST_CASE(public_headers_include_the_standard_library_and_each_other) {
  const std::regex allowed{R"(texlex/[a-z_]+\.hp*|[a-z_]+|(stddef|stdint)\.h)"};
  for (const source& file : sources()) {
    if (!file.path.starts_with("include/")) continue;
    const bool for_asio = file.path == "include/texlex/async_client.hpp";
    for (const std::string& include : includes_of(file))
      BOOST_TEST((std::regex_match(include, allowed) || (for_asio && include.starts_with("boost/asio/"))),
                 file.path << " must not include " << include);
  }
}

BOOST_AUTO_TEST_CASE(only_the_monotonic_clock_decides) {
  const std::regex wall_clock{R"(system_clock|gettimeofday|CLOCK_REALTIME|utc_clock|\btime\((nullptr|NULL|0)\))"};
  for (const source& file : sources()) {
    const bool ships = std::any_of(rules.begin(), rules.begin() + 7,
                                   [&](const room_rule& rule) { return file.path.starts_with(rule.room); });
    if (!ships) continue;
    for (const std::string& line : file.lines)
      BOOST_TEST(!std::regex_search(line, wall_clock), file.path << " asks a clock that can be set: " << line);
  }
}

BOOST_AUTO_TEST_CASE(every_included_file_of_ours_is_there) {
  for (const source& file : sources())
    for (const std::string& include : includes_of(file))
      if (is_ours(include)) BOOST_TEST(fs::exists(root / include), file.path << " includes " << include);
}

BOOST_AUTO_TEST_CASE(a_header_opens_with_what_it_is_for_and_is_read_once) {
  for (const source& file : sources()) {
    if (!file.path.ends_with(".hpp")) continue;
    BOOST_TEST((!file.lines.empty() && file.lines.front().starts_with("// ")), file.path << " opens without a comment");
    BOOST_TEST((std::find(file.lines.begin(), file.lines.end(), "#pragma once") != file.lines.end()),
               file.path << " has no #pragma once");
  }
}

BOOST_AUTO_TEST_CASE(files_stay_short_enough_to_be_read) {
  for (const source& file : sources())
    BOOST_TEST(file.lines.size() <= file_lines_max, file.path << " has " << file.lines.size() << " lines");
}

BOOST_AUTO_TEST_CASE(lines_are_plain_and_fit_the_screen) {
  for (const source& file : sources()) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      BOOST_TEST(columns_of(line) <= line_columns_max, file.path << ":" << i + 1 << " is too long");
      BOOST_TEST(line.find('\t') == std::string::npos, file.path << ":" << i + 1 << " holds a tab");
      BOOST_TEST((line.empty() || line.back() != ' '), file.path << ":" << i + 1 << " ends in a space");
    }
  }
}

BOOST_AUTO_TEST_CASE(names_say_what_a_thing_is) {
  static const std::regex vague{"(^|[/_.])(utils?|helpers?|misc|common|manager)([/_.]|$)"};
  for (const source& file : sources())
    BOOST_TEST(!std::regex_search(file.path, vague), file.path << " says nothing about what is in it");
}

BOOST_AUTO_TEST_CASE(every_room_says_what_it_is_for) {
  for (const char* room : {"runtime", "kernels", "config", "actors", "actors/state", "actors/server", "actors/cluster",
                           "bench", "test", "clients", "clients/python", "clients/cpp", "clients/c", "test/client",
                           "test/engine", "test/library", "test/golden", "kernels/api", "deploy"})
    BOOST_TEST(fs::exists(root / room / "README.md"), room << " has no README.md");
}

BOOST_AUTO_TEST_CASE(links_between_documents_lead_somewhere) {
  static const std::regex link{R"(\]\(([^)#:]+)(#[^)]*)?\))"};
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    const auto path = fs::relative(entry.path(), root);
    if (entry.path().extension() != ".md" || *path.begin() == "build" || *path.begin() == ".git") continue;
    for (const std::string& line : read_lines(entry.path()))
      for (std::sregex_iterator match{line.begin(), line.end(), link}, end; match != end; ++match)
        BOOST_TEST(fs::exists(entry.path().parent_path() / (*match)[1].str()), path << " links to " << (*match)[1]);
  }
}

// A folder of a test's own, gone with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace texlex::test {

[[nodiscard]] inline std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

class temporary_folder {
public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "texlex-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"cannot make the folder " + name};
    path_ = name;
  }
  ~temporary_folder() {
    std::error_code ignored; // a test that failed for another reason shall tell that one
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

  /// Writes a file and returns its path.
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream{*this / name, std::ios::binary} << text;
    return *this / name;
  }

  [[nodiscard]] std::string read(const std::string& name) const { return read_file(*this / name); }

private:
  std::filesystem::path path_;
};

} // namespace texlex::test

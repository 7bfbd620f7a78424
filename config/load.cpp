#include "config/load.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include "config/schema.hpp"
#include "config/shown_text.hpp"
#include "runtime/limits.hpp"
#include "runtime/socket.hpp"

namespace texlex {
namespace {

// Puts one TOML value into a field of settings; false if the value is of another type or does not fit the field.
struct assign {
  const toml::node& value;

  bool operator()(std::string& target) const { return take(target); }
  bool operator()(bool& target) const { return take(target); }
  bool operator()(uint32_t& target) const { return take_number(target); }
  bool operator()(int32_t& target) const { return take_number(target); }
  bool operator()(uint64_t& target) const { return take_number(target); }
  template <class T>
  bool operator()(std::vector<T>& target) const {
    const toml::array* values = value.as_array();
    if (values == nullptr) return false;
    std::vector<T> taken(values->size());
    for (size_t i = 0; i < values->size(); ++i)
      if (!assign{(*values)[i]}(taken[i])) return false;
    target = std::move(taken);
    return true;
  }

private:
  template <class T>
  bool take(T& target) const {
    const auto found = value.value_exact<T>();
    if (found) target = *found;
    return found.has_value();
  }

  template <class T>
  bool take_number(T& target) const {
    const auto found = value.value_exact<int64_t>();
    if (!found || !std::in_range<T>(*found)) return false;
    target = static_cast<T>(*found);
    return true;
  }
};

std::string_view expected_type(const field& row) {
  constexpr std::array<std::string_view, 7> types{"a string",         "true or false",      "a number from 0 up",
                                                  "a whole number",   "a number from 0 up", "a list of numbers",
                                                  "a list of strings"};
  return types[row.access.index()];
}

const field* find_field(std::string_view section, std::string_view key) {
  const auto rows = schema();
  const auto found =
    std::find_if(rows.begin(), rows.end(), [&](const field& row) { return row.section == section && row.key == key; });
  return found == rows.end() ? nullptr : &*found;
}

bool is_section(std::string_view name) {
  const auto rows = schema();
  return std::any_of(rows.begin(), rows.end(), [&](const field& row) { return row.section == name; });
}

void load_section(const std::string& path, std::string_view section, const toml::table& table, settings& target,
                  std::vector<std::string>& errors) {
  for (auto&& entry : table) {
    const std::string_view key = entry.first.str();
    const toml::node& value = entry.second;
    const uint32_t line = value.source().begin.line;
    const std::string name = fmt::format("{}.{}", section, key);
    const field* row = find_field(section, key);
    if (row == nullptr && is_section(name)) {
      if (const toml::table* inner = value.as_table())
        load_section(path, name, *inner, target, errors);
      else
        errors.push_back(fmt::format("{}:{}: {} is a section and no setting.", path, line, name));
    } else if (row == nullptr) {
      errors.push_back(
        fmt::format("{}:{}: there is no setting {}.{}.", path, line, shown_text(section), shown_text(key)));
    } else if (!std::visit([&](auto access) { return assign{value}(access(target)); }, row->access)) {
      errors.push_back(fmt::format("{}:{}: {}.{} must be {}.", path, line, section, key, expected_type(*row)));
    }
  }
}

// Why not, if it could not be read. A pipe is not waited for, and what is no file or too large for one is not read.
std::optional<std::string> read_settings_file(const std::string& path, std::string& text) {
  const auto cannot = [&](const std::string& why) { return fmt::format("{}: cannot be read: {}.", path, why); };
  const auto reason = [] { return std::generic_category().message(errno); };
  if (path.empty()) return "the file with settings has an empty name.";
  const owned_fd fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!fd.is_open()) return cannot(reason());
  struct stat file {};
  if (::fstat(fd.get(), &file) != 0) return cannot(reason());
  if (S_ISDIR(file.st_mode)) return cannot("it is a folder");
  if (!S_ISREG(file.st_mode)) return cannot("it is no regular file");
  constexpr size_t bytes_max = limits::settings_file_bytes_max;
  text.resize(bytes_max + 1);
  size_t bytes = 0;
  while (bytes < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + bytes, text.size() - bytes);
    if (got < 0 && errno != EINTR) return cannot(reason());
    if (got == 0) break;
    if (got > 0) bytes += static_cast<size_t>(got);
  }
  if (bytes > bytes_max) return cannot(fmt::format("it has more than {} bytes", bytes_max));
  text.resize(bytes);
  return std::nullopt;
}

// `parse` gives the table or throws toml::parse_error.
template <class Parse>
std::vector<std::string> load(Parse parse, const std::string& name, settings& settings) {
  std::vector<std::string> errors;
  try {
    const toml::table file = parse();
    for (auto&& [section, value] : file) {
      const toml::table* table = value.as_table();
      // A dot within quotes does not lead into a section: ["cluster.tls"] is another name than [cluster.tls].
      if (table != nullptr && section.str().find('.') != std::string_view::npos) {
        errors.push_back(fmt::format("{}:{}: there is no section \"{}\".", name, value.source().begin.line,
                                     shown_text(section.str())));
      } else if (table != nullptr) {
        load_section(name, section.str(), *table, settings, errors);
      } else {
        errors.push_back(fmt::format("{}:{}: {} stands outside a section.", name, value.source().begin.line,
                                     shown_text(section.str())));
      }
    }
  } catch (const toml::parse_error& error) {
    errors.push_back(fmt::format("{}:{}: {}.", name, error.source().begin.line, shown_text(error.description())));
  }
  return errors;
}

struct print_value {
  bool octal;

  std::string operator()(const std::string& value) const { return fmt::format("{}", print(value)); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const std::vector<uint32_t>& values) const {
    return fmt::format("[{}]", fmt::join(values, ", "));
  }
  std::string operator()(const std::vector<std::string>& values) const {
    std::vector<std::string> printed(values.size());
    std::transform(values.begin(), values.end(), printed.begin(), print);
    return fmt::format("[{}]", fmt::join(printed, ", "));
  }
  template <class Number>
  std::string operator()(Number value) const {
    return octal ? fmt::format("0o{:o}", value) : std::to_string(value);
  }

private:
  // Lets the TOML library quote and escape.
  static std::string print(const std::string& text) {
    std::ostringstream out;
    out << toml::value<std::string>{text};
    return out.str();
  }
};

} // namespace

std::vector<std::string> load_toml(const std::string& path, settings& settings) {
  std::string text;
  if (auto error = read_settings_file(path, text)) return {std::move(*error)};
  return load_toml_text(text, path, settings);
}

std::vector<std::string> load_toml_text(std::string_view text, const std::string& name, settings& settings) {
  return load([&] { return toml::parse(text, name); }, name, settings);
}

std::string to_toml(const settings& settings) {
  auto copy = settings;
  std::string text;
  std::string_view section;
  for (const field& row : schema()) {
    if (row.section != section) {
      section = row.section;
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    }
    text += fmt::format("# {}\n{} = {}\n", row.meaning, row.key,
                        std::visit([&](auto access) { return print_value{row.octal}(access(copy)); }, row.access));
  }
  return text;
}

} // namespace texlex

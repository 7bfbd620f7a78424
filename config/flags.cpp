#include "config/flags.hpp"

#include <spdlog/fmt/fmt.h>

#include "config/schema.hpp"
#include "kernels/kernels.hpp"

namespace texlex {
namespace {

// With or without the leading 0 that tells the parser so: as chmod takes it. 400 in decimal would be 0620.
std::string as_octal(std::string& text) {
  if (text.empty() || text.find_first_not_of("01234567") != std::string::npos) return "it must be an octal number";
  text.insert(0, 1, '0');
  return {};
}

class add_flag {
public:
  add_flag(CLI::App& options, const field& each) : app_(options), row_(each) {}

  CLI::Option* operator()(bool& target) const {
    return app_.add_flag(std::string{row_.flag}, target, std::string{row_.meaning});
  }
  CLI::Option* operator()(std::vector<uint32_t>& target) const {
    return app_.add_option(std::string{row_.flag}, target, std::string{row_.meaning} + "; as in 0,1")
      ->delimiter(',')
      ->allow_extra_args(false);
  }
  CLI::Option* operator()(std::vector<std::string>& target) const {
    return app_.add_option(std::string{row_.flag}, target, std::string{row_.meaning} + "; as in A,B")
      ->delimiter(',')
      ->allow_extra_args(false);
  }
  template <class T>
  CLI::Option* operator()(T& target) const {
    CLI::Option* option = app_.add_option(std::string{row_.flag}, target, std::string{row_.meaning} + range());
    if constexpr (std::is_integral_v<T>)
      if (row_.octal) return option->transform(CLI::Validator{as_octal, ""})->default_str(fmt::format("{:#o}", target));
    return option->capture_default_str();
  }

private:
  // What `check` will hold the value to. The length of a text goes without saying.
  [[nodiscard]] std::string range() const {
    if (std::holds_alternative<field_of<std::string>>(row_.access)) return "";
    return row_.octal ? fmt::format(" ({:#o} to {:#o})", row_.lowest, row_.highest)
                      : fmt::format(" ({} to {})", row_.lowest, row_.highest);
  }

  CLI::App& app_;
  const field& row_;
};

} // namespace

void add_setting_flags(CLI::App& app, settings& settings) {
  for (const field& row : schema()) {
    CLI::Option* option = std::visit([&](auto access) { return add_flag{app, row}(access(settings)); }, row.access);
    option->group("[" + std::string{row.section} + "]");
  }
  app.get_option("--kernel")->envname(kernel_environment_variable);
}

} // namespace texlex

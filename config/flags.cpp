#include "config/flags.hpp"

#include "config/schema.hpp"

namespace texlex {
namespace {

struct add_flag {
  CLI::App& app;
  const field& row;

  CLI::Option* operator()(bool& target) const {
    return app.add_flag(std::string{row.flag}, target, std::string{row.meaning});
  }
  CLI::Option* operator()(std::vector<uint32_t>& target) const {
    return app.add_option(std::string{row.flag}, target, std::string{row.meaning})
      ->delimiter(',')
      ->allow_extra_args(false);
  }
  template <class T>
  CLI::Option* operator()(T& target) const {
    return app.add_option(std::string{row.flag}, target, std::string{row.meaning})->capture_default_str();
  }
};

} // namespace

void add_setting_flags(CLI::App& app, settings& settings) {
  for (const field& row : schema()) {
    CLI::Option* option = std::visit([&](auto access) { return add_flag{app, row}(access(settings)); }, row.access);
    option->group("[" + std::string{row.section} + "]");
  }
}

} // namespace texlex
